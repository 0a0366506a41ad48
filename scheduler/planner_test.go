package scheduler_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"xianjie/storage"
)

// rules of the log, as rule/step, sorted.
func given(m message) []string {
	var list []string
	for _, l := range m.log {
		list = append(list, l.Duty.Rule+"/"+l.Reminder.Step)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func equal(t testing.TB, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// matters is how many duties a message is about.
func matters(m message) int {
	duties := map[int64]bool{}
	for _, l := range m.log {
		duties[l.Duty.ID] = true
	}
	return len(duties)
}

// when lists the moments at which messages came.
func when(list []message) []string {
	var at []string
	for _, m := range list {
		at = append(at, m.at)
	}
	return at
}

// office is a school with a secretary who can be reached and members who have declared a job.
func (w *school) office(n int) []string {
	w.t.Helper()
	var lines, nos []string
	for i := range n {
		no := fmt.Sprintf("2016%04d", i+1)
		nos = append(nos, no)
		lines = append(lines, fmt.Sprintf("%s 学生%d 机械学院 机械%d班", no, i+1, i/30+1))
	}
	w.members(lines...)
	w.officer("90001 赵敏 college 机械学院")
	w.befriend("90001")
	for _, no := range nos {
		w.declare(no, "employed", "")
	}
	return nos
}

func TestOneDigestPerMorning(t *testing.T) {
	on(t, both, "2020-06-02 10:00", func(t *testing.T, w *school) {
		nos := w.office(3)
		w.wait("2020-07-10 10:00")
		w.tick()
		w.drain()
		w.record(nos[0], "applied") // reviewed by 25 July: due before anything is to be initiated
		w.wait("2020-07-24 08:59")
		w.tick()
		w.drain() // what came before is not looked at here
		w.wait("2020-07-24 09:00")
		w.tick()
		list := w.drain()
		if len(list) != 1 || list[0].no != "90001" {
			t.Fatalf("the morning brings %+v", list)
		}
		equal(t, "the digest is about", given(list[0]), []string{"initiate/before-7", "review/before-1"})
		has(t, list[0].text, "赵敏老师", "1. 1份转出申请待审核，明天就会默认通过：学生1", "2. 2人的转接还没发起（还有7天截止）：学生2、学生3")
		if r := w.tick(); r.Digests+r.Reminders != 0 {
			t.Errorf("a second tick did %+v", r)
		}
	})
}

func TestManyOfficesOneDigest(t *testing.T) {
	on(t, sqlite, "2020-06-02 10:00", func(t *testing.T, w *school) {
		w.members("20160001 张三 机械学院 机械1班", "20160002 李四 机械学院 机械1班")
		for _, office := range []string{"branch 机械学院 机械1班", "college 机械学院", "committee", "committee"} {
			w.officer("20160001 张三 " + office)
		}
		w.befriend("20160001")
		w.wait("2020-06-27 00:00")
		w.drain()
		list := to(w.play("2020-06-30 10:00"), "20160001")
		for i, m := range list {
			if i > 0 && list[i-1].at == m.at {
				t.Errorf("two messages at %s", m.at)
			}
		}
		m := list[len(list)-1]
		has(t, m.text, "张三，你好！", "你还没登记毕业去向")
	})
}

// TestPlanningWhilePeopleAct records for half of the members while the planner works.
// TestPlannerDies ends a planner after one of three digests that share a reminder was committed.
// TestDowntime plans nothing for a while and then sees what is still said, and when.
func TestDowntime(t *testing.T) {
	for _, row := range []struct {
		name     string
		from, to string // nothing runs in between
		comes    string // when the digest comes
		about    []string
		says     []string
	}{
		{
			"an hour", "2020-07-24 08:30", "2020-07-24 09:30", "2020-07-24 09:30",
			[]string{"initiate/before-7"},
			[]string{"30人的转接还没发起（还有7天截止）"},
		},
		{
			"two days", "2020-07-24 08:30", "2020-07-26 08:30", "2020-07-26 08:30",
			[]string{"initiate/before-7"},
			[]string{"30人的转接还没发起（还有5天截止）"},
		},
		{
			"two days that end at night", "2020-07-24 08:30", "2020-07-26 23:30", "2020-07-27 08:00",
			[]string{"initiate/before-7"},
			[]string{"还有4天截止"},
		},
		{
			"three weeks, over two reminders", "2020-06-30 08:30", "2020-07-21 10:00", "2020-07-21 10:00",
			[]string{"initiate/before-15", "initiate/before-30"},
			[]string{"30人的转接还没发起（还有10天截止）"},
		},
		{
			"three weeks, over the date", "2020-07-20 08:30", "2020-08-10 10:00", "2020-08-10 10:00",
			[]string{"initiate/lapsed"},
			[]string{"30人的转接过了7月31日仍没发起"},
		},
		{
			"until the last evening", "2020-07-30 08:30", "2020-07-31 22:30", "2020-07-31 22:30",
			[]string{"initiate/before-0", "initiate/before-1"},
			[]string{"30人的转接还没发起（今天截止）"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			on(t, sqlite, "2020-06-02 10:00", func(t *testing.T, w *school) {
				w.office(30)
				w.play(row.from)
				w.wait(row.to)
				list := w.play(shift(w, row.to, 10*time.Hour))
				list = slices.DeleteFunc(list, func(m message) bool { return m.at > row.comes })
				if len(list) != 1 {
					t.Fatalf("after %s: %d messages %v", row.name, len(list), when(list))
				}
				equal(t, "it comes", when(list), []string{row.comes})
				equal(t, "it is about", given(list[0]), row.about)
				has(t, list[0].text, row.says...)
			})
		})
	}
}

func shift(w *school, at string, d time.Duration) string {
	return local(w.t, w.season, at).Add(d).In(w.season.Zone).Format("2006-01-02 15:04")
}

func TestHolidays(t *testing.T) {
	on(t, sqlite, "2020-06-02 10:00", func(t *testing.T, w *school) {
		w.members("20160001 张三 机械学院 机械1班")
		w.befriend("20160001")
		got := when(w.play("2020-07-01 10:00"))
		// three days before the 30th is a holiday, and so are the two days before that
		equal(t, "reminders", got, []string{"2020-06-09 09:00", "2020-06-16 09:00", "2020-06-23 09:00", "2020-06-24 09:00", "2020-06-29 09:00"})
	})
	on(t, sqlite, "2020-09-20 10:00", func(t *testing.T, w *school) {
		nos := w.office(1)
		w.record(nos[0], "initiated")
		got := when(w.play("2020-10-10 10:00"))
		// the lapse of 30 September is reported on the first working day
		equal(t, "reminders and report", got, []string{"2020-09-23 09:00", "2020-09-27 09:00", "2020-09-30 09:00", "2020-10-09 09:00"})
	})
}

// TestUnreachable follows a reminder to the member up to whoever can be reached.
func TestUnreachable(t *testing.T) {
	for _, row := range []struct {
		name      string
		reachable []string
		told      string // "" : nobody
		says      []string
	}{
		{"the member", []string{"20160001", "20160002", "90001", "95001"}, "20160001", []string{"张三，你好！", "你还没登记"}},
		{"the branch instead", []string{"20160002", "90001", "95001"}, "20160002", []string{"李四，你好！", "1人还没登记", "：张三（微信联系不上本人，请你转告）"}},
		{"the college instead", []string{"90001", "95001"}, "90001", []string{"赵敏老师，您好！", "：张三（微信联系不上本人，请您转告）"}},
		{"the committee instead", []string{"95001"}, "95001", []string{"孙毅老师，您好！", "张三"}},
		{"nobody", nil, "", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			on(t, sqlite, "2020-06-02 10:00", func(t *testing.T, w *school) {
				w.members("20160001 张三 机械学院 机械1班", "20160002 李四 机械学院 机械1班")
				w.officer("20160002 李四 branch 机械学院 机械1班")
				w.officer("90001 赵敏 college 机械学院")
				w.officer("95001 孙毅 committee")
				w.declare("20160002", "employed", "")
				if len(row.reachable) > 0 {
					w.befriend(row.reachable...)
				}
				list := w.play("2020-06-09 10:00")
				if row.told != "20160001" && row.told != "95001" && row.told != "" {
					report := to(list, "95001")
					if len(report) != 1 {
						t.Fatalf("the committee was told: %+v", report)
					}
					has(t, report[0].text, "孙毅老师，您好！向您报告：\n微信联系不上、已请别人转告的：“登记毕业去向”1人（机械学院1人）。")
					list = to(list, row.told)
				}
				records, err := w.Unaddressed(w.ctx, time.Time{}.AddDate(1999, 0, 0))
				w.ok(err)
				if row.told == "" {
					if len(list) != 0 || len(records) != 1 || records[0].Reason != "nobody of member can be reached" {
						t.Fatalf("%d messages, records %+v", len(list), records)
					}
					if r := w.tick(); r.Unaddressed != 0 {
						t.Errorf("recorded again: %+v", r)
					}
					return
				}
				if len(list) != 1 || list[0].no != row.told || len(records) != 0 {
					t.Fatalf("told: %+v, not told: %+v", list, records)
				}
				has(t, list[0].text, row.says...)
				reason := list[0].log[0].Reminder.Reason
				if (row.told == "20160001") != (reason == "") {
					t.Errorf("the log says %q", reason)
				}
			})
		})
	}
}

func TestEscalation(t *testing.T) {
	on(t, sqlite, "2020-06-02 10:00", func(t *testing.T, w *school) {
		nos := w.office(2)
		w.officer("95001 孙毅 committee")
		w.befriend("95001")
		w.wait("2020-06-20 10:00")
		w.record(nos[0], "applied") // reviewed by 5 July
		list := w.play("2020-07-06 10:00")
		var steps []string
		for _, m := range to(list, "95001") {
			steps = append(steps, m.at+" "+strings.Join(given(m), " "))
		}
		equal(t, "the committee hears", steps, []string{
			"2020-07-02 09:00 review/unanswered:college>committee", // reminded on 24 June, and three days are holidays
			"2020-07-04 09:00 review/before-1", "2020-07-05 09:00 review/before-0",
			"2020-07-06 09:00 initiate/unanswered:college>committee review/lapsed",
		})
	})
}

// TestApprovedByDefault lets a review lapse: nobody approved, nothing late is asked for, and the transfer moves on.
func TestApprovedByDefault(t *testing.T) {
	on(t, both, "2020-06-02 10:00", func(t *testing.T, w *school) {
		no := w.office(1)[0]
		w.wait("2020-06-10 10:00")
		w.record(no, "applied")
		duty := w.openDuty(no, "review")
		w.wait("2020-06-25 23:59")
		w.tick()
		w.drain()
		if m := w.member(no); m.Transfer.State != "out_review" {
			t.Fatalf("a minute early the state is %s", m.Transfer.State)
		}
		w.wait("2020-06-26 00:00")
		if r := w.tick(); r.Lapsed != 1 || r.Digests != 0 {
			t.Fatalf("at midnight: %+v", r)
		}
		m := w.member(no)
		last := m.Events[len(m.Events)-1]
		if m.Transfer.State != "to_receive" || last.Event != "defaulted" || last.ByPersonID != nil || last.InboxID != nil {
			t.Errorf("state %s after %+v", m.Transfer.State, last)
		}
		if !last.At.Equal(duty.LapsesAt) {
			t.Errorf("approved at %v, lapsed at %v", last.At, duty.LapsesAt)
		}
		all, err := w.Duties(w.ctx, []int64{duty.ID})
		w.ok(err)
		if d := all[duty.ID]; d.Outcome != storage.DutyDefaulted || d.LapsedAt == nil || d.ClosedAt == nil {
			t.Errorf("the duty: %+v", d)
		}
		list := w.play("2020-07-10 10:00")
		for _, m := range list {
			for _, l := range m.log {
				if l.Duty.Rule == "review" && l.Reminder.Step != storage.StepLapsed || l.Duty.Rule == "initiate" {
					t.Errorf("%s reminds of %s/%s", m.at, l.Duty.Rule, l.Reminder.Step)
				}
			}
		}
		// 26 and 27 June are holidays
		if len(list) != 1 || list[0].at != "2020-06-28 09:00" {
			t.Fatalf("reports: %v", when(list))
		}
		has(t, list[0].text, "向您报告", "1份转出申请超过15天没有审核，6月25日已由系统默认通过（提醒过4次，没有人回应）：学生1")
		lacks(t, list[0].text, "已审", "待审核")
		if r := w.tick(); r.Lapsed != 0 {
			t.Errorf("lapsed again: %+v", r)
		}
	})
}

// TestLapseReportIsTakenBack records what was overdue before the report of it leaves.
func TestLapseReportIsTakenBack(t *testing.T) {
	on(t, sqlite, "2020-07-30 10:00", func(t *testing.T, w *school) {
		nos := w.office(2)
		w.play("2020-08-01 08:00")
		w.record(nos[0], "initiated")
		list := w.play("2020-08-01 10:00")
		if len(list) != 1 {
			t.Fatalf("reports: %v", when(list))
		}
		has(t, list[0].text, "1人的转接过了7月31日仍没发起（提醒过1次，没有人回应）：学生2")
		lacks(t, list[0].text, "学生1")
	})
}

// TestSlots gives a reader one message in the morning and at most one an hour for what cannot wait.
func TestSlots(t *testing.T) {
	on(t, sqlite, "2020-06-02 10:00", func(t *testing.T, w *school) {
		nos := w.office(4)
		w.wait("2020-07-24 09:00")
		w.tick()
		if list := w.drain(); len(list) != 1 {
			t.Fatalf("the morning brings %d messages", len(list))
		}
		var got []string
		for i, at := range []string{"2020-07-24 10:10", "2020-07-24 10:20", "2020-07-24 10:40", "2020-07-24 11:00"} {
			w.wait(at)
			if i < 3 { // leaves the country tomorrow: to be initiated today
				w.declare(nos[i], "abroad_private", "2020-07-25")
			}
			w.tick()
			for _, m := range w.drain() {
				got = append(got, fmt.Sprint(m.at, " ", matters(m)))
			}
		}
		equal(t, "messages and how many each is about", got, []string{"2020-07-24 10:10 1", "2020-07-24 11:00 2"})
	})
}

// TestAccountAway keeps what is due to readers of an account that cannot send, until it can.
func TestAccountAway(t *testing.T) {
	on(t, sqlite, "2020-06-02 10:00", func(t *testing.T, w *school) {
		w.office(2)
		w.officer("90002 钱进 college 机械学院")
		w.logins["second"] = "login-x"
		w.ok(w.BeginLogin(w.ctx, "second", "login-x"))
		w.ok(w.SaveSnapshot(w.ctx, "second", "login-x", storage.Snapshot{}))
		w.befriendOn("second", "90002")
		w.wait("2020-07-20 10:00")
		w.tick()
		w.drain()
		away := "second"
		w.planner.Online = func(account string) bool { return account != away }
		list := w.play("2020-07-29 08:00")
		if len(to(list, "90002")) != 0 || len(to(list, "90001")) != 2 {
			t.Fatalf("while one account is away: %+v", list)
		}
		away = ""
		list = w.play("2020-07-29 08:30")
		if len(list) != 1 || list[0].no != "90002" {
			t.Fatalf("when it is back: %+v", list)
		}
		equal(t, "one digest about", given(list[0]), []string{"initiate/before-3", "initiate/before-7"})
		has(t, list[0].text, "2人的转接还没发起（还有2天截止）")
		if r := w.tick(); r.Reminders != 0 {
			t.Errorf("then %+v", r)
		}
	})
}

func TestStruckOffTheRoster(t *testing.T) {
	on(t, sqlite, "2020-06-02 10:00", func(t *testing.T, w *school) {
		w.office(1)
		w.members("20169999 张三 机械学院 机械1班")
		w.befriend("20169999")
		w.strike("20169999 张三 机械学院")
		for _, m := range w.play("2020-07-02 10:00") {
			if m.no == "20169999" || strings.Contains(m.text, "张三") {
				t.Errorf("%s to %s: %s", m.at, m.no, m.text)
			}
		}
	})
}

func TestNextWake(t *testing.T) {
	on(t, both, "2020-06-02 10:00", func(t *testing.T, w *school) {
		next := func() string {
			at, ok, err := w.planner.NextWake(w.ctx)
			w.ok(err)
			if !ok {
				return "never"
			}
			return at.In(w.season.Zone).Format("2006-01-02 15:04")
		}
		equal(t, "in an empty school", []string{next()}, []string{"never"})
		no := w.office(1)[0]
		equal(t, "the first reminder", []string{next()}, []string{"2020-07-01 09:00"})
		w.declare(no, "delayed", "")
		equal(t, "another destination", []string{next()}, []string{"2020-07-16 09:00"})
		w.record(no, "marked")
		equal(t, "when all is done", []string{next()}, []string{"never"})
	})
}
