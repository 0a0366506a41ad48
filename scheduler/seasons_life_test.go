package scheduler_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"xianjie/season"
	"xianjie/storage"
)

// What people do in a simulated season. A few write to the product and are answered by the desk; of the others what they
// do is recorded, by the same changes the desk commits.

// share is a destination with how many in a thousand choose it, and what is written to declare it.
type share struct {
	n     int
	dest  string
	texts []string
}

var shares = []share{
	{440, "employed", []string{"就业", "到单位工作", "云帆重工有限公司", "成都", "有", "确认"}},
	{90, "further_study", []string{"升学", "本校", "9月1日", "确认"}},
	{110, "further_study", []string{"2", "其他学校", "云岭大学", "昆明", "跳过", "确认"}},
	{120, "unsettled", []string{"待业", "户籍地", "四川", "某某县某某镇", "确认"}},
	{60, "retained", []string{"暂留学校", "确认"}},
	{30, "military", []string{"参军", "9月10日", "确认"}},
	{20, "classified_unit", []string{"涉密单位", "8月20日", "确认"}},
	{60, "abroad_study", []string{"留学", "爱尔兰某某大学", "2020年9月到2021年9月", "8月20日", "王某某，母亲", "15400000001", "确认"}},
	{15, "abroad_official", []string{"因公出国", "海川集团", "上海", "8月25日", "确认"}},
	{15, "abroad_private", []string{"因私出国", "父母家", "云南", "某某县某某镇", "8月25日", "确认"}},
	{40, "delayed", []string{"延毕", "跳过", "确认"}},
}

func choose(rng *rand.Rand) share {
	n := rng.IntN(1000)
	for _, s := range shares {
		if n -= s.n; n < 0 {
			return s
		}
	}
	return shares[0]
}

// noon is a moment of a civil day, on the grid of half hours so that what happens together is recorded together.
func (w *campus) noon(d season.Date, halves int) time.Time {
	return d.At(season.Clock(9*60+10+30*halves), w.season.Zone)
}

func (w *campus) day(t time.Time) season.Date { return w.season.DateOf(t) }

// begin plans what everybody does from the first day on.
func (c *cast) begin(w *campus) {
	for _, s := range c.people {
		if s.college >= 0 {
			c.enter(w, s, w.season.Opens)
		}
		if s.bound && s.rng.IntN(80) == 0 { // deletes the account some day, and some come back
			at := w.noon(w.season.Opens.AddDays(s.rng.IntN(200)), s.rng.IntN(20))
			w.at(at, func() { w.line.set(func() { w.line.deaf[userOf(s.no, c.loginNow())] = true }) })
			if s.rng.IntN(3) == 0 {
				w.at(at.AddDate(0, 0, 20+s.rng.IntN(60)), func() { w.whenUp(func() { c.meet(w, []string{s.no}) }) })
			}
		}
		if !s.bound && s.rng.IntN(3) == 0 {
			w.at(w.noon(w.season.Opens.AddDays(1+s.rng.IntN(120)), s.rng.IntN(20)), func() { w.whenUp(func() { c.meet(w, []string{s.no}) }) })
		}
	}
	for i := range c.colleges {
		if c.colleges[i].chats {
			c.rounds(w, &c.colleges[i], w.season.Opens)
		}
	}
	for range 4 {
		w.at(w.noon(w.season.Opens.AddDays(3+w.rng.IntN(200)), w.rng.IntN(16)), func() { w.whenUp(func() { c.importRoster(w) }) })
	}
}

// enter plans when a member declares, on the roster from a day on: early, when reminded, late, or never.
func (c *cast) enter(w *campus, s *player, from season.Date) {
	r := s.rng
	days := 0
	switch n := r.IntN(100); {
	case n < 55:
		days = r.IntN(8)
	case n < 75:
		days = 8 + r.IntN(9)
	case n < 88:
		days = 17 + r.IntN(13)
	case n < 95:
		days = 30 + r.IntN(50)
	default:
		return
	}
	way := choose(r)
	at := w.noon(from.AddDays(days), r.IntN(24))
	c.declares(w, s, at, way)
	switch n := r.IntN(100); {
	case n < 4: // thinks again
		for at = at.AddDate(0, 0, 1+r.IntN(60)); r.IntN(2) == 0; at = at.AddDate(0, 0, 1+r.IntN(60)) {
			c.declares(w, s, at, choose(r))
		}
	case n < 6: // says the same twice
		c.declares(w, s, at.Add(30*time.Minute), way)
	}
}

