package app_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"xianjie/alert"
	"xianjie/app"
	"xianjie/config"
	"xianjie/roster"
	"xianjie/wechatsim"
)

// One whole season in virtual time: 300 members of all ten destinations and their officers play it through the real
// client library, the real cron and a real database, from 1 June to 31 January. What came of it is read from the
// database and from the simulator's ledger alone (season_check_test.go).

// story is how one kind of member answers, and what the season's table says comes of it.
type story struct {
	name  string
	texts []string // after number and name
	// What must be stored and told in the end.
	destination string
	goes        []string // parts of the receiving organisation
	initiators  string   // as the member is told; "" where the relation does not move
	state       string   // the last one
	applies     bool     // the member sends the written application
}

var stories = []story{
	{"employer with an organisation", []string{"就业", "到单位工作", "云帆重工有限公司", "成都", "有", "确认"}, "employed", []string{"云帆重工有限公司的团组织"}, "学院团委或接收单位团组织", "received", false},
	{"employer without one", []string{"1", "1", "晨光软件有限公司", "重庆市", "没有", "某某区某某街道", "确认"}, "employed", []string{"重庆", "某某区某某街道", "学社衔接临时团支部"}, "学院团委", "received", false},
	{"employer in a province with its own system", []string{"就业", "单位", "海川电子有限公司", "深圳", "有", "确认"}, "employed", []string{"海川电子有限公司的团组织"}, "学院团委", "received", false},
	{"employer unsure, cross-system", []string{"工作", "１", "远山传媒有限公司", "北京", "不清楚", "确认"}, "employed", []string{"远山传媒有限公司的团组织", "临时团支部"}, "学院团委", "received", false},
	{"self-employed", []string{"创业", "2", "贵阳", "某某区某某街道", "确认"}, "employed", []string{"贵州", "学社衔接临时团支部"}, "学院团委", "received", false},
	{"stays for further study", []string{"升学", "本校", "9月1日", "确认"}, "further_study", []string{"新生团支部"}, "录取学校团组织、学院团委或你本人", "received", false},
	{"further study elsewhere", []string{"2", "其他学校", "云岭大学", "昆明", "跳过", "确认"}, "further_study", []string{"云岭大学新生团组织"}, "录取学校团组织、学院团委或你本人", "received", false},
	{"further study, cross-system", []string{"读研", "2", "某某大学", "福州", "2020-09-05", "确认"}, "further_study", []string{"某某大学新生团组织"}, "学院团委", "received", false},
	{"armed forces", []string{"参军", "9月10日", "确认"}, "military", []string{"特殊单位专属库"}, "学院团委或你本人", "received", false},
	{"classified unit", []string{"涉密单位", "8月20日", "确认"}, "classified_unit", []string{"特殊单位专属库"}, "学院团委或你本人", "received", false},
	{"unsettled", []string{"待业", "户籍地", "四川", "某某县某某镇", "确认"}, "unsettled", []string{"四川", "某某县某某镇", "学社衔接临时团支部"}, "学院团委", "received", false},
	{"retained", []string{"暂留学校", "确认"}, "retained", []string{"2020年毕业学生流动团员团支部"}, "", "received", false},
	{"study abroad", []string{"留学", "爱尔兰某某大学", "2020年9月到2021年9月", "8月20日", "王某某，母亲", "15400000001", "确认"}, "abroad_study", []string{"2020年出国(境)学习研究团员团支部"}, "", "registered", true},
	{"sent abroad", []string{"因公出国", "海川集团", "上海", "8月25日", "确认"}, "abroad_official", []string{"海川集团（派出单位）的团组织"}, "学院团委或接收单位团组织", "received", false},
	{"abroad for private reasons", []string{"因私出国", "父母家", "云南", "某某县某某镇", "8月25日", "确认"}, "abroad_private", []string{"云南", "某某县某某镇", "学社衔接临时团支部"}, "学院团委", "received", false},
	{"graduates late", []string{"延毕", "跳过", "确认"}, "delayed", []string{"2020年延迟毕业团员团支部"}, "", "marked", false},
}

const (
	seasonMembers  = 300
	seasonColleges = 12
	// lazyCollege's secretary lets reviews lapse and initiates late.
	lazyCollege = 3
)

// player is a member with the story they tell.
type player struct {
	roster.Member
	story
}

