package handlers

import (
	"context"
	"fmt"
	"slices"

	"xianjie/roster"
	"xianjie/storage"
)

// A notice may carry a picture or a document: sent to us while the notice is written, it goes to everybody after the text,
// as it is.

// isNoticeFile recognises a picture or document of somebody who is writing a notice.
func isNoticeFile(t *turn) bool {
	return t.draft.Notice != nil && t.onCommittee() && slices.Contains([]string{storage.FilePicture, storage.FileDocument}, t.p.Inbox.Kind)
}

// noticeFileCame takes what the notice is to carry, in place of what it carried. A workbook of 导出 that comes back filled in
// is full of names and nothing to be sent to everybody: it is read as what it is, or has to wait where 确认 would be taken
// for a part of the notice.
func (t *turn) noticeFileCame() {
	f, ok := t.file()
	if !ok {
		return
	}
	if isSheet(t) {
		_, err := roster.ReadProgress(context.Background(), f.Name, f.Content)
		switch {
		case err != nil:
		case t.draft.Notice.Step == stepReady:
			t.sheetCame()
			return
		default:
			t.say(textNoticeWorkbook)
			return
		}
	}
	n := t.draft.Notice
	instead := n.File != 0
	n.File, n.FileSaid = f.ID, fileSaid(*f)
	if instead {
		t.say(textNoticeFileInstead, n.FileSaid)
	} else {
		t.say(textNoticeFileCame, n.FileSaid)
	}
	t.nextOfNotice()
}

// nextOfNotice asks for what a notice still lacks, or shows it.
func (t *turn) nextOfNotice() {
	switch t.draft.Notice.Step {
	case stepText:
		t.say(textNoticeText)
	case stepAudience:
		t.say(textNoticeAudience, t.audienceExamples())
	default:
		t.previewNotice()
	}
}

// dropNoticeFile leaves only the text.
func (t *turn) dropNoticeFile() {
	n := t.draft.Notice
	t.say(textNoticeFileDropped, n.FileSaid)
	n.File, n.FileSaid = 0, ""
	t.nextOfNotice()
}

func fileSaid(f storage.File) string {
	if f.Kind == storage.FilePicture {
		return textPicture
	}
	return fmt.Sprintf(textDocument, oneLine(f.Name, 40))
}

// fileOf is the file a notice carries, in words; "" for none.
func (t *turn) fileOf(n storage.Notice) (string, bool) {
	if n.FileID == nil {
		return "", true
	}
	f, ok := want(t, fmt.Sprintf("file named/%d", *n.FileID), func(ctx context.Context, s *storage.Store) (storage.File, error) {
		return s.FileNamed(ctx, *n.FileID)
	})
	return fileSaid(f), ok
}

// attachStored queues a stored file to a chat, after what is said there.
func (t *turn) attachStored(c storage.Contact, kind string, file int64) {
	t.out.Out = append(t.out.Out, storage.Out{Account: c.Account, ContactID: c.ID, PersonID: c.PersonID, Kind: kind, FileID: &file})
}
