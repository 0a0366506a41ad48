package storage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"xianjie/storage"
)

// crowd puts some more members on the roster, all of whom wrote to us but the last.
func (w *world) crowd() map[string]storage.Reachable {
	w.t.Helper()
	w.enrol("20160001", "张三", "20160002", "李四", "20160003", "王五", "20160004", "赵六", "20160005", "孙七")
	w.roster(
		storage.Listed{No: "20150001", Name: "周八", College: "机械学院", Branch: "机械2班", Cohort: 2019},
		storage.Listed{No: "20160021", Name: "吴九", College: "数学学院", Branch: "数学1班", Cohort: 2020},
	)
	for i := range 4 {
		w.bound(fmt.Sprint(20160001 + i))
	}
	return w.reach(storage.Audience{})
}

func (w *world) reach(a storage.Audience) map[string]storage.Reachable {
	w.t.Helper()
	all, err := w.ReachOf(ctx, a)
	w.ok(err)
	m := make(map[string]storage.Reachable, len(all))
	for _, r := range all {
		m[r.Name] = r
	}
	return m
}

// post sends a notice to everybody who can be reached alone and skips the others.
func (w *world) post(state string) int64 {
	w.t.Helper()
	return w.postWith(state, nil)
}

// postWith sends a notice with a stored picture.
func (w *world) postWith(state string, file *int64) int64 {
	w.t.Helper()
	id, err := w.NextNotice(ctx)
	w.ok(err)
	p := storage.NoticePlan{Notice: storage.Notice{ID: id, Text: "通知", FileID: file, Sentence: "全部", State: state}}
	all, err := w.ReachOf(ctx, storage.Audience{})
	w.ok(err)
	for _, r := range all {
		line := storage.NoticeRecipient{PersonID: r.PersonID, Reason: storage.SkipStranger}
		if r.Chat != nil {
			line.Via, line.ContactID, line.Reason = storage.ViaPrivate, &r.Chat.ContactID, ""
			p.Outs = append(p.Outs, storage.NoticeOut{Account: r.Chat.Account, ContactID: r.Chat.ContactID, PersonIDs: []int64{r.PersonID}, Text: "通知 " + r.Name})
		}
		p.Recipients = append(p.Recipients, line)
	}
	p.Notice.ContactID = p.Outs[0].ContactID
	w.work("20160001", storage.NoticeWork{Plan: &p})
	return id
}

// work commits what a turn changes about notices.
func (w *world) work(no string, n storage.NoticeWork) {
	w.t.Helper()
	w.ok(w.tryWork(no, n))
}

func (w *world) tryWork(no string, n storage.NoticeWork) error {
	w.t.Helper()
	m := w.says(no, fmt.Sprint("work ", w.msg))
	return w.CommitTurns(ctx, []storage.Turn{{InboxID: m.Inbox.ID, ContactID: m.Contact.ID, Notices: n}})
}

func (w *world) sum(id int64, want storage.NoticeSum) {
	w.t.Helper()
	got, err := w.NoticeSum(ctx, id)
	w.ok(err)
	if got != want || !got.Adds() {
		w.t.Fatalf("the sum is %+v, want %+v", got, want)
	}
}

// next takes the next message and says what became of it.
func (w *world) next(state string) string {
	w.t.Helper()
	c, err := w.ClaimOut(ctx, account)
	w.ok(err)
	if c == nil {
		return ""
	}
	if state != "" {
		w.ok(w.FinishOut(ctx, c.Outbox.ID, state, "m", ""))
	}
	return c.Outbox.Text
}