// declares lets a member declare at an instant.
func (c *cast) declares(w *campus, s *player, at time.Time, way share) {
	if s.chatty {
		texts := way.texts
		if s.rng.IntN(4) == 0 { // answers wrong first, or something else altogether
			texts = slices.Concat([]string{"啊？", "在吗"}, texts)
		}
		c.chat(w, s, at, texts, func() { c.follow(w, s, way.dest) })
		return
	}
	answers := c.answers(w, s, way)
	w.batch(at, "declare", s.id, func(m storage.Member) (storage.MemberChange, error) {
		ch, _, err := m.Declare(w.season, way.dest, answers, storage.Said{By: &m.Person.ID}, w.now())
		return ch, err
	}, func() { c.follow(w, s, way.dest) })
}

// chat lets somebody write texts from an instant on, a minute apart; what cannot be delivered is written later.
func (c *cast) chat(w *campus, s *player, at time.Time, texts []string, then func()) {
	if len(texts) == 0 {
		w.at(at, then)
		return
	}
	w.at(at, func() {
		if !w.evidence.reaches(s.no, w.now()) || !w.say(userOf(s.no, c.loginNow()), "text", texts[0]) {
			c.chat(w, s, time.Now().Add(7*time.Hour), texts, then)
			return
		}
		c.chat(w, s, time.Now().Add(time.Minute), texts[1:], then)
	})
}

// answers are answers to everything the season asks about a destination.
func (c *cast) answers(w *campus, s *player, way share) map[string]storage.Value {
	r := s.rng
	values := map[string]storage.Value{}
	for {
		open := w.season.Ask(way.dest, storage.AnswersOf(values))
		if len(open) == 0 {
			return values
		}
		q := open[0]
		v := storage.Value{Value: "某某地方", Personal: q.Personal}
		switch q.Kind {
		case season.KindChoice:
			v.Value = q.Options[r.IntN(len(q.Options))].Key
			if q.Key == "study_where" {
				v.Value = map[bool]string{true: "here", false: "other"}[way.texts[1] == "本校"]
			}
		case season.KindProvince:
			v.Value = []string{"四川", "北京", "广东", "云南", "重庆"}[r.IntN(5)]
		case season.KindDate:
			v.Value = season.Date{Year: 2020, Month: 7, Day: 5}.AddDays(r.IntN(80)).String()
		case season.KindPhone:
			v.Value = "15400000001"
		}
		values[q.Key] = v
	}
}

// step is something that is recorded about a member: some days after the former, by whom, and how likely at all.
type step struct {
	event  string
	from   season.Date // not before
	least  int         // days
	spread int
	chance int // in a hundred
	office bool
}

