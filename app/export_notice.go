package app

import (
	"context"
	"iter"

	"xianjie/storage"
)

// noticeRows is one row for everybody a notice was meant for, the oldest notice first.
func noticeRows(ctx context.Context, d *Data) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		next, err := d.Store.NextNotice(ctx)
		for id := int64(1); id < next && err == nil; id++ {
			var more bool
			if more, err = eachLine(ctx, d, id, yield); !more && err == nil {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// eachLine walks the people of one notice, 1,000 at a time; false when the reader has had enough.
func eachLine(ctx context.Context, d *Data, id int64, yield func([]any, error) bool) (more bool, err error) {
	n, ok, err := d.Store.NoticeNamed(ctx, id)
	if err != nil || !ok {
		return true, err
	}
	for after := int64(0); ; {
		lines, err := d.Store.NoticeLines(ctx, id, storage.LineStates(), after, 1000)
		if err != nil || len(lines) == 0 {
			return true, err
		}
		people, err := peopleOf(ctx, d, lines, func(l storage.NoticeLine) *int64 { return &l.PersonID })
		if err != nil {
			return true, err
		}
		for _, l := range lines {
			p := people[l.PersonID]
			if !yield([]any{n.ID, n.Sentence, n.State, p.No, p.Name, l.Via, l.State, l.Reason, l.Answered}, nil) {
				return false, nil
			}
		}
		after = lines[len(lines)-1].PersonID
	}
}
