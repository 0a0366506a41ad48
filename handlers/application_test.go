package handlers

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"xianjie/roster"
	"xianjie/season"
	"xianjie/storage"
)

var abroadAnswers = []string{"留学", "某国某某大学", "2020年9月到2022年7月", "8月20日", "王某某，母亲", "15400000001", "确认"}

// tells has somebody write texts one after the other.
func (w *school) tells(name string, texts ...string) {
	w.tb.Helper()
	for _, text := range texts {
		w.receive(name, message{text: text})
		w.work()
	}
}

// handsIn has a member declare and hand in a picture.
func (w *school) handsIn(name string) {
	w.tb.Helper()
	w.tells(name, abroadAnswers...)
	w.receive(name, message{kind: storage.FilePicture, file: &storage.File{Kind: storage.FilePicture, Name: "申请书.jpg", Content: []byte("picture of " + name)}})
	w.work()
	w.tells(name, "确认")
}

// auditOf are what stands in the audit after some row: who did what to what, from which message.
func (w *school) auditOf(after int64) []string {
	w.tb.Helper()
	inbox := map[int64]string{}
	for _, in := range w.inbox() {
		inbox[in.ID] = in.Text
	}
	var lines []string
	for page, err := range storage.Pages[storage.Audit](ctx, w.Store) {
		w.ok(err)
		for _, a := range page {
			if a.ID <= after {
				continue
			}
			p, err := w.Person(ctx, *a.ActorID)
			w.ok(err)
			subject := a.Subject
			for no, m := range w.everyone() {
				if subject == fmt.Sprintf("person/%d", no) {
					subject = m.Person.Name
				}
			}
			lines = append(lines, fmt.Sprintf("%s：%s → %s %s%s", p.Name, inbox[*a.InboxID], a.Action, subject, strings.TrimPrefix(fmt.Sprint(a.Detail), "map")))
		}
	}
	return lines
}

func (w *school) lastAudit() int64 {
	w.tb.Helper()
	last := int64(0)
	for page, err := range storage.Pages[storage.Audit](ctx, w.Store) {
		w.ok(err)
		last = page[len(page)-1].ID
	}
	return last
}

