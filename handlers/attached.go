package handlers

import (
	"context"
	"encoding/json"
	"fmt"

	"xianjie/storage"
)

// Files that come in a message are fetched from WeChat only when a conversation has a use for them: the turn asks, and is
// decided anew when the file is there.

// attached is the name WeChat gives the file of this message.
func (t *turn) attached() string {
	var extra struct {
		Name string `json:"name"`
	}
	if json.Unmarshal([]byte(t.p.Inbox.Extra), &extra) != nil {
		return ""
	}
	return extra.Name
}

// file is the picture or document of this message. False: it is being fetched, or it cannot be had, which is said then.
func (t *turn) file() (*storage.File, bool) {
	f, ok := t.fileIn(t.p.Inbox.ID)
	switch {
	case !ok:
	case f == nil:
		t.out.Fetch, t.out.Outcome = true, "fetching"
	case f.Reason == storage.FileTooLarge:
		t.say(textFileTooLarge)
	case f.Reason != "":
		t.say(textFileGone)
	default:
		return f, true
	}
	return nil, false
}

// fileIn is the file that came in a message; nil while it is not here.
func (t *turn) fileIn(inbox int64) (*storage.File, bool) {
	return want(t, fmt.Sprintf("file/%d", inbox), func(ctx context.Context, s *storage.Store) (*storage.File, error) {
		return s.FileIn(ctx, inbox)
	})
}

// answerFile sends the writer a file after what is said.
func (t *turn) answerFile(kind, name string, content []byte) {
	t.out.Out = append(t.out.Out, storage.Out{
		ContactID: t.p.Contact.ID, PersonID: t.personID(), Kind: storage.OutReply,
		File: &storage.File{Kind: kind, Name: name, Content: content},
	})
}
