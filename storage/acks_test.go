package storage_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"xianjie/season"
	"xianjie/storage"
)

// remind queues one digest with a reminder for a person's chat and returns its row.
func (w *world) remind(no string, p storage.Person, step storage.DueStep, once string) storage.Outbox {
	w.t.Helper()
	contacts, err := w.ContactsOf(ctx, []int64{p.ID})
	w.ok(err)
	late := w.clock.now().Add(24 * time.Hour)
	w.ok(w.CommitDigests(ctx, []storage.Digest{{
		Steps: []int64{step.Step.ID},
		Reminders: []storage.Reminder{{
			DutyID: step.Duty.ID, StepID: step.Step.ID, Step: step.Step.Step, Party: step.Step.Party, PersonID: p.ID, At: w.clock.now(),
		}},
		Out: &storage.Out{ContactID: contacts[p.ID].ID, PersonID: &p.ID, Kind: storage.OutDigest, Once: once, Text: "提醒 " + once, ExpiresAt: &late},
	}}))
	var o storage.Outbox
	for page, err := range storage.Pages[storage.Outbox](ctx, w.Store) {
		w.ok(err)
		for _, row := range page {
			if row.Text == "提醒 "+once {
				o = row
			}
		}
	}
	if o.ID == 0 {
		w.t.Fatalf("the digest for %s was not queued", no)
	}
	return o
}

// ended takes the next message and ends it.
func (w *world) ended(state string) *storage.Claim {
	w.t.Helper()
	c, err := w.ClaimOut(ctx, account)
	w.ok(err)
	if c != nil {
		w.ok(w.FinishOut(ctx, c.Outbox.ID, state, "m1", ""))
	}
	return c
}

// answer commits the turn of a message with what it answers to a digest.
func (w *world) answer(no, text string, a storage.Answer) {
	w.t.Helper()
	m := w.says(no, text)
	w.ok(w.CommitTurns(ctx, []storage.Turn{{
		InboxID: m.Inbox.ID, ContactID: m.Contact.ID, Outcome: storage.OutcomeAcknowledged, Answers: []storage.Answer{a},
		Out: []storage.Out{{ContactID: m.Contact.ID, Kind: storage.OutReply, Text: "好的"}},
	}}))
}

// What waits for a chat when a digest is about to leave leaves with it.
func TestDigestsThatWaitAreOne(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		steps := w.mine(p.ID, "declare", "member")
		first := w.remind("20160001", p, steps[0], "a")
		second := w.remind("20160001", p, steps[1], "b")
		other := w.bound("20160002")
		w.remind("20160002", other, w.mine(other.ID, "declare", "member")[0], "c")
		c := w.ended(storage.OutSent)
		if c == nil || c.Outbox.ID != first.ID {
			t.Fatalf("claimed %+v", c)
		}
		log, err := w.RemindersOf(ctx, first.ID)
		if err != nil || len(log) != 2 {
			t.Errorf("the message is about %d reminders, %v", len(log), err)
		}
		if n := w.count("outbox WHERE id = ? AND state = 'dropped' AND once IS NULL", second.ID); n != 1 {
			t.Error("the second digest still waits, or its slot is taken")
		}
		if c := w.ended(storage.OutSent); c == nil || c.Outbox.Text != "提醒 c" {
			t.Errorf("then %+v", c)
		}
		if c := w.ended(storage.OutSent); c != nil {
			t.Errorf("then %+v", c.Outbox)
		}
	})
}

