package app_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"xianjie/roster"
	"xianjie/wechatsim"
)

// A week of a college with 200 members, through the real client: they declare, two secretaries record the same people at
// the same moment, by words and by workbook, take back, nudge, while WeChat slows the account down and logs it in anew in a
// contact list of 5,000 in which 30 names occur twice. What it all comes to is held against a model that knows nothing of
// the product (weekModel), read from the database by plain SQL, and against WeChat's ledger.

const (
	weekBranches  = 5
	weekEach      = 40
	weekDeclaring = 30 // of each branch
	weekKnown     = 36 // of each branch have introduced themselves; the others are no contacts at all
	weekContacts  = 5000
	weekTwins     = 30 // members of the first branch whose nickname a stranger carries too

	zheng, feng, he = "80000001", "80000002", "80009999"
)

func weekNo(branch, i int) string { return fmt.Sprintf("2016%02d%02d", branch, i) }

func weekName(no string) string {
	return string([]rune("赵钱孙李周")[no[5]-'0']) + string([]rune("安然乐和")[no[6]-'0']) + string([]rune("宁远清明朗逸辰星云海")[no[7]-'0'])
}

// weekModel is how every member stands, by what was said to be done in the order in which it was.
type weekModel struct {
	t     *testing.T
	state map[string]string
}

var weekMoves = map[[2]string]string{
	{"undeclared", "declares"}: "pending", {"pending", "initiated"}: "to_receive",
	{"to_receive", "received"}: "received", {"to_receive", "uninitiated"}: "pending",
}

func (m *weekModel) does(what string, nos ...string) {
	m.t.Helper()
	for _, no := range nos {
		to, ok := weekMoves[[2]string{m.state[no], what}]
		if !ok {
			m.t.Errorf("the script has %s do %s in state %s", no, what, m.state[no])
		}
		m.state[no] = to
	}
}

func TestWeek(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, folder, june(8, 7, 0))
		m := &weekModel{t: t, state: map[string]string{}}
		w.enrolWeek(m)
		w.start()
		defer w.stop()
		w.until(june(8, 8, 0))
		w.say(zheng, zheng+" 郑明")
		w.say(feng, feng+" 冯丽")
		w.say(he, he+" 何晴")

		w.mondayTuesday(m)
		nos := w.wednesday(m)
		w.thursday(m, nos)
		w.until(june(12, 3, 0))
		w.bot.Relogin()
		w.friday(m, nos)
		w.sunday()

		w.checkWeek(m)
	})
}

func june(day, hour, minute int) time.Time {
	return time.Date(2020, 6, day, hour, minute, 0, 0, zone)
}

func (w *world) enrolWeek(m *weekModel) {
	w.t.Helper()
	contacts := 0
	friend := func(no, nick string) {
		contacts++
		w.bot.AddFriend(w.sim.AddPerson(no, wechatsim.Profile{Nick: nick}))
	}
	var members []player
	for b := range weekBranches {
		for i := range weekEach {
			no := weekNo(b, i)
			m.state[no] = "undeclared"
			members = append(members, player{Member: roster.Member{
				No: no, Name: weekName(no), College: "机械学院", Branch: fmt.Sprintf("机械%d班", b+1), Cohort: 2020,
			}})
			if i < weekKnown {
				friend(no, "微信"+no)
			}
		}
	}
	for no, nick := range map[string]string{zheng: "郑", feng: "冯", he: "何"} {
		friend(no, nick)
	}
	for i := range weekContacts - contacts {
		nick := fmt.Sprint("路人", i)
		if i < weekTwins {
			nick = "微信" + weekNo(0, i)
		}
		friend(fmt.Sprint("p", i), nick)
	}
	w.importRoster(members, []roster.Officer{
		{No: zheng, Name: "郑明", Role: roster.RoleCollege, College: "机械学院"},
		{No: feng, Name: "冯丽", Role: roster.RoleCollege, College: "机械学院"},
		{No: he, Name: "何晴", Role: roster.RoleCommittee},
	})
}