// Whatever becomes of the messages of a notice, the parts make up the whole.
func TestNoticeSum(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		people := w.crowd()
		id := w.post(storage.NoticeSending)
		w.sum(id, storage.NoticeSum{Planned: 7, Waiting: 4, Skipped: 3})
		w.next(storage.OutSent)
		w.next(storage.OutFailed)
		w.next("") // and here the process dies
		if n, err := w.RecoverOut(ctx, account, w.clock.now()); n != 1 || err != nil {
			t.Fatalf("recovered %d, %v", n, err)
		}
		w.sum(id, storage.NoticeSum{Planned: 7, Waiting: 1, Sent: 1, Failed: 1, Unknown: 1, Skipped: 3})
		w.next(storage.OutDropped)
		w.sum(id, storage.NoticeSum{Planned: 7, Sent: 1, Failed: 1, Unknown: 1, Skipped: 4})

		open, err := w.UnansweredNotices(ctx, people["张三"].PersonID)
		w.ok(err)
		if !slices.Equal(open, []int64{id}) {
			t.Errorf("张三 has not answered %v", open)
		}
		w.work("20160003", storage.NoticeWork{Answered: &storage.NoticeAnswer{PersonID: people["王五"].PersonID, NoticeIDs: []int64{id}}})
		w.sum(id, storage.NoticeSum{Planned: 7, Sent: 1, Failed: 1, Answered: 1, Skipped: 4})
		w.ok(w.ContactsDeleted(ctx, account, login, []string{"@20160001"}))
		w.sum(id, storage.NoticeSum{Planned: 7, Failed: 2, Answered: 1, Skipped: 4})

		by, err := w.NoticeSums(ctx, id)
		w.ok(err)
		if len(by) != 2 || by[people["吴九"].CollegeID] != (storage.NoticeSum{Planned: 1, Skipped: 1}) {
			t.Errorf("by college: %+v", by)
		}
		lines, err := w.NoticeLines(ctx, id, []string{"failed", "unknown", "skipped"}, 0, 10)
		w.ok(err)
		if len(lines) != 6 || lines[0].Reason != storage.ContactGone || lines[5].Reason != storage.SkipStranger {
			t.Errorf("unreachable: %+v", lines)
		}
		tell := func(n storage.Notice, sum storage.NoticeSum) string { return fmt.Sprint(n.ID, sum.Answered) }
		for _, want := range []int{1, 0} { // told once
			if n, err := w.EndNotices(ctx, tell); n != want || err != nil {
				t.Errorf("ended %d notices, %v", n, err)
			}
		}
		if n, ok, err := w.NoticeNamed(ctx, id); !ok || err != nil || n.State != storage.NoticeDone || n.DoneAt == nil || n.Text != "通知" {
			t.Errorf("the notice is %+v, %v", n, err)
		}
	})
}

// What is held, paused and stopped does not leave.
func TestNoticeMoves(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.crowd()
		id := w.post(storage.NoticeWaiting)
		move := func(to string, from ...string) storage.NoticeWork {
			return storage.NoticeWork{Moves: []storage.NoticeMove{{ID: id, From: from, To: to, By: 1}}}
		}
		w.sum(id, storage.NoticeSum{Planned: 7, Held: 4, Skipped: 3})
		if text := w.next(storage.OutSent); text != "" {
			t.Errorf("before its release left %q", text)
		}
		w.work("20160001", move(storage.NoticeSending, storage.NoticeWaiting))
		if text := w.next(storage.OutSent); text != "通知 张三" {
			t.Errorf("first left %q", text)
		}
		w.conflict(w.tryWork("20160001", move(storage.NoticeSending, storage.NoticeWaiting)), "released twice")
		w.next("") // in flight while it is paused
		w.work("20160002", move(storage.NoticePaused, storage.NoticeSending))
		w.sum(id, storage.NoticeSum{Planned: 7, Waiting: 1, Sent: 1, Held: 2, Skipped: 3})
		if text := w.next(storage.OutSent); text != "" {
			t.Errorf("while paused left %q", text)
		}
		w.work("20160002", move(storage.NoticeSending, storage.NoticePaused))
		w.next(storage.OutSent)
		w.work("20160002", move(storage.NoticeStopped, storage.NoticeSending, storage.NoticePaused))
		w.sum(id, storage.NoticeSum{Planned: 7, Waiting: 1, Sent: 2, Skipped: 4})
		if text := w.next(storage.OutSent); text != "" {
			t.Errorf("after the stop left %q", text)
		}
	})
}

// A chat that never comes back does not keep a notice open for ever; a pause does not use up that time.
func TestNoticeExpires(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.crowd()
		id := w.post(storage.NoticeSending)
		move := func(to, from string) storage.NoticeWork {
			return storage.NoticeWork{Moves: []storage.NoticeMove{{ID: id, From: []string{from}, To: to}}}
		}
		w.work("20160001", move(storage.NoticePaused, storage.NoticeSending))
		w.clock.set(w.clock.now().Add(8 * 24 * time.Hour))
		w.work("20160001", move(storage.NoticeSending, storage.NoticePaused))
		w.next(storage.OutSent)
		w.clock.set(w.clock.now().Add(8 * 24 * time.Hour))
		if n, err := w.FailGone(ctx, account); n != 3 || err != nil {
			t.Errorf("put away %d, %v", n, err)
		}
		w.sum(id, storage.NoticeSum{Planned: 7, Sent: 1, Skipped: 6})
	})
}

