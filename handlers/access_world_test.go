package handlers

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"xianjie/scheduler"
	"xianjie/storage"
)

// seat is a role that tries every command, with whom it may see and whom not.
type seat struct {
	persona
	role   string
	own    target // somebody in the scope
	others []target
}

// target is whom a command is about, with what belongs to them.
type target struct {
	name, no    string
	applicant   string // somebody of the same part of the school who has handed in an application
	application int64  // its number
	matter      int64  // that waits for an answer
	college     string
	branch      string
}

// nobody does not exist, and nothing that belongs to them does.
var nobody = target{"金子涵", "20169999", "金子涵", 9, 9, "无名学院", "无名9班"}

// accessWorld is a school in which everything that can be asked for is there: declarations, applications, matters, a
// notice, reminders, somebody who waits for a person to check who they are, and an officer who was struck off.
func accessWorld(t *testing.T) (*school, []seat) {
	t.Helper()
	w := newSchool(t)
	for _, who := range []persona{
		{"张三", "20160001"},
		{"李四", "20160002"},
		{"王五", "20160003"},
		{"赵六", "20160004"},
		{"孙悦", "20160005"},
		{"林甲", "20160011"},
		{"林乙", "20160012"},
		{"林丙", "20160013"},
		{"郑明", "900002"},
		{"何晴", "900001"},
		{"陈静", "900004"},
		{"冯丽", "900003"},
	} {
		w.bind(who.name, who.no)
	}
	w.chat("路人", "friend")
	w.tells("锁住的人", "20169998 金子涵", "20169998 金子涵", "20169998 金子涵")
	for _, name := range []string{"张三", "赵六", "林甲"} {
		w.tells(name, "就业", "到单位工作", "云帆重工有限公司", "成都", "有", "确认")
	}
	for _, name := range []string{"李四", "林乙"} {
		w.handsIn(name)
	}
	for _, name := range []string{"赵六", "林丙"} {
		w.tells(name, "人工 想问一件事")
	}
	w.tells("何晴", "通知", "请登记。", "林甲", "取消", "通知", "请登记。", "机械学院", "发送")
	w.send()

	mechanics := target{name: "赵六", no: "20160004", applicant: "李四", matter: w.matterOf("20160004"), college: "机械学院", branch: "机械1班"}
	maths := target{name: "林甲", no: "20160011", applicant: "林乙", matter: w.matterOf("20160013"), college: "数学学院", branch: "数学1班"}
	mechanics.application, maths.application = w.applicationNo("20160002"), w.applicationNo("20160012")
	next := target{name: "买买提·艾力", no: "20160008", applicant: "买买提·艾力", application: maths.application, matter: maths.matter, college: "机械学院", branch: "机械2班"}

	w.clock.set(time.Date(2020, 6, 24, 11, 0, 0, 0, w.season.Zone))
	p := scheduler.Planner{Store: w.Store, Season: w.season, Now: w.clock.now, Log: slog.New(slog.DiscardHandler)}
	_, err := p.Tick(ctx)
	w.ok(err)
	w.send()

	// Struck off while they still hold an office, which a roster does not end by itself.
	w.ok(w.ApplyRoster(ctx, w.season, storage.Roster{
		Committee:  "校团委",
		People:     []storage.Listed{{No: "20160003", Name: "王五", College: "机械学院", Branch: "机械1班", Cohort: 2020, Left: true}},
		RolesAdded: []storage.Seat{{No: "20160003", Party: storage.OrgCollege, College: "机械学院"}},
		Audit:      storage.Audit{At: w.clock.now(), Action: "import", Subject: "roster"},
	}))
	return w, []seat{
		{persona{"路人", ""}, "stranger", nobody, []target{mechanics, maths}},
		{persona{"张三", "20160001"}, "member", nobody, []target{next, maths}},
		{persona{"孙悦", "20160005"}, "branch secretary", mechanics, []target{next, maths}},
		{persona{"郑明", "900002"}, "college secretary", mechanics, []target{maths}},
		{persona{"何晴", "900001"}, "committee", mechanics, nil},
		{persona{"冯丽", "900003"}, "another college's secretary", maths, []target{mechanics}},
		{persona{"王五", "20160003"}, "struck off", nobody, []target{mechanics, maths}},
		{persona{"锁住的人", ""}, "locked", nobody, []target{mechanics}},
		{persona{"李四", "20160002"}, "applicant", nobody, []target{mechanics, maths}},
	}
}

func (w *school) matterOf(no string) int64 {
	w.tb.Helper()
	p, err := w.PersonByNo(ctx, no)
	w.ok(err)
	ms, err := w.OpenMatters(ctx, nil)
	w.ok(err)
	i := slices.IndexFunc(ms, func(m storage.Matter) bool { return m.PersonID != nil && *m.PersonID == p.ID })
	if i < 0 {
		w.tb.Fatalf("%s waits for no answer", no)
	}
	return ms[i].ID
}

func (w *school) applicationNo(no string) int64 {
	w.tb.Helper()
	for _, e := range slices.Backward(w.member(no).Events) {
		if e.FileID != nil {
			return *e.FileID
		}
	}
	w.tb.Fatalf("%s has handed in nothing", no)
	return 0
}

// about puts a target into a command: {name}, {no}, {paper}, {applicant}, {matter}, {college}, {branch}.
func (to target) about(text string) string { return to.words().Replace(text) }

func (to target) words() *strings.Replacer {
	return strings.NewReplacer(
		"{name}", to.name, "{no}", to.no, "{paper}", fmt.Sprint(to.application), "{applicant}", to.applicant,
		"{matter}", fmt.Sprint(to.matter), "{college}", to.college, "{branch}", to.branch,
	)
}

// hidden is what was said with the command, and the target's words that stand in it, taken out: what is left must not
// tell one target from another.
func (to target) hidden(said, command string) string {
	if command == "" {
		return said
	}
	said = unquoted(said, to.about(command))
	for word, is := range map[string]string{
		"{name}": to.name, "{no}": to.no, "{applicant}": to.applicant, "{college}": to.college, "{branch}": to.branch,
		"{paper}": fmt.Sprint(to.application, "号"), "{matter}": fmt.Sprint(to.matter, "号"),
	} {
		if strings.Contains(command, word) {
			said = strings.ReplaceAll(said, is, word)
		}
	}
	return said
}

// unquoted is what was said without the command where it is quoted.
func unquoted(said, command string) string {
	command = strings.Trim(command, aroundWords)
	for _, quoted := range []string{command, oneLine(command, 20)} {
		said = strings.ReplaceAll(said, "“"+quoted+"”", "“…”")
	}
	return said
}
