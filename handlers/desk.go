package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"xianjie/storage"
)

// Desk carries pending messages through their turns. Any number of desks may run at once, in one process or several:
// CommitTurns accepts a message's turn once and checks the versions of everything the turn was decided on.
type Desk struct {
	Store  *storage.Store
	Turner *Turner
	Now    func() time.Time
	Log    *slog.Logger
	// Committed is called after every commit that queued messages, so that the sender need not wait for its next look.
	Committed func()
	// Fetch is called after every commit that asked for the picture or document of a message; nil: not.
	Fetch func()
}

const (
	// roundSize is how many people's messages share a commit at most: a rush is worked off in few commits, and a lone
	// message waits for nobody.
	roundSize = 256
	// maxNeeds bounds the questions one turn may ask; more means two rules waiting for each other.
	maxNeeds = 8
)

// Run handles messages until ctx ends: at once when woken, and at the latest every poll. A storage error is logged and
// tried again at the next poll; nothing is lost, for what is not committed is still pending.
func (d *Desk) Run(ctx context.Context, wake <-chan struct{}, poll time.Duration) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		for {
			n, err := d.Round(ctx)
			if ctx.Err() != nil {
				return nil
			}
			if err != nil {
				d.Log.Error("desk: messages wait for the next round", "err", err)
			}
			if n == 0 {
				break
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		case <-tick.C:
		}
	}
}

// decided is a message with its turn.
type decided struct {
	pending storage.Pending
	turn    storage.Turn
}

// Round decides and commits one message each of up to roundSize people, and returns how many it handled. Messages whose
// state changed under the turn are decided anew. The error is about those that wait; the others are handled.
func (d *Desk) Round(ctx context.Context) (int, error) {
	const tries = 3 // against another desk that is always faster
	for range tries {
		handled, collided, err := d.round(ctx)
		if handled > 0 && d.Committed != nil {
			d.Committed()
		}
		if handled > 0 || collided == 0 || err != nil {
			return handled, err
		}
	}
	return 0, nil
}

func (d *Desk) round(ctx context.Context) (handled, collided int, err error) {
	pending, err := d.Store.Pendings(ctx, roundSize)
	if err != nil || len(pending) == 0 {
		return 0, 0, err
	}
	batch := make([]decided, 0, len(pending))
	var faults []error
	for _, p := range pending {
		t, err := d.decide(ctx, p)
		if err != nil {
			faults = append(faults, err) // this chat waits, the others go on
			continue
		}
		batch = append(batch, decided{p, t})
	}
	handled, collided, err = d.commit(ctx, batch)
	if d.Fetch != nil && slices.ContainsFunc(batch, func(one decided) bool { return one.turn.Fetch }) {
		d.Fetch()
	}
	return handled, collided, errors.Join(append(faults, err)...)
}

// commit writes all turns in one transaction, or, when that fails, one by one.
func (d *Desk) commit(ctx context.Context, batch []decided) (handled, collided int, err error) {
	turns := make([]storage.Turn, len(batch))
	for i := range batch {
		turns[i] = batch[i].turn
	}
	if err := d.Store.CommitTurns(ctx, turns); err == nil {
		return len(turns), 0, nil
	}
	for i := range batch {
		err := d.commitOne(ctx, &batch[i])
		switch {
		case err == nil:
			handled++
		case errors.Is(err, storage.ErrConflict):
			d.Log.Debug("desk: turn is decided again", "inbox", batch[i].turn.InboxID, "err", err)
			collided++
		default:
			return handled, collided, err
		}
	}
	return handled, collided, nil
}

// commitOne writes one turn. Where the database refuses it and takes an apology in its place, the turn was to blame,
// and would be refused for ever.
func (d *Desk) commitOne(ctx context.Context, one *decided) error {
	err := d.Store.CommitTurns(ctx, []storage.Turn{one.turn})
	if err == nil || errors.Is(err, storage.ErrConflict) || ctx.Err() != nil {
		return err
	}
	if d.Store.CommitTurns(ctx, []storage.Turn{aside(one.pending)}) != nil {
		return err
	}
	d.Log.Error("desk: message put aside", "inbox", one.turn.InboxID, "contact", one.turn.ContactID, "err", err)
	return nil
}

// decide answers a turn's needs until it is decided. Errors are storage's; what the turn itself cannot handle is put
// aside with an apology, so that one odd message never stops the others.
func (d *Desk) decide(ctx context.Context, p storage.Pending) (storage.Turn, error) {
	facts := Facts{}
	now := d.Now()
	for range maxNeeds {
		t, need, err := d.turn(p, facts, now)
		if err != nil {
			d.Log.Error("desk: message put aside", "inbox", p.Inbox.ID, "contact", p.Contact.ID, "err", err)
			return aside(p), nil
		}
		if need == nil {
			return t, nil
		}
		v, err := need.Fetch(ctx, d.Store)
		if err != nil {
			return storage.Turn{}, fmt.Errorf("fact %s for message %d: %w", need.Key, p.Inbox.ID, err)
		}
		facts[need.Key] = v
	}
	d.Log.Error("desk: message put aside", "inbox", p.Inbox.ID, "err", "too many needs")
	return aside(p), nil
}

// turn is Turner.Turn with a panic turned into an error that names the place.
func (d *Desk) turn(p storage.Pending, f Facts, now time.Time) (t storage.Turn, need *Need, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return d.Turner.Turn(p, f, now)
}

// aside is the turn of a message that could not be handled: kept, marked, apologised for; the dialogue is untouched.
func aside(p storage.Pending) storage.Turn {
	return storage.Turn{
		InboxID: p.Inbox.ID, ContactID: p.Contact.ID, Outcome: "aside", Skipped: true,
		Out: []storage.Out{{ContactID: p.Contact.ID, Kind: storage.OutReply, Text: textApology}},
	}
}
