package scheduler

import (
	"context"
	"fmt"

	"xianjie/storage"
)

// noticeNow says why a message of a notice must not leave any more, or that it is held: the notice was paused or stopped
// after the message was claimed, or the person is no longer among those it is meant for. A message to a group is meant for
// all of them, whoever has left.
func (s *Sender) noticeNow(ctx context.Context, o storage.Outbox) (drop string, hold bool, err error) {
	n, found, err := s.Store.NoticeOfOut(ctx, o.ID)
	if err != nil || !found {
		return "", false, err
	}
	switch n.State {
	case storage.NoticeStopped:
		return storage.DropStopped, false, nil
	case storage.NoticePaused, storage.NoticeWaiting:
		return "", true, nil
	}
	if o.PersonID == nil {
		return "", false, nil
	}
	meant, err := s.Store.Meant(ctx, n.Audience, *o.PersonID)
	if err != nil || meant {
		return "", false, err
	}
	return storage.DropNotMeant, false, nil
}

// noticeEnds is what the writer of a notice is told when nothing of it is left to send.
func noticeEnds(n storage.Notice, sum storage.NoticeSum) string {
	return fmt.Sprintf(textNoticeEnds, n.ID, sum.Planned, sum.Sent+sum.Answered, sum.Answered, sum.Failed+sum.Skipped, sum.Unknown, n.ID, n.ID)
}

func refusedText(account string, stopped bool) string {
	if stopped {
		return fmt.Sprintf(textRefusedAgain, account)
	}
	return fmt.Sprintf(textRefused, account, int(holdFor.Minutes()))
}