// Of two officers who send at once under one number, one is told to look again.
func TestNoticeNumberIsTakenOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.crowd()
		id := w.post(storage.NoticeSending)
		err := w.tryWork("20160002", storage.NoticeWork{Plan: &storage.NoticePlan{Notice: storage.Notice{ID: id, State: storage.NoticeSending}}})
		w.conflict(err, "a number in use")
	})
}

func TestReach(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		people := w.crowd()
		if p := people["张三"]; p.Chat == nil || p.Chat.State != storage.ContactActive || p.Groups != nil {
			t.Errorf("张三 is reached by %+v", p)
		}
		if p := people["吴九"]; p.Chat != nil {
			t.Errorf("吴九 is reached by %+v", p.Chat)
		}
		group := w.says("group", "x").Contact
		bind := storage.ClassGroup{ContactID: group.ID, BranchID: people["张三"].BranchID, ByPersonID: 1}
		w.work("20160001", storage.NoticeWork{Bind: &bind})
		w.work("20160001", storage.NoticeWork{Bind: &bind}) // bound again
		if got := w.reach(storage.Audience{})["孙七"].Groups; len(got) != 1 || got[0].ContactID != group.ID {
			t.Errorf("the group of 孙七 is %+v", got)
		}
		if g, ok, err := w.GroupOf(ctx, group.ID); !ok || err != nil || g.BranchID != bind.BranchID {
			t.Errorf("the chat is the group of %+v, %v", g, err)
		}
		if id, err := w.SpeakerIn(ctx, account, login, "@20160001"); err != nil || id != people["张三"].PersonID {
			t.Errorf("the speaker is %d, %v", id, err)
		}
		w.work("20160001", storage.NoticeWork{Unbind: group.ID})
		if got := w.reach(storage.Audience{})["孙七"].Groups; got != nil {
			t.Errorf("after the unbinding the group of 孙七 is %+v", got)
		}
	})
}

