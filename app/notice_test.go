package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"xianjie/app"
	"xianjie/roster"
	"xianjie/storage"
	"xianjie/wechatsim"
)

const (
	crowdBranches = 100
	crowdEach     = 30
	crowdGrouped  = 90   // branches with a class group
	crowdFriends  = 5000 // contacts of the account; those beyond the members are nobody's
	crowdTwins    = 30   // members whose nickname a stranger carries too
)

// TestNotice sends a notice to 3,000 people from an account with 5,000 contacts that WeChat slows down, through 90 class
// groups and to 300 people alone, and logs in anew in the middle. What came of it is read from the ledger and the phones.
func TestNotice(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, folder, time.Date(2020, 6, 3, 7, 0, 0, 0, zone))
		w.enrolCrowd()
		w.start()
		w.until(time.Date(2020, 6, 3, 8, 0, 0, 0, zone))
		w.bindCrowd()
		w.bindGroups()

		// A web session is allowed 160 messages an hour: less than what the settings let notices use.
		w.sim.Behave(func(b *wechatsim.Behaviour) {
			b.Rate = wechatsim.Rate{Sends: 160, Window: time.Hour, Recovery: 10 * time.Minute}
		})
		before := len(w.sim.Ledger())
		w.say("800001", "通知", "{姓名}：请在6月15日前登记毕业去向。", "全部", "发送")
		w.say("800002", "放行 1")
		w.until(time.Date(2020, 6, 3, 11, 0, 0, 0, zone))
		w.bot.Relogin()
		// Some answer while it goes on; an answer to somebody who asks does not wait for the notice.
		w.until(time.Date(2020, 6, 3, 12, 0, 0, 0, zone))
		for i := range 40 {
			w.sim.Person(crowdNo(97, i%crowdEach)).Say(w.bot, "状态")
			w.sleep(20 * time.Second)
		}
		w.until(time.Date(2020, 6, 4, 21, 0, 0, 0, zone))
		for b := range crowdBranches {
			w.sim.Person(crowdNo(b, 1)).Say(w.bot, "收到")
			w.sleep(time.Second)
		}
		w.say("800001", "进展 1")
		w.checkNotice(before)
		w.stop()
	})
}

func crowdNo(branch, i int) string { return fmt.Sprintf("2016%02d%02d", branch, i) }

func (w *world) enrolCrowd() {
	w.t.Helper()
	var members []player
	officers := []roster.Officer{
		{No: "800001", Name: "何晴", Role: roster.RoleCommittee}, {No: "800002", Name: "陈静", Role: roster.RoleCommittee},
	}
	friend := func(no, nick string) {
		w.bot.AddFriend(w.sim.AddPerson(no, wechatsim.Profile{Nick: nick}))
	}
	for b := range crowdBranches {
		college, branch := fmt.Sprintf("第%d学院", b/10+1), fmt.Sprintf("%d班", b+1)
		for i := range crowdEach {
			no := crowdNo(b, i)
			members = append(members, player{Member: roster.Member{
				No: no, Name: "同学" + string(rune('一'+b)) + string(rune('一'+i)), College: college, Branch: branch, Cohort: 2020,
			}})
			friend(no, "微信"+no)
		}
		officers = append(officers, roster.Officer{No: crowdNo(b, 0), Name: members[b*crowdEach].Name, Role: roster.RoleBranch, College: college, Branch: branch})
	}
	friend("800001", "何")
	friend("800002", "陈")
	for i := range crowdFriends - len(members) - 2 {
		nick := fmt.Sprint("路人", i)
		if i < crowdTwins {
			nick = "微信" + crowdNo(95, i)
		}
		friend(fmt.Sprint("p", i), nick)
	}
	w.importRoster(members, officers)
}

// bindCrowd has everybody known in their chat, as if each had said number and name.
func (w *world) bindCrowd() {
	w.t.Helper()
	st := w.app.Store
	a, err := st.AccountNamed(w.ctx, "main")
	if err != nil || !a.Ready {
		w.t.Fatalf("the account is not ready: %+v, %v", a, err)
	}
	nos := []string{"800001", "800002"}
	for b := range crowdBranches {
		for i := range crowdEach {
			nos = append(nos, crowdNo(b, i))
		}
	}
	for len(nos) > 0 {
		n := min(250, len(nos))
		batch := make([]storage.Received, n)
		for i, no := range nos[:n] {
			batch[i] = storage.Received{MsgID: "bind" + no, User: w.bot.UserNameOf(w.sim.Person(no)), ChatKind: "friend", Kind: "text", Text: no, At: time.Now()}
		}
		if err := st.Receive(w.ctx, "main", a.Login, batch); err != nil {
			w.t.Fatal(err)
		}
		ps, err := st.Pendings(w.ctx, n)
		if err != nil || len(ps) != n {
			w.t.Fatalf("%d of %d are pending, %v", len(ps), n, err)
		}
		turns := make([]storage.Turn, n)
		for i, p := range ps {
			person, err := st.PersonByNo(w.ctx, p.Inbox.Text)
			if err != nil {
				w.t.Fatal(err)
			}
			turns[i] = storage.Turn{InboxID: p.Inbox.ID, ContactID: p.Contact.ID, Bind: &storage.Bind{ContactID: p.Contact.ID, PersonID: person.ID}}
		}
		if err := st.CommitTurns(w.ctx, turns); err != nil {
			w.t.Fatal(err)
		}
		nos = nos[n:]
	}
}

