package handlers

import (
	"slices"
	"strings"
	"testing"
	"time"

	"xianjie/season"
	"xianjie/seasons"
	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// newSchoolIn is the same university in another season: everybody graduates in its year.
func newSchoolIn(tb testing.TB, name string) *school {
	tb.Helper()
	sn, err := seasons.Load(name)
	if err != nil {
		tb.Fatal(err)
	}
	w := &school{tb: tb, season: sn, chats: map[string]storage.Contact{}}
	w.clock.set(sn.Morning(sn.Opens))
	o := storagetest.SQLite(tb)
	o.Now = w.clock.now
	w.Store = storagetest.Open(tb, o)
	r := enrolment()
	for i := range r.People {
		if r.People[i].Cohort != 0 {
			r.People[i].Cohort = sn.Cohort
		}
	}
	w.ok(w.ApplyRoster(ctx, sn, r))
	w.newLogin()
	w.desk = w.newDesk()
	return w
}

func (w *school) on(day season.Date) { w.clock.set(w.season.Morning(day).Add(time.Hour)) }

// answer is the text of the last reply to a chat.
func answer(out []sent, to string) string {
	for _, s := range slices.Backward(out) {
		if s.to == to && s.kind == storage.OutReply {
			return s.text
		}
	}
	return ""
}

func (w *school) expect(name, text, want string) {
	w.tb.Helper()
	if got := answer(w.says(name, text), name); !strings.Contains(got, want) {
		w.tb.Fatalf("after %q: no %q in %q", text, want, got)
	}
}

// A route the season forbids is refused with its reason, the answer that led there is asked again, and nothing else is
// lost.
func TestARefusedRouteIsExplained(t *testing.T) {
	w := newSchoolIn(t, "jsnu-2021")
	w.bind("张三", "20160001")
	w.expect("张三", "升学", "打算转到哪里")
	w.expect("张三", "2", "不能转回家里")
	w.expect("张三", "录取学校", "录取你的是哪里")
	w.expect("张三", "本校", "报到")
	w.expect("张三", "跳过", "请核对")
	w.expect("张三", "确认", "登记好了")
	if got := w.member("20160001").Declaration.Route; got != "here" {
		t.Errorf("route %s", got)
	}
}

// What the season lets happen only from a day on cannot be recorded before it.
func TestAnEventBeforeItsDayIsNotRecorded(t *testing.T) {
	w := newSchoolIn(t, "jsnu-2021")
	w.bind("张三", "20160001")
	w.bind("郑", "900002")
	d, _ := w.season.Destination("retained")
	w.says("张三", d.Name)
	for range 6 { // whatever this season asks about it
		w.says("张三", "1")
	}
	w.says("张三", "确认")
	before := w.member("20160001").Transfer
	if before.Destination != "retained" {
		t.Fatalf("declared %q", before.Destination)
	}
	from := w.season.Dates["mark_from"].Date
	w.on(from.AddDays(-1))
	w.expect("郑", "已标记 张三", from.Chinese()+"起才能记")
	if got := w.member("20160001").Transfer.State; got != before.State {
		t.Errorf("it is %s already", got)
	}
	w.on(from)
	w.expect("郑", "已标记 张三", "已记")
	if got := w.member("20160001").Transfer.State; got == before.State {
		t.Error("it was not recorded on its day")
	}
}

// Dues and cards stand beside the transfer: recorded before a destination is known, kept through changes of mind.
func TestPreparationOutlastsChangesOfMind(t *testing.T) {
	w := newSchoolIn(t, "beijing-2022")
	w.bind("张三", "20160001")
	w.bind("孙悦", "20160005")
	dues := func() bool {
		duties, err := w.OpenDutiesOf(ctx, []int64{w.member("20160001").Person.ID})
		w.ok(err)
		return slices.ContainsFunc(duties, func(d storage.Duty) bool { return d.Rule == "dues" })
	}
	if !dues() {
		t.Fatal("dues are not a duty at the beginning")
	}
	w.expect("孙悦", "团费已交 张三", "已记")
	if dues() {
		t.Error("paid dues are still a duty")
	}
	for _, destination := range []string{"就业或自主创业", "延迟毕业"} {
		w.says("张三", destination)
		for range 8 { // answers of some kind to whatever is asked
			m := w.member("20160001")
			if d, ok := w.season.Destination(m.Transfer.Destination); ok && d.Name == destination {
				break
			}
			for _, text := range []string{"1", "某某有限公司", "成都", "跳过", "确认"} {
				w.says("张三", text)
			}
		}
		if d, ok := w.season.Destination(w.member("20160001").Transfer.Destination); !ok || d.Name != destination {
			t.Fatalf("not declared as %s", destination)
		}
		if dues() {
			t.Errorf("%s made the paid dues a duty again", destination)
		}
	}
}