// mondayTuesday: everybody who adds the bot says who they are; most declare, by two ways.
func (w *world) mondayTuesday(m *weekModel) {
	var people syncGroup
	n := 0
	for i := range weekKnown {
		for b := range weekBranches {
			no, at := weekNo(b, i), june(8+n%2, 9, 0).Add(time.Duration(n/2)*6*time.Minute)
			n++
			texts := [][]string{
				{"创业", "贵阳", "某某区某某街道", "确认"},
				{"待业", "户籍地", "四川", "某某县某某镇", "确认"},
			}[n%2]
			if i >= weekDeclaring {
				texts = nil
			} else {
				m.does("declares", no)
			}
			people.Go(func() {
				if w.until(at) {
					w.say(no, append([]string{no + " " + weekName(no)}, texts...)...)
				}
			})
		}
	}
	people.Wait()
}

// wednesday: both secretaries have the same workbook. One writes the first ten of it, the other confirms twenty with the
// same ten among them, in the same moment. It returns the twenty.
func (w *world) wednesday(m *weekModel) []string {
	w.t.Helper()
	w.until(june(10, 9, 30))
	since := w.mark(feng)
	w.say(zheng, "导出 待发起")
	w.say(feng, "导出 待发起")
	book := w.file(feng, since).Data
	var nos []string
	for i := range 20 {
		nos = append(nos, weekNo(i%weekBranches, i/weekBranches))
		book = fillIn(w.t, book, weekName(nos[i]), "已发起")
	}
	since = w.mark(feng)
	w.send(feng, wechatsim.File("名单.xlsx", book))
	w.told(feng, since, "已发起 20人")

	byWords, bySheet := w.mark(zheng), w.mark(feng)
	w.sim.Person(zheng).Say(w.bot, "已发起 "+strings.Join(nos[:10], " "))
	w.sim.Person(feng).Say(w.bot, "确认")
	w.sleep(5 * time.Minute)
	if w.wasTold(feng, bySheet, "有人的情况又有变化") { // the words came first
		w.told(zheng, byWords, "已记“已发起”："+weekName(nos[0]))
		w.told(feng, bySheet, "另有10人导出以后已经记过同样的进展")
		w.say(feng, "确认")
		w.told(feng, bySheet, "已记“已发起”："+weekName(nos[10]))
	} else {
		w.told(feng, bySheet, "已记“已发起”："+weekName(nos[0]))
		for _, no := range nos[:10] {
			w.told(zheng, byWords, weekName(no)+"（")
		}
	}
	m.does("initiated", nos...)

	// Received, says one; returned, says the other. Whoever comes first, it ends as received, and both hear how it stands.
	byWords, bySheet = w.mark(zheng), w.mark(feng)
	w.sim.Person(zheng).Say(w.bot, "已接收 "+weekName(nos[0]))
	w.sim.Person(feng).Say(w.bot, "退回 "+weekName(nos[0])+"：材料不全")
	w.sleep(5 * time.Minute)
	w.told(zheng, byWords, weekName(nos[0]))
	w.told(feng, bySheet, weekName(nos[0]))
	m.does("received", nos[0])
	return nos
}

// thursday: what may be taken back by whom, and how often somebody is nudged.
func (w *world) thursday(m *weekModel, nos []string) {
	w.t.Helper()
	w.until(june(11, 10, 0))
	w.hears(feng, "撤销 "+weekName(nos[12]), "只能当天撤销")
	w.hears(zheng, "已接收 "+weekName(nos[13]), "已记“已接收”")
	w.hears(feng, "撤销 "+weekName(nos[13]), "不是您记的")
	w.hears(zheng, "撤销 "+weekName(nos[13]), "已撤销“已接收”")
	w.hears(he, "撤销 "+weekName(nos[12]), "已撤销“已发起”")
	m.does("uninitiated", nos[12])

	w.hears(zheng, "名单 未登记", "共50人")
	w.hears(zheng, "催 全部", "已提醒30人")
	w.hears(feng, "名单 未登记", "共50人")
	w.hears(feng, "催 全部", "没有提醒30人（刚催过")
}