// bindGroups has the secretaries of most branches bind their class group.
func (w *world) bindGroups() {
	for b := range crowdGrouped {
		secretary := w.sim.Person(crowdNo(b, 0))
		g := w.sim.AddGroup(fmt.Sprint("g", b), fmt.Sprintf("%d班大家庭", b+1), secretary, w.bot)
		g.SetSaved(true)
		w.sleep(time.Second)
		g.Say(secretary, "@助手\u2005绑定班级群")
		w.sleep(20 * time.Second)
	}
}

func (w *world) checkNotice(before int) {
	w.t.Helper()
	t := w.t
	groups, alone := map[string]int{}, map[string]int{}
	for _, s := range w.sim.LedgerSince(before) {
		switch {
		case !strings.Contains(s.Content, "：请在6月15日前") || strings.HasPrefix(s.To, "8000"):
		case strings.HasPrefix(s.To, "g"):
			groups[s.To]++
			if !strings.HasPrefix(s.Content, "各位同学：") {
				t.Errorf("group %s reads %q", s.To, s.Content)
			}
		default:
			alone[s.To]++
			p, err := w.app.Store.PersonByNo(w.ctx, s.To)
			if err != nil || !strings.HasPrefix(s.Content, p.Name+"：") {
				t.Errorf("%s reads %q, %v", s.To, s.Content, err)
			}
		}
	}
	if len(groups) != crowdGrouped || len(alone) != (crowdBranches-crowdGrouped)*crowdEach {
		t.Errorf("%d groups and %d people were told", len(groups), len(alone))
	}
	for to, n := range groups {
		if n != 1 {
			t.Errorf("group %s was told %d times", to, n)
		}
	}
	for to, n := range alone {
		if n != 1 {
			t.Errorf("%s was told %d times", to, n)
		}
	}
	sum, err := w.app.Store.NoticeSum(w.ctx, 1)
	if want := (storage.NoticeSum{Planned: crowdBranches * crowdEach, Sent: crowdBranches * (crowdEach - 1), Answered: crowdBranches}); err != nil || sum != want {
		t.Errorf("the sum is %+v, %v; want %+v", sum, err, want)
	}
	if a, err := w.app.Store.AccountNamed(w.ctx, "main"); err != nil || a.StoppedAt != nil || a.RefusedAt == nil {
		t.Errorf("WeChat refused once and no more: %+v, %v", a, err)
	}
	var out bytes.Buffer
	var rows []struct{ Result string }
	if err := app.Export(w.ctx, w.app.Data, &out, roster.JSON, "notices"); err != nil {
		t.Error(err)
	}
	if err := json.Unmarshal(out.Bytes(), &rows); err != nil || len(rows) != sum.Planned {
		t.Errorf("%d people are exported, %v", len(rows), err)
	}
	answered := 0
	for _, r := range rows {
		if r.Result == "answered" {
			answered++
		}
	}
	if answered != crowdBranches {
		t.Errorf("%d are exported as answered", answered)
	}
	said := w.sim.Person("800001").Received(w.bot)
	for _, want := range []string{"通知1发完了：共3000人，已送达3000人", "共3000人＝已回复100＋已送达未回复2900"} {
		found := false
		for _, m := range said {
			found = found || strings.Contains(m.Text, want)
		}
		if !found {
			t.Errorf("the writer was not told %q", want)
		}
	}
	// Nobody who asked while the notice was on its way waited longer than the pace and the pause of the refusal.
	for i := range crowdEach {
		p := w.sim.Person(crowdNo(97, i))
		var asked time.Time
		for _, m := range p.Chat(w.bot) {
			switch {
			case m.From == p.ID() && m.Text == "状态":
				asked = m.At
			case m.From != p.ID() && !asked.IsZero() && strings.Contains(m.Text, "还没有登记"):
				if wait := m.At.Sub(asked); wait > 15*time.Minute {
					t.Errorf("%s waited %v", p.ID(), wait)
				}
				asked = time.Time{}
			}
		}
		if !asked.IsZero() {
			t.Errorf("%s was not answered", p.ID())
		}
	}
}