// follow plans what happens after a declaration.
func (c *cast) follow(w *campus, s *player, dest string) {
	r := s.rng
	var steps []step
	switch dest {
	case "employed", "unsettled", "abroad_official", "abroad_private":
		if r.IntN(5) == 0 {
			steps = append(steps, step{event: "applied", spread: 25, chance: 100}, step{event: "reviewed", spread: 12, chance: 85, office: true})
		} else {
			steps = append(steps, step{event: "initiated", least: 1, spread: 30, chance: 95, office: true})
		}
		if r.IntN(20) == 0 {
			steps = append(steps, step{event: "returned", least: 3, spread: 10, chance: 100}, step{event: "initiated", spread: 9, chance: 90, office: true})
		}
		steps = append(steps, step{event: "received", least: 5, spread: 80, chance: 92})
	case "further_study":
		from := season.Date{Year: 2020, Month: 9, Day: 2}
		steps = append(steps, step{event: []string{"applied", "initiated"}[r.IntN(2)], from: from, spread: 45, chance: 94},
			step{event: "reviewed", spread: 14, chance: 80, office: true}, step{event: "received", least: 3, spread: 30, chance: 90})
	case "military", "classified_unit":
		steps = []step{{event: "initiated", least: 2, spread: 40, chance: 92, office: true}, {event: "received", least: 5, spread: 30, chance: 95}}
	case "abroad_study":
		steps = []step{{event: "applied", least: 1, spread: 50, chance: 85}, {event: "approved", least: 1, spread: 15, chance: 90}, {event: "registered", least: 1, spread: 10, chance: 95, office: true}}
	case "retained":
		steps = []step{
			{event: "marked", from: season.Date{Year: 2020, Month: 8, Day: 1}, spread: 20, chance: 92, office: true},
			{event: "initiated", from: season.Date{Year: 2020, Month: 10, Day: 1}, spread: 110, chance: 80, office: true},
			{event: "received", least: 5, spread: 40, chance: 90},
		}
	case "delayed":
		steps = []step{{event: "marked", least: 3, spread: 50, chance: 95, office: true}}
	}
	at := time.Now()
	for _, st := range steps {
		if r.IntN(100) >= st.chance {
			return
		}
		d := w.day(at).AddDays(st.least + r.IntN(st.spread+1))
		if d.Before(st.from) {
			d = st.from.AddDays(r.IntN(st.spread + 1))
		}
		at = w.noon(d, r.IntN(20))
		if st.office {
			col := &c.colleges[s.college]
			if col.zeal == ignores || col.chats {
				return // never, or by writing to the product
			}
			at = c.round(w, col, d)
		}
		w.batch(at, st.event, s.id, func(m storage.Member) (storage.MemberChange, error) {
			return m.Record(w.season, st.event, w.now(), w.now(), storage.DutyDone, storage.Said{})
		}, nil)
	}
}

// round is the secretary's next round on a day or after it.
func (c *cast) round(w *campus, col *college, d season.Date) time.Time {
	n := (w.season.Opens.DaysUntil(d) + col.every - 1) / col.every * col.every
	return w.season.Opens.AddDays(n).At(season.Clock(col.hour*60+40), w.season.Zone)
}

// rounds has a secretary write to the product, round after round, every now and then something wrong.
func (c *cast) rounds(w *campus, col *college, from season.Date) {
	s := c.byNo[col.no]
	at := c.round(w, col, from)
	if at.After(w.season.EndOf(w.season.Closes)) {
		return
	}
	var texts []string
	for _, work := range [][2]string{{"待发起", "已发起"}, {"待转出审核", "已审"}, {"待转入审核", "已审"}, {"待标记", "已标记"}, {"待学院登记", "已登记"}} {
		if s.rng.IntN(3) > 0 {
			texts = append(texts, "名单 "+work[0], fmt.Sprintf("%s 1-%d", work[1], 1+s.rng.IntN(15)))
		}
	}
	switch s.rng.IntN(4) {
	case 0:
		texts = append(texts, "已发起 王二麻子", "进度")
	case 1:
		texts = append(texts, "名单 待接收", "已接收 1", "撤销 1", "名单")
	}
	c.chat(w, s, at, texts, func() {})
	w.at(at.Add(time.Hour), func() { c.rounds(w, col, w.day(at).AddDays(1)) })
}

// doing is one thing recorded about one member.
type doing struct {
	id   int64
	f    func(storage.Member) (storage.MemberChange, error)
	then func()
}

// batch records what happens to members at one instant in one transaction.
func (w *campus) batch(at time.Time, what string, id int64, f func(storage.Member) (storage.MemberChange, error), then func()) {
	key := fmt.Sprint(at.Unix(), what)
	if w.cast.batches == nil {
		w.cast.batches = map[string][]doing{}
	}
	if _, ok := w.cast.batches[key]; !ok {
		w.at(at, func() {
			all := w.cast.batches[key]
			delete(w.cast.batches, key)
			w.whenUp(func() { w.doAll(all) })
		})
	}
	w.cast.batches[key] = append(w.cast.batches[key], doing{id, f, then})
}