// A reminder WeChat refused for good is planned again, and the log says to whom it failed.
func TestRefusedReminderIsPlannedAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		st := w.mine(p.ID, "declare", "member")[0]
		w.remind("20160001", p, st, "a")
		w.ended(storage.OutFailed)
		if n := w.count("duty_steps WHERE id = ? AND state = 'planned'", st.Step.ID); n != 1 {
			t.Error("the reminder is lost")
		}
		given, err := w.Given(ctx, []int64{st.Step.ID})
		if was, tried := given[[2]int64{st.Step.ID, p.ID}]; err != nil || !tried || was {
			t.Errorf("given: %v, %v", given, err)
		}
		w.commit(w.declare(w.member(p.ID)))
		w.remind("20160001", p, w.mine(p.ID, "initiate", "college")[0], "b")
		w.record(p.ID, "initiated")
		w.ended(storage.OutFailed)
		if n := w.count("duty_steps s JOIN duties d ON d.id = s.duty_id AND d.closed_at IS NOT NULL WHERE s.state = 'planned'"); n != 0 {
			t.Errorf("%d reminders of closed duties are planned again", n)
		}
	})
}

func TestPassOn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		st := w.mine(p.ID, "declare", "member")[0]
		o := w.remind("20160001", p, st, "a")
		log, err := w.RemindersOf(ctx, o.ID)
		w.ok(err)
		w.ok(w.PassOn(ctx, []int64{log[0].Reminder.ID}))
		if n := w.count("duty_steps WHERE id = ? AND state = 'planned'", st.Step.ID); n != 1 {
			t.Error("the reminder is lost")
		}
		if given, err := w.Given(ctx, []int64{st.Step.ID}); err != nil || len(given) != 0 {
			t.Errorf("given: %v, %v", given, err)
		}
		if log, err := w.RemindersOf(ctx, o.ID); err != nil || len(log) != 0 {
			t.Errorf("the message is still about %+v, %v", log, err)
		}
		if n := w.count("reminders WHERE step_id = ? AND reason = ?", st.Step.ID, storage.ReasonPassedOn); n != 1 {
			t.Error("nothing says that it was passed on")
		}
		w.remind("20160001", p, st, "b") // it comes back
		if n := w.count("reminders WHERE step_id = ?", st.Step.ID); n != 1 {
			t.Errorf("%d lines in the log", n)
		}
	})
}

// What follows an unanswered reminder is planned once, dropped by an answer, and planned again after it.
func TestWhatFollowsAReminder(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		steps := w.mine(p.ID, "declare", "member")
		rung := storage.DutyStep{DutyID: steps[0].Duty.ID, Step: "unanswered:member>branch", Party: "branch", At: w.clock.now().Add(96 * time.Hour)}
		follow := func(i int) {
			w.t.Helper()
			w.ok(w.CommitDigests(ctx, []storage.Digest{{Steps: []int64{steps[i].Step.ID}, Follow: []storage.DutyStep{rung, rung}}}))
		}
		planned := func() int { return w.count("duty_steps WHERE step LIKE 'unanswered:%' AND state = 'planned'") }
		follow(0)
		follow(1)
		if planned() != 1 {
			t.Errorf("planned %d times", planned())
		}
		climbed, err := w.Climbed(ctx, []int64{rung.DutyID})
		if err != nil || !climbed[storage.Rung{Duty: rung.DutyID, Step: rung.Step}] {
			t.Errorf("climbed: %v, %v", climbed, err)
		}
		o := w.remind("20160001", p, steps[2], "a")
		wake := storage.DutyStep{DutyID: rung.DutyID, Step: "seen:before-1", Party: "member", PersonID: &p.ID, At: w.clock.now().Add(48 * time.Hour)}
		ack := storage.Acknowledgement{OutboxID: o.ID, DutyID: rung.DutyID, Party: "member", PersonID: p.ID, What: storage.AckSeen, At: w.clock.now()}
		w.answer("20160001", "1", storage.Answer{Acks: []storage.Acknowledgement{ack}, Wake: []storage.DutyStep{wake}})
		if planned() != 0 || w.count("duty_steps WHERE step = 'seen:before-1' AND state = 'planned' AND person_id = ?", p.ID) != 1 {
			t.Errorf("after the answer %d follow, %d wake", planned(), w.count("duty_steps WHERE step = 'seen:before-1'"))
		}
		ack.At = w.clock.now()
		w.answer("20160001", "知道了", storage.Answer{Acks: []storage.Acknowledgement{ack}, Wake: []storage.DutyStep{wake}})
		if n := w.count("duty_steps WHERE step = 'seen:before-1' AND state = 'planned'"); n != 1 {
			t.Errorf("answered twice, asked again %d times", n)
		}
		rung.At = rung.At.Add(time.Hour)
		follow(3)
		if planned() != 1 {
			t.Errorf("after an answer it is planned %d times", planned())
		}
	})
}

