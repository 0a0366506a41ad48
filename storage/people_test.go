package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"xianjie/storage"
)

func TestRosterRoundTrip(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d, err := w.Directory(ctx)
		w.ok(err)
		want := storage.Listed{No: "20160001", Name: "张三", College: "机械学院", Branch: "机械1班", Cohort: 2020, Phone: "13900000000"}
		if len(d.People) != 4 || d.People[0] != want {
			t.Errorf("people: %+v", d.People)
		}
		if len(d.Seats) != 1 || d.Seats[0] != (storage.Seat{No: "90001", Party: storage.OrgCollege, College: "机械学院"}) {
			t.Errorf("seats: %+v", d.Seats)
		}
		// Empty fields leave what is stored alone; a new name, branch and college are taken; offices change hands.
		changed := storage.Listed{No: "20160001", Name: "张三丰", College: "土木学院", Branch: "土木1班", Cohort: 2020, Political: "共青团员"}
		w.ok(w.ApplyRoster(ctx, w.season, storage.Roster{
			Committee: "校团委", People: []storage.Listed{changed, {No: "90002", Name: "钱老师"}},
			RolesAdded: []storage.Seat{{No: "90002", Party: storage.OrgCommittee}, {No: "20160001", Party: storage.OrgBranch, College: "土木学院", Branch: "土木1班"}},
			RolesEnded: d.Seats,
			Audit:      storage.Audit{At: w.clock.now(), Action: "import", Subject: "roster"},
		}))
		p, err := w.PersonByNo(ctx, "20160001")
		w.ok(err)
		m := w.member(p.ID)
		if m.Person.Name != "张三丰" || m.Person.Phone != "13900000000" || m.Person.Political != "共青团员" || m.College.Name != "土木学院" || m.Transfer.Version != 2 {
			t.Errorf("changed: %+v", m)
		}
		if got := w.open(p.ID)["declare"]; got.OrgID != m.College.ID {
			t.Errorf("the duty stayed with the former college: %+v", got)
		}
		seats, err := w.Seats(ctx)
		w.ok(err)
		var held []string
		for _, s := range seats {
			held = append(held, s.Person.Name+s.Role.Party+s.Role.Org.Name)
		}
		slices.Sort(held)
		if got := strings.Join(held, " "); got != "张三丰branch土木1班 钱老师committee校团委" {
			t.Errorf("seats: %s", got)
		}
		if officers, err := w.Officers(ctx, storage.OrgCollege, 0); err != nil || len(officers) != 0 {
			t.Errorf("an office that ended: %+v, %v", officers, err)
		}
		if officers, err := w.Officers(ctx, storage.OrgBranch, m.Branch.ID); err != nil || len(officers) != 1 || officers[0].ID != p.ID {
			t.Errorf("officers: %+v, %v", officers, err)
		}
		if orgs, err := w.Orgs(ctx, storage.OrgCollege); err != nil || len(orgs) != 2 {
			t.Errorf("colleges: %+v, %v", orgs, err)
		}
		if one, err := w.Person(ctx, p.ID); err != nil || one.No != "20160001" {
			t.Errorf("person: %+v, %v", one, err)
		}
		if _, err := w.PersonByNo(ctx, "4711"); !storage.NotFound(err) {
			t.Errorf("nobody: %v", err)
		}
	})
}

func TestRosterIsAllOrNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		before := dump(t, w.sql())
		err := w.ApplyRoster(ctx, w.season, storage.Roster{
			Committee: "校团委", People: []storage.Listed{{No: "20160099", Name: "新人", College: "新学院", Branch: "新班", Cohort: 2020}},
			RolesAdded: []storage.Seat{{No: "nobody", Party: storage.OrgCollege, College: "新学院"}},
		})
		if err == nil || !strings.Contains(err.Error(), "nobody") || dump(t, w.sql()) != before {
			t.Errorf("half a roster is written, %v", err)
		}
	})
}

func TestEachMemberWalksEverybody(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var people []storage.Listed
		for i := range 1200 {
			people = append(people, storage.Listed{No: fmt.Sprint("2017", 1000+i), Name: "某某", College: "机械学院", Branch: "机械2班", Cohort: 2020, Left: i == 700})
		}
		w.roster(people...)
		var nos []string
		w.ok(w.EachMember(ctx, func(ms []storage.Member) error {
			for _, m := range ms {
				nos = append(nos, m.Person.No)
			}
			return nil
		}))
		if len(nos) != 1202 || !slices.IsSorted(nos) || slices.Contains(nos, "20171700") {
			t.Errorf("%d members", len(nos))
		}
		stop := errors.New("stop")
		if err := w.EachMember(ctx, func([]storage.Member) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("EachMember = %v", err)
		}
	})
}