func cast() (members []player, officers []roster.Officer) {
	for i := range seasonMembers {
		c := i % seasonColleges
		members = append(members, player{roster.Member{
			No: fmt.Sprintf("2016%d%04d", c/10+1, 100*c+i/seasonColleges), Name: string([]rune("赵钱孙李周吴郑王冯陈褚卫")[i%12]) + string([]rune("安然乐和宁远清明朗逸辰")[(i/12)%11]) + string([]rune("一二三四五六七八九十")[(i/132)%10]),
			College: fmt.Sprintf("第%d学院", c+1), Branch: fmt.Sprintf("第%d学院%d班", c+1, i%2+1), Cohort: 2020,
		}, stories[(i/seasonColleges+i)%len(stories)]})
	}
	for c := range seasonColleges {
		officers = append(officers, roster.Officer{No: fmt.Sprintf("8000%04d", c), Name: "书记" + string([]rune("甲乙丙丁戊己庚辛壬癸子丑")[c]), Role: roster.RoleCollege, College: fmt.Sprintf("第%d学院", c+1)})
	}
	return members, append(officers, roster.Officer{No: "80009999", Name: "校团委干事", Role: roster.RoleCommittee})
}

// zone is that of the season.
var zone = time.FixedZone("CST", 8*60*60)

func TestWholeSeason(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, folder, time.Date(2020, 6, 1, 8, 0, 0, 0, zone))
		members, officers := cast()
		w.importRoster(members, officers)
		w.start()
		for i, o := range officers {
			w.person(o.No).live = w.officer(o, i)
		}
		rng := rand.New(rand.NewPCG(20, 20))
		for _, m := range members {
			day := rng.IntN(29)
			if day > 25 {
				day += 20 // declares in July, after the date asked for
			}
			at := time.Date(2020, 6, 1+day, 10, rng.IntN(600), 0, 0, zone)
			w.person(m.No).live = w.member(m, at)
		}
		for _, p := range w.people {
			w.wg.Go(p.live)
		}
		// WeChat ends the session every ten days; every id is another one afterwards.
		for day := time.Date(2020, 6, 10, 3, 0, 0, 0, zone); day.Before(time.Date(2021, 1, 31, 0, 0, 0, 0, zone)); day = day.AddDate(0, 0, 10) {
			w.until(day)
			w.bot.Relogin()
		}
		w.until(time.Date(2021, 1, 31, 23, 0, 0, 0, zone))
		w.stop()
		check(t, w, members)
	})
}

// world is the product with everybody around it.
type world struct {
	t       *testing.T
	folder  string
	config  config.Config
	sim     *wechatsim.Server
	bot     *wechatsim.Account
	app     *app.App
	alerts  []alert.Channel
	people  []*phone
	wg      syncGroup
	ctx     context.Context
	cancel  context.CancelFunc
	stopped chan error
}

// phone is somebody in WeChat.
type phone struct {
	*wechatsim.Person
	live func()
}

