package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"xianjie/season"
	"xianjie/storage"
)

// Planner turns what is planned and due into digests, and dates that passed into lapses. The plan itself is rows in the
// database: a Planner remembers nothing, may run late, twice or in two processes, and every reminder is still given
// once. Cron and wake-ups only call Tick.
type Planner struct {
	Store  *storage.Store
	Season *season.Season
	Now    func() time.Time
	Log    *slog.Logger
	Queued func() // called after digests were queued; may be nil
	// Online reports whether an account can send. What is due to readers of one that cannot stays planned, so that it is
	// one digest when the account is back, and none for what has lapsed by then. Nil: every account can.
	Online func(account string) bool
}

// Report is what a Tick did.
type Report struct {
	Lapsed      int // duties whose date passed
	Digests     int // messages queued
	Reminders   int // lines of the notification log
	Unaddressed int // reminders nobody could be told about
}

const (
	// batchLapses is how many lapses are recorded per transaction.
	batchLapses = 400
	// batchDigests is how many digests are queued per transaction.
	batchDigests = 200
	// maxDue is how many reminders are looked at together: all of one morning, so that a reader gets one digest.
	maxDue = 200_000
	// maxConflicts is how often in a row somebody may be faster before the rest is left to the next call.
	maxConflicts = 10
)

// Tick does everything that is due now: lapses first, then reminders, also where lapses could not be recorded; what has
// lapsed is never put before anybody as if it could still be done. Its work is committed in parts; an error leaves the
// rest for the next call. While the installation is held after a restore nothing is planned and nothing lapses: once it is
// released all of it is due at once, and one digest.
func (p *Planner) Tick(ctx context.Context) (Report, error) {
	var r Report
	if held, err := p.Store.Held(ctx); err != nil || held != nil {
		return r, err
	}
	now := p.Now() // one instant for both: what lapses now must not be reminded of a moment later
	err := p.lapses(ctx, now, &r)
	if err != nil {
		err = fmt.Errorf("recording lapses: %w", err)
	}
	if e := p.orgs(ctx, now); e != nil {
		err = errors.Join(err, fmt.Errorf("duties of organisations: %w", e))
	}
	if e := p.remind(ctx, now, &r); e != nil {
		err = errors.Join(err, fmt.Errorf("planning reminders: %w", e))
	}
	if r.Digests > 0 && p.Queued != nil {
		p.Queued()
	}
	return r, err
}

// lapses records duties whose date has passed.
func (p *Planner) lapses(ctx context.Context, now time.Time, r *Report) error {
	for conflicts := 0; ; {
		due, err := p.Store.LapsesDue(ctx, now, batchLapses)
		if err != nil || len(due) == 0 {
			return err
		}
		lapses, err := p.lapse(ctx, due, now)
		if err != nil {
			return err
		}
		err = p.Store.CommitLapses(ctx, lapses)
		if errors.Is(err, storage.ErrConflict) && conflicts < maxConflicts {
			conflicts++ // somebody recorded something meanwhile: look again
			continue
		}
		if err != nil {
			return err
		}
		conflicts = 0
		r.Lapsed += len(lapses)
	}
}

// lapse decides what becomes of duties whose date has passed; at most one per member, the others come with the next look.
func (p *Planner) lapse(ctx context.Context, due []storage.Duty, now time.Time) ([]storage.Lapse, error) {
	var ids []int64
	for _, d := range due {
		if d.Subject == storage.SubjectMember {
			ids = append(ids, d.PersonID)
		}
	}
	ms, err := p.Store.Members(ctx, unique(ids))
	if err != nil {
		return nil, err
	}
	members := make(map[int64]storage.Member, len(ms))
	for _, m := range ms {
		members[m.Person.ID] = m
	}
	taken := map[int64]bool{}
	var lapses []storage.Lapse
	for _, d := range due {
		if d.Subject != storage.SubjectMember {
			lapses = append(lapses, p.lapseOf(d, storage.Member{}, true, now))
			continue
		}
		if taken[d.PersonID] {
			continue
		}
		taken[d.PersonID] = true
		m, ok := members[d.PersonID]
		lapses = append(lapses, p.lapseOf(d, m, ok && m.Person.LeftAt == nil, now))
	}
	return lapses, nil
}

