package storage

import "context"

// A notice may carry a picture or a document (附件). It is a message of its own after the text, to the same chat: it costs
// as much of the budget, it may be refused or get lost by itself, and a person has the notice when both have left. Its
// content is stored once, where it came in; every message points to it.

// Each is how many messages a notice costs per chat.
func (n Notice) Each() int {
	if n.FileID != nil {
		return 2
	}
	return 1
}

// NoticeOfOut is the notice a message belongs to, with its state now; false when it belongs to none. Indices
// notice_recipients_outbox and notice_recipients_file.
func (s *Store) NoticeOfOut(ctx context.Context, o Outbox) (Notice, bool, error) {
	column := "r.outbox_id"
	if o.FileID != nil {
		column = "r.file_outbox_id"
	}
	var ns []Notice
	err := s.db(ctx).Joins("JOIN notice_recipients r ON r.notice_id = notices.id").Where(column+" = ?", o.ID).Limit(1).Find(&ns).Error
	if err != nil || len(ns) == 0 {
		return Notice{}, false, err
	}
	return ns[0], true, nil
}

// NoticeTextOf is the text that leaves before a notice's picture or document, without its words; false when there is none.
// Index notice_recipients_file.
func (s *Store) NoticeTextOf(ctx context.Context, fileOutboxID int64) (Outbox, bool, error) {
	var os []Outbox
	err := s.db(ctx).Select("outbox.id, outbox.state, outbox.not_before, outbox.reason").
		Joins("JOIN notice_recipients r ON r.outbox_id = outbox.id").Where("r.file_outbox_id = ?", fileOutboxID).Limit(1).Find(&os).Error
	if err != nil || len(os) == 0 {
		return Outbox{}, false, err
	}
	return os[0], true, nil
}

// filesFollow reports whether pictures or documents of a notice have not left, to people who answered the text already
// or whom the text did not reach.
func (s *Store) filesFollow(ctx context.Context, n Notice) (bool, error) {
	if n.FileID == nil {
		return false, nil
	}
	var some []int64
	err := s.db(ctx).Model(&NoticeRecipient{}).Joins("JOIN outbox o ON o.id = notice_recipients.file_outbox_id").
		Where("notice_recipients.notice_id = ? AND o.state IN ?", n.ID, []string{OutQueued, OutSending, OutHeld}).
		Limit(1).Pluck("o.id", &some).Error
	return len(some) > 0, err
}

// FileNamed is a stored file without its content.
func (s *Store) FileNamed(ctx context.Context, id int64) (File, error) {
	var f File
	return f, s.db(ctx).Select("id, kind, name, size, reason").Take(&f, id).Error
}