// Every change and every view is in the audit with who, when, what, and from which message.
func TestApplicationsAreAudited(t *testing.T) {
	w := newSchool(t)
	w.bind("何晴", "900001")
	w.bind("冯丽", "900003")
	w.bind("张三", "20160001")
	w.tells("张三", abroadAnswers...)
	before := w.lastAudit()
	w.handsIn("张三")
	w.tells("冯丽", "申请", "申请 1号", "登记册") // of another college: there is nothing to see
	w.tells("何晴", "申请", "申请 1号", "批准 1号", "登记册")
	officer, err := w.PersonByNo(ctx, "900001")
	w.ok(err)
	want := []string{
		"张三：确认 → record 张三[application:1 event:applied]",
		fmt.Sprintf("张三：确认 → application_sent 张三[application:1 to:person/%d]", officer.ID),
		"何晴：申请 → view_applications roster[members:1]",
		"何晴：申请 1号 → view_application 张三[application:1]",
		"何晴：批准 1号 → record 张三[event:approved]",
		"何晴：登记册 → view_register roster[members:1]",
	}
	if got := w.auditOf(before); !slices.Equal(got, want) {
		t.Errorf("the audit says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What goes to an officer is what the member sent, byte for byte, and stored once.
func TestApplicationIsForwarded(t *testing.T) {
	w := newSchool(t)
	w.bind("何晴", "900001")
	w.bind("陈静", "900004")
	w.bind("张三", "20160001")
	w.handsIn("张三")
	files := map[string]*storage.File{}
	for _, m := range w.send() {
		if m.file != nil {
			files[m.to] = m.file
		}
	}
	for _, officer := range []string{"何晴", "陈静"} {
		if f := files[officer]; f == nil || string(f.Content) != "picture of 张三" || f.ID != files["何晴"].ID {
			t.Errorf("%s received %+v", officer, f)
		}
	}
	events := w.member("20160001").Events
	if last := events[len(events)-1]; last.FileID == nil || *last.FileID != files["何晴"].ID {
		t.Errorf("recorded: %+v", last)
	}
}

// A number out of the reader's scope is answered like one that does not exist, on every command that takes one.
func TestApplicationsOutOfScope(t *testing.T) {
	w := newSchool(t)
	w.bind("冯丽", "900003")   // of another college
	w.bind("孙悦", "20160005") // the secretary of the member's own branch
	w.bind("李四", "20160002") // a classmate
	w.tells("孙悦", "暂留学校", "确认")
	w.tells("李四", "暂留学校", "确认")
	w.bind("张三", "20160001")
	w.handsIn("张三")
	w.send()
	for _, who := range []string{"冯丽", "孙悦", "李四"} {
		for _, command := range []string{"申请 %d号", "申请 %d", "批准 %d号", "批准 %d", "退回申请 %d号：不行", "退回 %d号：不行"} {
			var said [2]string
			for i, no := range []int{1, 77} {
				w.tells(who, fmt.Sprintf(command, no))
				for _, m := range w.send() {
					if m.to != who || m.file != nil {
						t.Errorf("%s: %q sends %+v", who, command, m)
					}
					said[i] += strings.ReplaceAll(m.text, fmt.Sprint(no, "号"), "N号")
				}
			}
			same := said[0] == said[1] || strings.ReplaceAll(said[0], " 1", " N") == strings.ReplaceAll(said[1], " 77", " N")
			if said[0] == "" || !same {
				t.Errorf("%s: %q is answered %q where there is an application, %q where there is none", who, command, said[0], said[1])
			}
		}
	}
	if m := w.member("20160001"); m.Transfer.State != "to_approve" {
		t.Errorf("the application is in state %s", m.Transfer.State)
	}
}

func TestApplicationNo(t *testing.T) {
	for _, c := range []struct {
		arg    string
		no     int64
		marked bool
		ok     bool
	}{
		{"12号", 12, true, true},
		{"第12号", 12, true, true},
		{"12号申请", 12, true, true},
		{"#12", 12, false, true},
		{"12", 12, false, true},
		{"0", 0, false, false},
		{"-3", -3, false, false},
		{"1-3", 0, false, false},
		{"张三", 0, false, false},
		{"7月12号", 0, true, false},
		{"20160001234", 20160001234, false, false},
	} {
		no, marked, ok := applicationNo(c.arg)
		if ok != c.ok || ok && (no != c.no || marked != c.marked) {
			t.Errorf("%q is read as %d, %v, %v", c.arg, no, marked, ok)
		}
	}
}

// isTold is expect where a file follows what is said.
func (w *school) isTold(name, text, want string) {
	w.tb.Helper()
	said := w.says(name, text)
	if !slices.ContainsFunc(said, func(m sent) bool { return m.to == name && strings.Contains(m.text, want) }) {
		w.tb.Fatalf("after %q: no %q in %+v", text, want, said)
	}
}

// applicationOf2020 is the application the school's season asks for abroad, to be changed by a test.
func (w *school) applicationOf2020() *season.Application {
	w.tb.Helper()
	a := w.season.ApplicationOf("abroad_study", "kept")
	if a == nil {
		w.tb.Fatal("nothing is asked for abroad")
	}
	return a
}

// Who approves stands in the season: where the college may, its officers are asked, and only of their own members.
func TestTheSeasonSaysWhoApproves(t *testing.T) {
	w := newSchool(t)
	a := w.applicationOf2020()
	for i := range w.season.Events {
		if e := &w.season.Events[i]; e.Key == a.Approve || e.Key == a.Return {
			e.By = []string{storage.OrgCollege, storage.OrgCommittee}
		}
	}
	w.desk = w.newDesk()
	w.bind("何晴", "900001")
	w.bind("郑明", "900002")
	w.bind("冯丽", "900003")
	w.bind("张三", "20160001")
	w.handsIn("张三")
	asked := map[string]bool{}
	for _, m := range w.send() {
		if strings.Contains(m.text, "等您批准") {
			asked[m.to] = true
		}
	}
	if len(asked) != 1 || !asked["郑明"] {
		t.Errorf("asked: %v", asked)
	}
	w.expect("冯丽", "批准 1号", "没有找到1号申请")
	w.expect("郑明", "批准 1号", "已记“校团委已批准”：1号 张三")
}

// Who reads stands in the season too: to everybody else there are no such words.
func TestTheSeasonSaysWhoReads(t *testing.T) {
	w := newSchool(t)
	w.applicationOf2020().Readers = []string{storage.OrgCommittee}
	w.desk = w.newDesk()
	w.bind("何晴", "900001")
	w.bind("郑明", "900002") // of the member's college
	w.bind("张三", "20160001")
	w.handsIn("张三")
	w.expect("何晴", "申请", "1号 张三")
	nonsense := answer(w.says("郑明", "没有这个词"), "郑明")
	for _, command := range []string{"申请", "申请 1号", "登记册"} {
		if got := answer(w.says("郑明", command), "郑明"); got == "" || got != nonsense {
			t.Errorf("%q is answered %q, a word that does not exist %q", command, got, nonsense)
		}
	}
	if help := answer(w.says("郑明", "帮助"), "郑明"); strings.Contains(help, "登记册") {
		t.Errorf("help speaks of it: %q", help)
	}
}

// An officer who graduates is not asked about the own application, and cannot approve it.
func TestNobodyApprovesTheirOwn(t *testing.T) {
	w := newSchool(t)
	w.bind("何晴", "900001")
	w.bind("张三", "20160001")
	w.tells("何晴", "任命 20160001 张三 校团委")
	w.handsIn("张三")
	for _, m := range w.send() {
		if m.to == "张三" && strings.Contains(m.text, "等您批准") {
			t.Errorf("the member is asked: %q", m.text)
		}
	}
	for _, command := range []string{"批准 1号", "批准 张三"} {
		w.expect("张三", command, textNotOwn)
	}
	if s := w.member("20160001").Transfer.State; s != "to_approve" {
		t.Errorf("the application is in state %s", s)
	}
	w.expect("何晴", "批准 1号", "已记“校团委已批准”")
}

// An application belongs to what was declared when it was handed in.
func TestApplicationGoesWithItsDeclaration(t *testing.T) {
	w := newSchool(t)
	w.bind("何晴", "900001")
	w.bind("张三", "20160001")
	w.handsIn("张三")
	w.isTold("何晴", "申请 1号", "1号书面申请")
	w.tells("张三", "修改", "离境日期", "8月25日", "确认")
	if s := w.member("20160001").Transfer.State; s != "to_apply" {
		t.Fatalf("after another day of leaving the member is in state %s", s)
	}
	w.expect("何晴", "申请 1号", "没有找到1号申请")
	w.expect("何晴", "批准 1号", "没有找到1号申请")
}

// Two offices: what one of them reads does not open what the other sees.
func TestTwoOfficesReadApart(t *testing.T) {
	w := newSchool(t)
	a := w.applicationOf2020()
	a.Readers = []string{storage.OrgCollege}
	for i := range w.season.Events {
		if e := &w.season.Events[i]; e.Key == a.Approve || e.Key == a.Return {
			e.By = []string{storage.OrgCollege}
		}
	}
	w.desk = w.newDesk()
	w.bind("陈静", "900004")
	w.bind("何晴", "900001")
	w.bind("郑明", "900002")
	w.bind("张三", "20160001")
	w.tells("陈静", "任命 900001 何晴 学院团委书记 数学学院")
	w.handsIn("张三")
	w.expect("何晴", "申请", textNoApplications)
	w.expect("何晴", "申请 1号", "没有找到1号申请")
	w.expect("何晴", "批准 1号", "没有找到1号申请")
	w.expect("郑明", "批准 1号", "已记“校团委已批准”")
	w.expect("何晴", "登记册", "登记册是空的")
	w.isTold("郑明", "登记册", "共1人")
}

// What was returned after its approval stands in the register no more; the last approval counts.
func TestRegisteredOf(t *testing.T) {
	w := newSchool(t)
	w.bind("张三", "20160001")
	w.handsIn("张三")
	m := w.member("20160001")
	for _, c := range []struct {
		events []string
		want   bool
	}{
		{nil, false},
		{[]string{"approved"}, true},
		{[]string{"approved", "registered"}, true},
		{[]string{"approved", "declined"}, false},
		{[]string{"approved", "declined", "applied", "approved"}, true},
	} {
		with := m
		with.Events = slices.Clone(m.Events)
		for _, e := range c.events {
			with.Events = append(with.Events, storage.TransferEvent{Event: e})
		}
		if _, ok := RegisteredOf(w.season, with); ok != c.want {
			t.Errorf("after %v: %v", c.events, ok)
		}
	}
}

// Two officers answer the same application at the same moment: one answer counts, the other officer is told.
func TestTwoAnswersAtOnce(t *testing.T) {
	w := newSchool(t)
	w.bind("何晴", "900001")
	w.bind("陈静", "900004")
	w.bind("张三", "20160001")
	w.handsIn("张三")
	w.send()
	w.receive("何晴", message{text: "批准 1号"})
	w.receive("陈静", message{text: "退回申请 1号：没有签名"})
	w.work()
	recorded, told := 0, 0
	for _, m := range w.send() {
		switch {
		case strings.HasPrefix(m.text, "已记"):
			recorded++
		case strings.HasPrefix(m.text, "1号申请已经处理过"):
			told++
		case m.to != "张三":
			t.Errorf("%s is told %q", m.to, m.text)
		}
	}
	if recorded != 1 || told != 1 {
		t.Errorf("%d answers were recorded, %d officers were told that it was answered", recorded, told)
	}
}

// The workbook of 导出 returns no application without saying why either.
func TestWorkbookReturnsNoApplicationWithoutReason(t *testing.T) {
	w := newSchool(t)
	w.bind("何晴", "900001")
	w.bind("张三", "20160001")
	w.handsIn("张三")
	turn := &turn{Turner: NewTurner(w.season, theWords()), now: w.clock.now(), p: storage.Pending{Roles: []storage.RoleIn{{Role: storage.Role{Party: storage.OrgCommittee}}}}}
	plan := &sheetPlan{}
	row := roster.Filled{Name: "张三", No: "20160001", Record: "退回申请"}
	if turn.plan(plan, row, w.member("20160001")) || len(plan.wrong) != 1 || !strings.Contains(plan.wrong[0], textSheetWhy) {
		t.Errorf("without a reason: %+v", plan)
	}
	row.Note = "没有签名"
	if !turn.plan(plan, row, w.member("20160001")) || len(plan.deeds) != 1 {
		t.Errorf("with a reason: %+v", plan)
	}
}