func TestLastDigest(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		contacts, err := w.ContactsOf(ctx, []int64{p.ID})
		w.ok(err)
		chat := contacts[p.ID].ID
		last := func() []storage.PutBefore {
			t.Helper()
			list, err := w.LastDigest(ctx, chat)
			w.ok(err)
			return list
		}
		steps := w.mine(p.ID, "declare", "member")
		o := w.remind("20160001", p, steps[0], "a")
		if len(last()) != 0 {
			t.Error("a digest that waits was not got yet")
		}
		w.ended(storage.OutSent)
		list := last()
		if len(list) != 1 || list[0].Duty.Rule != "declare" || list[0].Reminder.Step != steps[0].Step.Step {
			t.Fatalf("last: %+v", list)
		}
		if got := list[0].Planned; len(got) != w.count("duty_steps WHERE duty_id = ? AND state = 'planned'", list[0].Duty.ID) ||
			!slices.IsSortedFunc(got, func(a, b storage.DutyStep) int { return a.At.Compare(b.At) }) {
			t.Errorf("planned: %+v", got)
		}
		w.answer("20160001", "1", storage.Answer{Acks: []storage.Acknowledgement{{
			OutboxID: o.ID, DutyID: list[0].Duty.ID, Party: "member", PersonID: p.ID, What: storage.AckSeen, At: w.clock.now(),
		}}})
		if len(last()) != 1 {
			t.Error("an answer to the answer hides the digest")
		}
		m := w.says("20160001", "在吗")
		w.ok(w.CommitTurns(ctx, []storage.Turn{{
			InboxID: m.Inbox.ID, ContactID: m.Contact.ID, Outcome: "answered", Out: []storage.Out{{ContactID: chat, Kind: storage.OutReply, Text: "在"}},
		}}))
		if len(last()) != 0 {
			t.Error("after other talk a digit would still mean the digest")
		}
	})
}

func TestHandedOverAndTallies(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, other := w.bound("20160001"), w.bound("20160002")
		steps := w.mine(p.ID, "declare", "member")
		o := w.remind("20160001", p, steps[0], "a")
		w.ended(storage.OutSent)
		w.remind("20160001", p, steps[1], "b")
		w.ended(storage.OutDropped)
		duty := steps[0].Duty.ID
		if got, err := w.Tallies(ctx, []int64{duty}); err != nil || got[duty] != (storage.Tally{Reminded: 1}) {
			t.Errorf("tally: %v, %v", got, err)
		}
		before := w.clock.now()
		w.answer("20160001", "3", storage.Answer{Acks: []storage.Acknowledgement{{
			OutboxID: o.ID, DutyID: duty, Party: "member", PersonID: p.ID, What: storage.AckHanded, ToPersonID: &other.ID, At: w.clock.now(),
		}}})
		got, err := w.HandedOver(ctx, []int64{duty})
		if want := (storage.Handed{DutyID: duty, Party: "member", From: p.ID, To: other.ID}); err != nil || !slices.Equal(got, []storage.Handed{want}) {
			t.Errorf("handed over: %+v, %v", got, err)
		}
		if got, err := w.Tallies(ctx, []int64{duty}); err != nil || got[duty] != (storage.Tally{Reminded: 1, Answered: true}) {
			t.Errorf("tally: %v, %v", got, err)
		}
		since, err := w.AnsweredSince(ctx, []int64{duty}, before)
		if err != nil || !since[duty] {
			t.Errorf("answered since: %v, %v", since, err)
		}
		if since, err = w.AnsweredSince(ctx, []int64{duty}, w.clock.now().Add(time.Second)); err != nil || since[duty] {
			t.Errorf("answered since later: %v, %v", since, err)
		}
	})
}

