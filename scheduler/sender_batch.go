package scheduler

import (
	"context"

	"xianjie/storage"
)

// batchSize is how many messages are claimed and closed at once where no pace keeps them apart.
const batchSize = 500

// batch sends many messages that one transaction has claimed. There is no pace to keep here, as in a rehearsal or the demo:
// a process that dies leaves all of them unknown. What is to be sent just as it stands is noted with all others; whatever
// else is to be done about a message is done one by one after the batch is closed.
func (s *Sender) batch(ctx context.Context) error {
	b, err := s.Store.ClaimOuts(ctx, s.Account, batchSize)
	if err != nil || b == nil {
		return err
	}
	s.handed = make(map[int64]bool, len(b.Claims))
	defer func() { s.handed = nil }()
	var sent []storage.Landed
	var others []storage.Claim
	for _, c := range b.Claims {
		if ctx.Err() != nil || !s.Channel.Online() {
			break
		}
		m, plain, err := s.asItStands(ctx, c.Outbox)
		switch {
		case err != nil:
			return s.closeWith(ctx, b, sent, c, func() error { return s.back(ctx, c.Outbox, err) })
		case !plain:
			others = append(others, c)
			continue
		}
		out := s.deliver(ctx, Address{c.Contact.Login, c.Contact.UserName}, m)
		if out.Kind != Sent {
			// What is not plain success is rare, and may concern those behind it: they go back before it is noted.
			return s.closeWith(ctx, b, sent, c, func() error { return s.settle(ctx, c.Outbox, out) })
		}
		sent = append(sent, storage.Landed{ID: c.Outbox.ID, MsgID: out.MsgID})
		s.handed[c.Outbox.ID] = true
	}
	if err := s.closeBatch(ctx, b, sent, others); err != nil {
		return err
	}
	for _, c := range others {
		if err := s.send(ctx, &c); err != nil {
			return err
		}
	}
	return nil
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

// closeWith closes a batch early, because of one message, and then notes what becomes of that one.
func (s *Sender) closeWith(ctx context.Context, b *storage.Batch, sent []storage.Landed, c storage.Claim, settle func() error) error {
	if err := s.closeBatch(ctx, b, sent, []storage.Claim{c}); err != nil {
		return err
	}
	return settle()
}

// closeBatch notes what was sent, leaves some in flight and puts back all others.
func (s *Sender) closeBatch(ctx context.Context, b *storage.Batch, sent []storage.Landed, flying []storage.Claim) error {
	ids := make([]int64, len(flying))
	for i, c := range flying {
		ids[i] = c.Outbox.ID
	}
	return s.note(ctx, func(ctx context.Context) error { return s.Store.CloseOuts(ctx, b, sent, ids) })
}
