package scheduler

import (
	"context"
	"fmt"

	"xianjie/storage"
)

// noticeNow says why a message of a notice must not leave any more, or not yet: the notice was paused or stopped after the
// message was claimed, or the person is no longer among those it is meant for. A message to a group is meant for all of
// them, whoever has left.
func (s *Sender) noticeNow(ctx context.Context, o storage.Outbox) (freshness, error) {
	n, found, err := s.Store.NoticeOfOut(ctx, o)
	if err != nil || !found {
		return freshness{}, err
	}
	switch n.State {
	case storage.NoticeStopped:
		return freshness{drop: storage.DropStopped}, nil
	case storage.NoticePaused, storage.NoticeWaiting:
		return freshness{hold: true}, nil
	}
	if o.FileID != nil {
		return s.afterText(ctx, o)
	}
	if o.PersonID == nil {
		return freshness{}, nil
	}
	meant, err := s.Store.Meant(ctx, n.Audience, *o.PersonID)
	if err != nil || meant {
		return freshness{}, err
	}
	return freshness{drop: storage.DropNotMeant}, nil
}

// afterText lets the picture or document of a notice follow its text, and never go before it. Whoever has the text gets
// this too, meant or not: half a notice says nothing. A text that may or may not have arrived is not worth less.
func (s *Sender) afterText(ctx context.Context, o storage.Outbox) (freshness, error) {
	text, found, err := s.Store.NoticeTextOf(ctx, o.ID)
	if err != nil || !found {
		return freshness{}, err
	}
	switch text.State {
	case storage.OutFailed:
		return freshness{drop: storage.DropNoText}, nil
	case storage.OutDropped:
		return freshness{drop: text.Reason}, nil
	case storage.OutHeld:
		return freshness{hold: true}, nil
	case storage.OutQueued: // on its way in this batch, or given back to the queue while this was held
		if s.handed[text.ID] {
			return freshness{}, nil
		}
		until := s.Now().Add(s.Poll)
		if text.NotBefore.After(until) {
			until = text.NotBefore
		}
		return freshness{until: until}, nil
	}
	return freshness{}, nil
}

// noticeEnds is what the writer of a notice is told when nothing of it is left to send.
func noticeEnds(n storage.Notice, sum storage.NoticeSum) string {
	return fmt.Sprintf(textNoticeEnds, n.ID, sum.Planned, sum.Sent+sum.Answered, sum.Answered, sum.Failed+sum.Skipped, sum.Unknown)
}

func refusedText(account string, stopped bool) string {
	if stopped {
		return fmt.Sprintf(textRefusedAgain, account)
	}
	return fmt.Sprintf(textRefused, account, int(holdFor.Minutes()))
}