func TestAudience(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		people := w.crowd()
		c := w.declare(w.member(people["张三"].PersonID)) // employed, in 四川
		w.commit(c)
		state := storage.TrackState{Track: c.Transfer.Track, State: c.Transfer.State}
		id := w.post(storage.NoticeSending)
		w.next(storage.OutSent)
		w.work("20160001", storage.NoticeWork{Answered: &storage.NoticeAnswer{PersonID: people["张三"].PersonID, NoticeIDs: []int64{id}}})
		place := map[string][]string{"employed": {"work_province", "employer_province"}}
		mechanics, maths := people["张三"].CollegeID, people["吴九"].BranchID
		for _, row := range []struct {
			name string
			a    storage.Audience
			want string
		}{
			{"everybody", storage.Audience{}, "周八 张三 李四 王五 赵六 孙七 吴九"},
			{"cohort", storage.Audience{Cohorts: []int{2019}}, "周八"},
			{"no declaration", storage.Audience{Cohorts: []int{2020}, Standing: storage.Standing{Undeclared: true}}, "李四 王五 赵六 孙七 吴九"},
			{"destination", storage.Audience{Standing: storage.Standing{Destinations: []string{"employed", "unsettled"}}}, "张三"},
			{"none or a destination", storage.Audience{Orgs: []int64{maths}, Standing: storage.Standing{Undeclared: true, Destinations: []string{"employed"}}}, "吴九"},
			{"state", storage.Audience{Standing: storage.Standing{States: []storage.TrackState{state}}}, "张三"},
			{"not this destination", storage.Audience{Orgs: []int64{mechanics}, NotStanding: storage.Standing{Destinations: []string{"employed"}}}, "周八 李四 王五 赵六 孙七"},
			{"neither this destination nor that state", storage.Audience{NotStanding: storage.Standing{Undeclared: true, States: []storage.TrackState{state}}}, ""},
			{"place", storage.Audience{Places: []string{"四川", "北京"}, PlaceOf: place}, "张三"},
			{"other place", storage.Audience{Places: []string{"北京"}, PlaceOf: place}, ""},
			{"not this place", storage.Audience{NotPlaces: []string{"北京"}, PlaceOf: place}, "周八 张三 李四 王五 赵六 孙七 吴九"},
			{"nor that one", storage.Audience{Cohorts: []int{2020}, NotPlaces: []string{"四川"}, PlaceOf: place}, "李四 王五 赵六 孙七 吴九"},
			{"branch", storage.Audience{Orgs: []int64{maths}}, "吴九"},
			{"not this college", storage.Audience{NotOrgs: []int64{mechanics}}, "吴九"},
			{"behind an indicator", storage.Audience{Behind: []storage.Indicator{{Of: []string{"employed"}, Done: []string{"received"}}}}, "张三"},
			{"counted by another route only", storage.Audience{Behind: []storage.Indicator{{Of: []string{"employed"}, Done: []string{state.State}, Via: []string{"employed/none"}}}}, "张三"},
			{"ahead of one", storage.Audience{Behind: []storage.Indicator{{Of: []string{"employed"}, Done: []string{state.State}, Via: []string{"employed/" + c.Declaration.Route}}}}, ""},
			{"officers", storage.Audience{Parties: []string{storage.OrgCollege}}, "赵老师"},
			{"officers of another college", storage.Audience{Parties: []string{storage.OrgCollege}, NotOrgs: []int64{mechanics}}, ""},
			{"silent", storage.Audience{Unanswered: id}, "周八 李四 王五 赵六 孙七 吴九"},
		} {
			t.Run(row.name, func(t *testing.T) {
				all, err := w.ReachOf(ctx, row.a)
				w.ok(err)
				got := ""
				for i, p := range all {
					if i > 0 {
						got += " "
					}
					got += p.Name
					if in, err := w.Meant(ctx, row.a, p.PersonID); !in || err != nil {
						t.Errorf("%s is meant: %v, %v", p.Name, in, err)
					}
				}
				if want := row.want; !sameNames(got, want) {
					t.Errorf("meant are %s, want %s", got, want)
				}
			})
		}
	})
}

// sameNames compares lists of names in any order: branches come in the order of their ids.
func sameNames(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// The first "too often" slows an account down for a day, a second one within it stops it until somebody resumes it; the
// committee is told each time.
func TestRefuseAccount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.roster(storage.Listed{No: "90009", Name: "何老师"})
		w.ok(w.ApplyRoster(ctx, w.season, storage.Roster{Committee: "校团委", RolesAdded: []storage.Seat{{No: "90009", Party: storage.OrgCommittee}}}))
		w.bound("90009")
		refuse := func() bool {
			t.Helper()
			stopped, err := w.RefuseAccount(ctx, account, w.clock.now().Add(time.Minute), func(stopped bool) string { return fmt.Sprint(stopped) })
			w.ok(err)
			return stopped
		}
		if refuse() {
			t.Error("stopped at the first refusal")
		}
		w.clock.set(w.clock.now().Add(25 * time.Hour))
		if refuse() {
			t.Error("stopped for a refusal of the day before")
		}
		w.clock.set(w.clock.now().Add(23 * time.Hour))
		if !refuse() {
			t.Error("not stopped at the second refusal within a day")
		}
		if n := w.count("outbox WHERE kind = 'alert'"); n != 3 {
			t.Errorf("the committee was told %d times", n)
		}
		a, err := w.AccountNamed(ctx, account)
		w.ok(err)
		if a.StoppedAt == nil || !a.Slowed(w.clock.now()) {
			t.Errorf("the account is %+v", a)
		}
		for _, want := range []bool{true, false} {
			if ok, err := w.ResumeAccount(ctx, account, storage.Audit{Action: "resume", Subject: "account/main"}); ok != want || err != nil {
				t.Errorf("resumed: %v, %v", ok, err)
			}
		}
		if a, err = w.AccountNamed(ctx, account); err != nil || a.StoppedAt != nil || !a.Slowed(w.clock.now()) || a.HeldUntil != nil || !a.Ready {
			t.Errorf("after it was resumed the account is %+v, %v", a, err)
		}
	})
}
