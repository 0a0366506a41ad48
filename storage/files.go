package storage

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// File is a picture or a document that came in a message, or that is to be sent in one. Name and content are sealed at
// rest. Rows are never changed.
type File struct {
	ID        int64
	Kind      string // FilePicture, FileDocument
	Name      string `gorm:"serializer:sealed"`
	Size      int64  // bytes
	Content   []byte `gorm:"serializer:sealed"`
	InboxID   *int64 // the message it came in; nil: made here
	Reason    string // FileTooLarge or FileGone when it could not be fetched, Content is then nil; "" otherwise
	CreatedAt time.Time
}

// Kinds of files; they equal the kinds of messages that carry them.
const (
	FilePicture  = "image"
	FileDocument = "file"
)

// Why a file could not be fetched.
const (
	FileTooLarge = "too large"
	FileGone     = "gone"
)

// Fetching are messages of an account whose picture or document a turn asked for, oldest first. Index inbox_pending.
func (s *Store) Fetching(ctx context.Context, account string) ([]Inbox, error) {
	var ms []Inbox
	return ms, s.db(ctx).Where("state = ? AND account = ?", InboxFetching, account).Order("id").Limit(20).Find(&ms).Error
}

// SaveFetched keeps what came in a message and lets the message have its turn; f.Reason says that nothing could be had. A
// message that has its file already stays as it is.
func (s *Store) SaveFetched(ctx context.Context, inboxID int64, f File) error {
	return s.tx(ctx, func(tx *gorm.DB) error {
		r := tx.Model(&Inbox{}).Where("id = ? AND state = ?", inboxID, InboxFetching).Update("state", InboxNew)
		if r.Error != nil || r.RowsAffected == 0 {
			return r.Error
		}
		f.InboxID, f.CreatedAt, f.Size, f.Reason = &inboxID, s.now(), int64(len(f.Content)), clip(f.Reason)
		return tx.Create(&f).Error
	})
}

// FileIn is the file that came in a message; nil while it has not been fetched.
func (s *Store) FileIn(ctx context.Context, inboxID int64) (*File, error) {
	var fs []File
	err := s.db(ctx).Where("inbox_id = ?", inboxID).Limit(1).Find(&fs).Error // index files_inbox
	if err != nil || len(fs) == 0 {
		return nil, err
	}
	return &fs[0], nil
}

// FileByID is a stored file.
func (s *Store) FileByID(ctx context.Context, id int64) (File, error) {
	var f File
	return f, s.db(ctx).Take(&f, id).Error
}

// HandedIn are the facts that were recorded with files, whatever became of them since. Index transfer_events_file.
func (s *Store) HandedIn(ctx context.Context, files []int64) ([]TransferEvent, error) {
	var es []TransferEvent
	return es, s.db(ctx).Where("file_id IN ?", files).Order("id").Find(&es).Error
}

// files keeps the new files of messages to be queued and points the messages to them.
func (w *work) files(outs []queued) error {
	for i := range outs { // a file is rare
		o := &outs[i]
		if o.File == nil {
			continue
		}
		f := *o.File
		f.Size, f.CreatedAt = int64(len(f.Content)), w.at
		if err := w.tx.Create(&f).Error; err != nil {
			return err
		}
		o.FileID = &f.ID
	}
	return nil
}