// A season file that changed plans the reminders to come anew and leaves those given alone.
func TestReplanned(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		steps := w.mine(p.ID, "declare", "member")
		w.ok(w.CommitDigests(ctx, []storage.Digest{{Steps: []int64{steps[0].Step.ID}}}))
		w.clock.set(steps[1].Step.At.Add(-time.Hour))
		r, err := w.CommitMembers(ctx, []storage.MemberChange{w.member(p.ID).Replanned(w.season)})
		if err != nil || r != (storage.Reconciled{Moved: 1}) {
			t.Errorf("%+v, %v", r, err)
		}
		again := w.mine(p.ID, "declare", "member")
		if len(again) != len(steps)-1 {
			t.Fatalf("%d reminders to come", len(again))
		}
		for i, st := range again {
			if !st.Step.At.Equal(steps[i+1].Step.At) {
				t.Errorf("moved to %v", st.Step.At)
			}
		}
	})
}

func TestRecordNotNow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		_, err := w.member(p.ID).Record(w.season, "received", w.clock.now(), w.clock.now(), storage.DutyDone, storage.Said{})
		var not *storage.NotNow
		if !errors.As(err, &not) || not.Event != "received" || !strings.Contains(err.Error(), "undeclared") {
			t.Errorf("err = %v", err)
		}
		if _, _, err := w.member(p.ID).Declare(w.season, "employed", nil, storage.Said{}, w.clock.now()); err == nil {
			t.Error("declared without answers")
		}
	})
}

// What those who look on ask for.
func TestOverview(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.queue("20160001", storage.Out{Text: "一"}, storage.Out{Text: "二"}, storage.Out{Text: "三"})
		var ids []int64
		for range 2 {
			o := w.claim()
			ids = append(ids, o.ID)
			w.ok(w.FinishOut(ctx, o.ID, storage.OutSent, "m", ""))
		}
		if os, err := w.SentAfter(ctx, ids[0], 10); err != nil || len(os) != 1 || os[0].Text != "二" {
			t.Errorf("sent after: %+v, %v", os, err)
		}
		if os, err := w.LatestSent(ctx, 10); err != nil || len(os) != 2 || os[0].Text != "二" {
			t.Errorf("latest: %+v, %v", os, err)
		}
		if ds, err := w.OpenDuties(ctx, 2); err != nil || len(ds) != 2 {
			t.Errorf("open duties: %+v, %v", ds, err)
		}
		if as, err := w.AuditAfter(ctx, 0, []string{"import"}, 10); err != nil || len(as) != 1 {
			t.Errorf("audit: %+v, %v", as, err)
		}
		if state, err := w.MessageState(ctx, account, "none"); err != nil || state != "" {
			t.Errorf("a message that did not come: %q, %v", state, err)
		}
	})
}

// Who was struck off is nobody we know: in their chat, in a group, and in every office a roster forgot to end. Who comes
// back is known again.
func TestStruckOffIsNobody(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("90001")
		known := func() (person *storage.Person, roles, speaker int) {
			t.Helper()
			m := w.says("90001", fmt.Sprint("message ", w.msg))
			w.reply(m)
			rs, err := w.RolesOf(ctx, []int64{p.ID})
			w.ok(err)
			id, err := w.SpeakerIn(ctx, account, login, "@90001")
			w.ok(err)
			return m.Person, len(m.Roles) + len(rs[p.ID]), int(id)
		}
		if person, roles, speaker := known(); person == nil || roles != 2 || speaker != int(p.ID) {
			t.Errorf("on the roster: %+v, %d roles, %d speaks", person, roles, speaker)
		}
		w.roster(storage.Listed{No: "90001", Name: "赵老师", Left: true})
		if person, roles, speaker := known(); person != nil || roles != 0 || speaker != 0 {
			t.Errorf("struck off: %+v, %d roles, %d speaks", person, roles, speaker)
		}
		w.roster(storage.Listed{No: "90001", Name: "赵老师"})
		if person, roles, speaker := known(); person == nil || roles != 2 || speaker != int(p.ID) {
			t.Errorf("back: %+v, %d roles, %d speaks", person, roles, speaker)
		}
	})
}