// lapseOf decides about one duty. A review left alone is approved by the system of record itself: that is recorded as
// such, as nobody's approval (season-2020, "review"). Everything else stays open, overdue, and is chased as the season
// says. Of somebody who is not on the roster any more nothing is reported, and nothing is known to have been approved.
func (p *Planner) lapseOf(d storage.Duty, m storage.Member, onRoster bool, now time.Time) storage.Lapse {
	l := storage.Lapse{DutyID: d.ID, At: d.LapsesAt}
	detail := map[string]string{"rule": d.Rule, "due": d.Due}
	rule, ok := p.Season.DutyRule(d.Rule)
	if ok && onRoster && rule.Lapse == season.LapseApproved && rule.LapseEvent != "" {
		change, err := m.Record(p.Season, rule.LapseEvent, d.LapsesAt, now, storage.DutyDefaulted, storage.Said{})
		if err == nil {
			l.Change = &change
			detail["event"] = rule.LapseEvent
		} else {
			p.Log.Error("lapse is recorded without its event", "duty", d.ID, "err", err)
		}
	}
	if ok && onRoster {
		l.Report = p.report(rule, d.LapsesAt, now)
		if due, err := season.ParseDate(d.Due); err == nil {
			for _, st := range p.Season.OverdueSteps(rule, due, now) {
				l.Report = append(l.Report, storage.DutyStep{Step: st.Step, Party: st.To, At: st.At})
			}
		}
	}
	l.Audit = []storage.Audit{{At: now, Action: "lapse", Subject: fmt.Sprintf("duty/%d", d.ID), Detail: detail}}
	return l
}

// report plans who is told of a lapse: the officers the rule's reminders went to, and the committee; in the first
// morning slot on a working day, or as soon as may be when that has passed.
func (p *Planner) report(rule *season.DutyRule, lapsed, now time.Time) []storage.DutyStep {
	if rule.LapseLine == "" {
		return nil
	}
	day := p.Season.DateOf(lapsed)
	for p.Season.Holiday(day) {
		day = day.AddDays(1)
	}
	at := p.Season.Morning(day)
	if at.Before(now) {
		at = p.Season.NotQuiet(now)
	}
	parties := []string{storage.OrgCommittee}
	for _, st := range rule.Steps {
		for _, to := range st.To {
			if to != storage.SubjectMember && !slices.Contains(parties, to) {
				parties = append(parties, to)
			}
		}
	}
	steps := make([]storage.DutyStep, len(parties))
	for i, party := range parties {
		steps[i] = storage.DutyStep{Step: storage.StepLapsed, Party: party, At: at}
	}
	return steps
}

// remind queues digests for reminders whose moment has come. What is closed while it works makes it look again; what it
// has committed by then stays.
func (p *Planner) remind(ctx context.Context, now time.Time, r *Report) error {
	for conflicts := 0; ; {
		due, err := p.Store.StepsDue(ctx, now, maxDue)
		if err != nil || len(due) == 0 {
			return err
		}
		full := len(due) == maxDue
		if due = current(due, now); len(due) == 0 {
			return nil
		}
		list, err := p.compose(ctx, due, now)
		if err != nil {
			return err
		}
		taken, err := p.Store.OnceTaken(ctx, p.keys(list, now))
		if err != nil {
			return err
		}
		ready, waiting := p.address(list, taken, now)
		done, err := p.commit(ctx, p.digests(ready, waiting, now), r)
		switch {
		case errors.Is(err, storage.ErrConflict) && (done > 0 || conflicts < maxConflicts):
			conflicts++
			if done > 0 {
				conflicts = 0
			}
		case err != nil:
			return err
		case !full || len(waiting) > 0:
			return nil
		}
	}
}

// commit queues digests, some per transaction: the more stand in one, the likelier somebody records something that one
// of them asks for. It returns how many were committed.
func (p *Planner) commit(ctx context.Context, digests []storage.Digest, r *Report) (done int, err error) {
	for some := range slices.Chunk(digests, batchDigests) {
		if err := p.Store.CommitDigests(ctx, some); err != nil {
			return done, err
		}
		done += len(some)
		for _, d := range some {
			r.Reminders += len(d.Reminders)
			if d.Out != nil {
				r.Digests++
			} else {
				r.Unaddressed += len(d.Reminders)
			}
		}
	}
	return done, nil
}

// current are the reminders that may leave now: never one whose lapse is about to be recorded.
func current(due []storage.DueStep, now time.Time) []storage.DueStep {
	return slices.DeleteFunc(due, func(d storage.DueStep) bool {
		return d.Step.Step != storage.StepLapsed && d.Duty.LapsedAt == nil && !d.Duty.LapsesAt.After(now)
	})
}

// urgent reports that a duty lapses before the quiet time around now ends: late is worse than loud, and who is woken for it
// is told everything.
func urgent(sn *season.Season, d storage.Duty, now time.Time) bool {
	return !d.LapsesAt.After(sn.NotQuiet(now))
}

// NextWake is when something falls due next; false when nothing is planned.
func (p *Planner) NextWake(ctx context.Context) (time.Time, bool, error) {
	return p.Store.NextWake(ctx)
}