func (w *campus) doAll(all []doing) {
	for len(all) > 0 {
		var now, later []doing
		taken := map[int64]doing{}
		var ids []int64
		for _, d := range all {
			if _, twice := taken[d.id]; twice {
				later = append(later, d)
				continue
			}
			taken[d.id] = d
			ids, now = append(ids, d.id), append(now, d)
		}
		w.change(ids, func(m storage.Member) (storage.MemberChange, error) { return taken[m.Person.ID].f(m) })
		for _, d := range now {
			if d.then != nil {
				d.then()
			}
		}
		all = later
	}
}

// importRoster changes the roster in the middle: new members, people in another branch or college, people who left, and
// other people in office.
func (c *cast) importRoster(w *campus) {
	r := w.rng
	st := w.up().store
	list := storage.Roster{Committee: "校团委", Audit: storage.Audit{At: w.now(), Action: "import", Subject: "roster"}}
	var fresh []*player
	for range 1 + w.size.members/200 {
		i := len(c.people) + 10000
		s := &player{i: i, no: fmt.Sprintf("2017%06d", i), name: fmt.Sprintf("新%c%c", []rune("甲乙丙丁戊己庚辛壬癸")[i%10], []rune("东西南北中")[i/10%5]), college: r.IntN(w.size.colleges), branch: r.IntN(branches)}
		s.rng = rand.New(rand.NewPCG(w.seed, uint64(1000+i)))
		c.people, c.byNo[s.no] = append(c.people, s), s
		fresh = append(fresh, s)
		list.People = append(list.People, s.listed())
	}
	listed := map[string]bool{}
	old := func() *player {
		for {
			if s := c.people[r.IntN(w.size.members)]; !listed[s.no] && s.branch >= 0 {
				listed[s.no] = true
				return s
			}
		}
	}
	for range 1 + w.size.members/400 {
		s := old()
		s.branch = (s.branch + 1) % branches
		if r.IntN(4) == 0 {
			s.college = (s.college + 1) % w.size.colleges
		}
		w.evidence.moved = append(w.evidence.moved, s.no)
		list.People = append(list.People, s.listed())
	}
	for range 1 + w.size.members/600 {
		s := old()
		l := s.listed()
		l.Left = true
		list.People = append(list.People, l)
		s.branch = -1
	}
	for range 2 {
		col := r.IntN(w.size.colleges)
		if c.colleges[col].chats {
			continue
		}
		i := len(c.people) + 20000
		s := &player{i: i, no: fmt.Sprintf("8100%04d", i), name: fmt.Sprintf("新书记%c", []rune("甲乙丙丁戊己庚辛壬癸")[i%10]), college: -1, rng: rand.New(rand.NewPCG(w.seed, uint64(1000+i)))}
		c.people, c.byNo[s.no] = append(c.people, s), s
		fresh = append(fresh, s)
		list.People = append(list.People, s.listed())
		list.RolesEnded = append(list.RolesEnded, storage.Seat{No: c.colleges[col].no, Party: storage.OrgCollege, College: collegeName(col)})
		list.RolesAdded = append(list.RolesAdded, storage.Seat{No: s.no, Party: storage.OrgCollege, College: collegeName(col)})
		c.colleges[col].no = s.no
	}
	w.ok(st.ApplyRoster(w.ctx, w.season, list))
	w.counts["roster imports"]++
	c.learn(w)
	w.witness.look(w.now(), false)
	for _, s := range fresh {
		if s.college >= 0 {
			c.enter(w, s, w.day(w.now()))
		}
		if s.rng.IntN(6) > 0 {
			w.at(time.Now().Add(time.Duration(1+s.rng.IntN(100))*time.Hour), func() { w.whenUp(func() { c.meet(w, []string{s.no}) }) })
		}
	}
}
