package scheduler

import (
	"context"
	"errors"

	"xianjie/storage"
)

// batchSize is how many messages are claimed and closed at once where no pace keeps them apart.
const batchSize = 500

// batch sends many messages that one transaction has claimed. There is no pace to keep here, as in a rehearsal or the demo:
// a process that dies leaves all of them unknown.
func (s *Sender) batch(ctx context.Context) error {
	claims, err := s.Store.ClaimOuts(ctx, s.Account, batchSize)
	if err != nil {
		return err
	}
	var sent []storage.Landed
	for i, c := range claims {
		if ctx.Err() != nil || !s.Channel.Online() {
			return s.closeBatch(ctx, sent, claims[i:])
		}
		text, ready, err := s.prepare(ctx, c.Outbox)
		if err != nil {
			return errors.Join(err, s.closeBatch(ctx, sent, claims[i+1:]))
		}
		if !ready {
			continue
		}
		m, err := s.message(ctx, c.Outbox, text)
		if err != nil {
			return errors.Join(s.back(ctx, c.Outbox, err), s.closeBatch(ctx, sent, claims[i+1:]))
		}
		out := s.deliver(ctx, Address{c.Contact.Login, c.Contact.UserName}, m)
		if out.Kind == Sent {
			sent = append(sent, storage.Landed{ID: c.Outbox.ID, MsgID: out.MsgID})
			continue
		}
		// What is not plain success is rare, and may concern those behind it: they go back before it is noted.
		if err := s.closeBatch(ctx, sent, claims[i+1:]); err != nil {
			return err
		}
		return s.settle(ctx, c.Outbox, out)
	}
	return s.closeBatch(ctx, sent, nil)
}

// closeBatch notes what was sent and puts back what was not tried.
func (s *Sender) closeBatch(ctx context.Context, sent []storage.Landed, untried []storage.Claim) error {
	ids := make([]int64, len(untried))
	for i, c := range untried {
		ids[i] = c.Outbox.ID
	}
	return s.note(ctx, func(ctx context.Context) error { return s.Store.CloseOuts(ctx, sent, ids) })
}