func TestDutyStory(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if _, err := w.DutyStory(ctx, 999); !errors.Is(err, storage.ErrNoDuty) {
			t.Errorf("of no duty: %v", err)
		}
		p := w.bound("20160001")
		steps := w.mine(p.ID, "declare", "member")
		o := w.remind("20160001", p, steps[0], "a")
		w.ended(storage.OutSent)
		duty := steps[0].Duty
		w.answer("20160001", "1", storage.Answer{Acks: []storage.Acknowledgement{{
			OutboxID: o.ID, DutyID: duty.ID, Party: "member", PersonID: p.ID, What: storage.AckSeen, At: w.clock.now(),
		}}})
		w.clock.set(duty.LapsesAt.Add(time.Minute))
		w.ok(w.CommitLapses(ctx, []storage.Lapse{{
			DutyID: duty.ID, At: duty.LapsesAt, Report: []storage.DutyStep{{Step: storage.StepLapsed, Party: "committee", At: w.clock.now()}},
			Audit: []storage.Audit{{At: w.clock.now(), Action: "lapse", Subject: "duty/1"}},
		}}))
		st, err := w.DutyStory(ctx, duty.ID)
		w.ok(err)
		if st.About != "张三" || st.Org != "机械学院" || st.Duty.LapsedAt == nil {
			t.Errorf("story of %s in %s: %+v", st.About, st.Org, st.Duty)
		}
		if len(st.Steps) != w.count("duty_steps WHERE duty_id = ?", duty.ID) || st.Steps[len(st.Steps)-1].Step != storage.StepLapsed {
			t.Errorf("steps: %+v", st.Steps)
		}
		if len(st.Told) != 1 || st.Told[0].Person != "张三" || st.Told[0].State != storage.OutSent || st.Told[0].MsgID != "m1" || st.Told[0].SentAt == nil {
			t.Errorf("told: %+v", st.Told)
		}
		if len(st.Answers) != 1 || st.Answers[0].What != storage.AckSeen || st.Answers[0].Person != "张三" {
			t.Errorf("answers: %+v", st.Answers)
		}
		if len(st.Audit) != 1 || st.Audit[0].Action != "lapse" {
			t.Errorf("audit: %+v", st.Audit)
		}
	})
}