func newWorld(t *testing.T, folder string, at time.Time) *world {
	t.Helper()
	time.Sleep(time.Until(at))
	c, err := config.Load(filepath.Join(folder, "none.yaml"), false, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Database.DSN = filepath.Join(folder, "season.db")
	c.Secrets.KeyFile = filepath.Join(folder, "key")
	w := &world{t: t, folder: folder, config: c, sim: wechatsim.New(wechatsim.Options{PollHold: 50 * time.Second})}
	w.bot = w.sim.AddAccount("bot", "助手")
	w.sim.AutoConfirm(w.bot)
	w.ctx, w.cancel = context.WithCancel(t.Context())
	w.open()
	return w
}

// open makes the product anew on the same database.
func (w *world) open() {
	w.t.Helper()
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("XIANJIE_TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	var err error
	w.app, err = app.Open(w.ctx, app.Options{Config: w.config, Log: log, Transport: w.sim.Transport(), Poll: time.Hour, Alerts: w.alerts})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) importRoster(members []player, officers []roster.Officer) {
	w.t.Helper()
	path := filepath.Join(w.folder, "roster.xlsx")
	f, err := os.Create(path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	list := make([]roster.Member, len(members))
	for i, m := range members {
		list[i] = m.Member
	}
	if err := roster.Write(f, list, officers); err != nil {
		w.t.Fatal(err)
	}
	if rejected, err := app.Import(w.ctx, w.app.Data, path, true, io.Discard); err != nil || rejected != "" {
		w.t.Fatalf("import: %v, rejected %q", err, rejected)
	}
}

func (w *world) start() {
	w.stopped = make(chan error, 1)
	go func() { w.stopped <- w.app.Run(w.ctx) }()
}

// stop ends everybody and the product.
func (w *world) stop() {
	w.t.Helper()
	w.cancel()
	w.wg.Wait()
	if err := <-w.stopped; err != nil {
		w.t.Errorf("the product ended with %v", err)
	}
	w.app.Close()
}

func (w *world) person(no string) *phone {
	p := &phone{Person: w.sim.AddPerson(no, wechatsim.Profile{Nick: "微信" + no})}
	w.people = append(w.people, p)
	return p
}

// sleep lets virtual time pass; it reports false when the world has ended.
func (w *world) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-w.ctx.Done():
		return false
	}
}

func (w *world) until(at time.Time) bool { return w.sleep(time.Until(at)) }

// say writes and waits until the answers are there: a message every four seconds leaves the account.
func (w *world) say(no string, texts ...string) {
	for _, text := range texts {
		w.sim.Person(no).Say(w.bot, text)
		if !w.sleep(3 * time.Minute) {
			return
		}
	}
}

// send sends a picture or a document and waits until the answers are there.
func (w *world) send(no string, c wechatsim.Content) bool {
	w.sim.Person(no).Send(w.bot, c)
	return w.sleep(3 * time.Minute)
}

// meet befriends the account and introduces somebody.
func (w *world) meet(no, name string) {
	w.sim.Person(no).Befriend(w.bot, "你好")
	w.sleep(3 * time.Minute)
	w.say(no, no+" "+name)
}

func (w *world) member(m player, at time.Time) func() {
	return func() {
		if !w.until(at) {
			return
		}
		w.meet(m.No, m.Name)
		w.say(m.No, m.texts...)
		if m.applies && w.sleep(5*24*time.Hour) {
			w.send(m.No, wechatsim.Image([]byte("书面申请 "+m.No)))
			w.say(m.No, "确认")
		}
	}
}

// rounds are what officers do about each state, and from when on.
type round struct {
	list, event string
	from        time.Time
	lazy        time.Time // when the negligent secretary begins; zero: never
}

func day(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, zone) }

var collegeRounds = []round{
	{"待书面申请", "", day(2030, 1, 1), time.Time{}}, // the members' own
	{"待转出审核", "已审", day(2020, 6, 1), time.Time{}},
	{"待转入审核", "已审", day(2020, 6, 1), time.Time{}},
	{"待发起", "已发起", day(2020, 6, 20), day(2020, 8, 10)},
	{"待省级团委审核", "已接收", day(2020, 8, 1), day(2020, 9, 1)},
	{"待标记", "已标记", day(2020, 8, 2), day(2020, 9, 2)},
	{"待学院登记", "已登记", day(2020, 6, 1), day(2020, 9, 1)},
	{"待接收", "已接收", day(2020, 8, 15), day(2020, 10, 15)},
	{"待对方建团组织", "收到申请", day(2020, 9, 20), day(2020, 9, 20)},
	{"待建新生团支部", "收到申请", day(2020, 9, 20), day(2020, 9, 20)},
	{"流动保留中", "已发起", day(2020, 11, 15), day(2020, 11, 15)},
}

// officer works through the lists every Monday and Thursday.
func (w *world) officer(o roster.Officer, i int) func() {
	return func() {
		if !w.until(time.Date(2020, 6, 1, 8, 30+i, 0, 0, zone)) {
			return
		}
		w.meet(o.No, o.Name)
		for at := time.Date(2020, 6, 1, 11, 10*i, 0, 0, zone); w.until(at); at = at.AddDate(0, 0, 1) {
			if wd := at.Weekday(); wd != time.Monday && wd != time.Thursday {
				continue
			}
			if o.Role == roster.RoleCommittee {
				w.work(o.No, "待校团委批准", "已批准")
				continue
			}
			for _, r := range collegeRounds {
				from := r.from
				if i == lazyCollege {
					from = r.lazy
				}
				if !from.IsZero() && !at.Before(from) && r.event != "" {
					w.work(o.No, r.list, r.event)
				}
			}
		}
	}
}

// work asks for a list and records an event for everybody on its first page.
func (w *world) work(no, list, event string) {
	p := w.sim.Person(no)
	before := len(p.Chat(w.bot))
	w.say(no, "名单 "+list)
	n := 0
	for _, m := range p.ChatSince(w.bot, before) {
		for line := range strings.SplitSeq(m.Text, "\n") {
			var k int
			if _, err := fmt.Sscanf(line, "%d ", &k); err == nil && m.From != p.ID() && strings.Contains(line, "班") {
				n = max(n, k)
			}
		}
	}
	if n > 0 {
		w.say(no, fmt.Sprintf("%s 1-%d", event, n))
	}
}
