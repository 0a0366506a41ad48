package scheduler

import (
	"context"

	"xianjie/storage"
)

// batchSize is how many messages are claimed and closed at once where no pace keeps them apart.
const batchSize = 500

// batch sends many messages that one transaction has claimed, and goes on with the next ones as long as all goes well. There
// is no pace to keep here, as in a rehearsal or the demo: a process that dies leaves a batch unknown. What is to be sent just
// as it stands is noted with all others; whatever else is to be done about a message is done one by one after the batch is
// closed.
func (s *Sender) batch(ctx context.Context) error {
	b, err := s.Store.ClaimOuts(ctx, s.Account, batchSize)
	defer func() { s.handed = nil }()
	for begun := s.Now(); err == nil && b != nil; {
		sent, others, settle := s.hand(ctx, b)
		if settle == nil && len(others) == 0 && len(sent) == len(b.Claims) && s.Now().Sub(begun) < sweepEvery {
			next, err := s.Store.NextOuts(ctx, b, sent, batchSize)
			if err == nil {
				b = next
				continue
			}
		}
		if err := s.closeBatch(ctx, b, sent, others); err != nil {
			return err
		}
		if settle != nil {
			return settle()
		}
		for _, c := range others {
			if err := s.send(ctx, &c); err != nil {
				return err
			}
		}
		return nil
	}
	return err
}

// hand hands the messages of a batch over, as far as they are to be sent as they stand, until something happens to one: that
// is then the only one of the others, and settle notes what. What is not plain success is rare and may concern those behind
// it, so they have to be back in the queue before.
func (s *Sender) hand(ctx context.Context, b *storage.Batch) (sent []storage.Landed, others []storage.Claim, settle func() error) {
	s.handed = make(map[int64]bool, len(b.Claims))
	sent = make([]storage.Landed, 0, len(b.Claims))
	for i := range b.Claims {
		c := b.Claims[i]
		if ctx.Err() != nil || !s.Channel.Online() {
			break
		}
		m, plain, err := s.asItStands(ctx, c.Outbox)
		switch {
		case err != nil:
			return sent, []storage.Claim{c}, func() error { return s.back(ctx, c.Outbox, err) }
		case !plain:
			others = append(others, c)
			continue
		}
		out := s.deliver(ctx, Address{c.Contact.Login, c.Contact.UserName}, m)
		if out.Kind != Sent {
			return sent, []storage.Claim{c}, func() error { return s.settle(ctx, c.Outbox, out) }
		}
		sent = append(sent, storage.Landed{ID: c.Outbox.ID, MsgID: out.MsgID})
		s.handed[c.Outbox.ID] = true
	}
	return sent, others, nil
}

// asItStands is a claimed message as it leaves; not plain when something else is to be done about it than to send it.
func (s *Sender) asItStands(ctx context.Context, o storage.Outbox) (m Message, plain bool, err error) {
	now, err := s.fresh(ctx, o)
	if err != nil || now.drop != "" || now.hold || !now.until.IsZero() || len(now.pass) > 0 {
		return m, false, err
	}
	if now.text != o.Text {
		if err := s.Store.RewriteOut(ctx, o.ID, now.text); err != nil {
			return m, false, err
		}
	}
	m, err = s.message(ctx, o, now.text)
	return m, true, err
}

// closeBatch notes what was sent, leaves some in flight and puts back all others.
func (s *Sender) closeBatch(ctx context.Context, b *storage.Batch, sent []storage.Landed, flying []storage.Claim) error {
	ids := make([]int64, len(flying))
	for i, c := range flying {
		ids[i] = c.Outbox.ID
	}
	return s.note(ctx, func(ctx context.Context) error { return s.Store.CloseOuts(ctx, b, sent, ids) })
}