// Duties about branches and colleges open and close with how their members stand, and with what is recorded of them.
func TestDutiesAboutOrganisations(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		align := func(closing string, events ...storage.OrgEvent) {
			t.Helper()
			ids, err := w.UnitIDs(ctx)
			w.ok(err)
			units, err := w.Standings(ctx, ids, w.clock.now())
			w.ok(err)
			var changes []storage.OrgChange
			for _, u := range units {
				var of []storage.OrgEvent
				if u.Org.Kind == storage.OrgBranch {
					of = events
				}
				if c := u.Changed(w.season, of, closing); u.Differs(c) || len(of) > 0 {
					changes = append(changes, c)
				}
			}
			if _, err := w.CommitOrgs(ctx, changes); err != nil {
				t.Fatal(err)
			}
		}
		open := func() int {
			return w.count("duties WHERE rule = 'delete_branch' AND subject = 'branch' AND closed_at IS NULL")
		}
		align(storage.DutyDone)
		if open() != 0 {
			t.Fatal("a branch full of members is to be deleted")
		}
		for _, no := range []string{"20160001", "20160002", "20160003"} {
			p, err := w.PersonByNo(ctx, no)
			w.ok(err)
			w.commit(w.declare(w.member(p.ID)))
			w.record(p.ID, "received")
		}
		touched, err := w.TouchedOrgs(ctx, w.clock.now().Add(-time.Minute))
		if err != nil || len(touched) != 2 {
			t.Errorf("touched: %v, %v", touched, err)
		}
		if touched, err = w.TouchedOrgs(ctx, w.clock.now().Add(time.Minute)); err != nil || len(touched) != 0 {
			t.Errorf("touched later: %v, %v", touched, err)
		}
		align(storage.DutyDone)
		align(storage.DutyDone)
		if open() != 1 {
			t.Fatalf("%d are open of an empty branch", open())
		}
		var duty storage.Duty
		due, err := w.StepsBetween(ctx, time.Time{}, w.season.EndOf(w.season.Closes))
		w.ok(err)
		for _, d := range due {
			if d.Duty.Rule == "delete_branch" {
				duty = d.Duty
			}
		}
		if st, err := w.DutyStory(ctx, duty.ID); err != nil || st.About != "机械1班" || st.Org != "机械学院" {
			t.Errorf("story of %s in %s, %v", st.About, st.Org, err)
		}
		align(storage.DutyDone, storage.OrgEvent{Event: "deleted", At: w.clock.now(), RecordedAt: w.clock.now()})
		if open() != 0 || w.count("duties WHERE id = ? AND outcome = 'done'", duty.ID) != 1 {
			t.Error("the branch is deleted and still to be")
		}
		events, err := w.OrgEventsOf(ctx, []int64{duty.OrgID})
		if err != nil || len(events) != 1 || events[0].Event != "deleted" {
			t.Fatalf("events: %+v, %v", events, err)
		}
		units, err := w.Standings(ctx, []int64{duty.OrgID}, w.clock.now())
		w.ok(err)
		delete(units[0].Standing.Events, "deleted")
		c := units[0].Changed(w.season, nil, storage.DutyWithdrawn)
		c.Undo = []int64{events[0].ID}
		if _, err := w.CommitOrgs(ctx, []storage.OrgChange{c}); err != nil {
			t.Fatal(err)
		}
		if open() != 1 {
			t.Error("taken back, and nothing is to be done")
		}
	})
}

// The file moves the dates of duties about organisations, too.
func TestOrganisationsFollowTheFile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, err := w.PersonByNo(ctx, "20160001")
		w.ok(err)
		c, _, err := w.member(p.ID).Declare(w.season, "further_study", map[string]storage.Value{
			"study_where": {Value: "here"}, "enrol_on": {Value: "2020-09-01"},
		}, storage.Said{}, w.clock.now())
		w.ok(err)
		w.commit(c)
		ids, err := w.UnitIDs(ctx)
		w.ok(err)
		align := func(sn *season.Season, replan bool) {
			t.Helper()
			units, err := w.Standings(ctx, ids, w.clock.now())
			w.ok(err)
			var changes []storage.OrgChange
			for _, u := range units {
				c := u.Changed(sn, nil, storage.DutyWithdrawn)
				c.Replan = replan
				changes = append(changes, c)
			}
			if _, err := w.CommitOrgs(ctx, changes); err != nil {
				t.Fatal(err)
			}
		}
		align(w.season, false)
		due := func() string {
			var day string
			w.ok(w.sql().QueryRow("SELECT due FROM duties WHERE rule = 'new_organisation' AND closed_at IS NULL").Scan(&day))
			return day
		}
		if due() != "2020-10-01" {
			t.Fatalf("due %s", due())
		}
		later := *w.season
		later.Dates = map[string]season.NamedDate{}
		for k, d := range w.season.Dates {
			later.Dates[k] = d
		}
		day := later.Dates["enrolled_on"]
		day.Date = day.Date.AddDays(9)
		later.Dates["enrolled_on"] = day
		align(&later, true)
		if due() != "2020-10-10" {
			t.Errorf("moved to %s", due())
		}
	})
}