// friday: after a new login, in which every contact has another id, nobody is taken for a stranger of the same name nor a
// stranger for them, and everybody is answered though WeChat allows less than what is asked.
func (w *world) friday(m *weekModel, nos []string) {
	w.t.Helper()
	w.until(june(12, 9, 0))
	for i := range weekTwins {
		no, stranger := weekNo(0, i), fmt.Sprint("p", i)
		w.hears(no, "状态", weekName(no)+"，机械学院")
		since := w.mark(stranger)
		w.say(stranger, "状态")
		w.told(stranger, since, "还没有认识你")
	}
	w.until(june(12, 14, 0))
	w.sim.Behave(func(b *wechatsim.Behaviour) {
		b.Rate = wechatsim.Rate{Sends: 160, Window: time.Hour, Recovery: 10 * time.Minute}
	})
	since := map[string]int{}
	for i := range weekKnown {
		for b := range weekBranches {
			no := weekNo(b, i)
			since[no] = w.mark(no)
			w.sim.Person(no).Say(w.bot, "状态")
			w.sleep(10 * time.Second)
		}
	}
	w.say(feng, "已发起 "+weekNo(4, 20)+" "+weekName(weekNo(4, 21)))
	m.does("initiated", weekNo(4, 20), weekNo(4, 21))
	w.say(zheng, "已接收 "+strings.Join(nos[14:], " "))
	m.does("received", nos[14:]...)
	w.until(june(12, 21, 0))
	for no, n := range since {
		w.told(no, n, weekName(no)+"，机械学院")
	}
}

// sunday: two days after the last time, they may be nudged again.
func (w *world) sunday() {
	w.t.Helper()
	w.until(june(14, 10, 30))
	w.hears(zheng, "名单 未登记", "共50人")
	w.hears(zheng, "催 全部", "已提醒30人")
	w.until(june(14, 20, 0))
}

// hears has somebody say something and fails unless they are told so in answer.
func (w *world) hears(no, text, want string) {
	w.t.Helper()
	since := w.mark(no)
	w.say(no, text)
	w.told(no, since, want)
}

func (w *world) wasTold(no string, since int, what string) bool {
	for _, m := range w.heard(no, since) {
		if strings.Contains(m.Text, what) {
			return true
		}
	}
	return false
}

func (w *world) checkWeek(m *weekModel) {
	w.t.Helper()
	t := w.t
	db, err := sql.Open("sqlite", "file:"+w.config.Database.DSN+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows := query(t, db, "SELECT p.no, t.state FROM people p JOIN transfers t ON t.person_id = p.id ORDER BY p.no")
	if len(rows) != len(m.state) {
		t.Errorf("%d members, want %d", len(rows), len(m.state))
	}
	for _, r := range rows {
		if r[1] != m.state[r[0]] {
			t.Errorf("%s is in state %s, by the script %s", r[0], r[1], m.state[r[0]])
		}
	}
	// Nothing was recorded twice, and everything that counts says who recorded it, in which message.
	for _, r := range query(t, db, `SELECT p.no, e.event, COUNT(*) FROM transfer_events e JOIN people p ON p.id = e.person_id
		WHERE e.undone_at IS NULL AND e.event = 'initiated' GROUP BY p.no, e.event HAVING COUNT(*) <> 1`) {
		t.Errorf("%s: %s was recorded %s times", r[0], r[1], r[2])
	}
	for _, r := range query(t, db, `SELECT p.no, e.event FROM transfer_events e JOIN people p ON p.id = e.person_id
		WHERE e.event <> 'declared' AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.action = 'record' AND a.inbox_id = e.inbox_id
			AND a.actor_id = e.by_person_id AND a.subject = 'person/' || e.person_id)`) {
		t.Errorf("%s: %s is not in the audit", r[0], r[1])
	}
	if a, err := w.app.Store.AccountNamed(w.ctx, "main"); err != nil || a.RefusedAt == nil || a.StoppedAt != nil {
		t.Errorf("WeChat refused once and no more: %+v, %v", a, err)
	}
	w.checkNudges()
}

// checkNudges: who has introduced themselves and not declared was nudged twice, two days apart; and strangers read
// nothing but who to be.
func (w *world) checkNudges() {
	w.t.Helper()
	nudged := map[string][]time.Time{}
	for _, s := range w.sim.Ledger() {
		if strings.HasPrefix(s.To, "p") && !strings.HasPrefix(s.Content, "还没有认识你") {
			w.t.Errorf("a stranger was sent %q", s.Content)
		}
		if strings.Contains(s.Content, "提醒你：你还没登记毕业去向") {
			nudged[s.To] = append(nudged[s.To], s.At)
		}
	}
	for b := range weekBranches {
		for i := weekDeclaring; i < weekKnown; i++ {
			no := weekNo(b, i)
			if at := nudged[no]; len(at) != 2 || at[1].Sub(at[0]) < 48*time.Hour {
				w.t.Errorf("%s was nudged at %v", no, at)
			}
			delete(nudged, no)
		}
	}
	if len(nudged) > 0 {
		w.t.Errorf("others were nudged: %v", nudged)
	}
}
