package app_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xuri/excelize/v2"

	"xianjie/app"
	"xianjie/bot"
	"xianjie/roster"
	"xianjie/wechatsim"
)

// Files that people send reach the product through the real client: a workbook that comes back filled in, a written
// application, and what WeChat cannot or will not hand out.

const (
	officerNo   = "80000001"
	committeeNo = "80009999"
	applicantNo = "20160001"
	classmateNo = "20160002"
)

var declaresAbroad = []string{"留学", "爱尔兰某某大学", "2020年9月到2021年9月", "8月20日", "王某某，母亲", "15400000001", "确认"}

// inSchool runs a test in a small school that is online: a college secretary, an officer of the committee, a member who
// has declared to study abroad, and one who has declared to work.
func inSchool(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, folder, time.Date(2020, 6, 8, 9, 0, 0, 0, zone))
		var members []player
		for no, name := range map[string]string{applicantNo: "安然", classmateNo: "朗逸"} {
			members = append(members, player{Member: roster.Member{No: no, Name: name, College: "第1学院", Branch: "1班", Cohort: 2020}})
		}
		w.importRoster(members, []roster.Officer{
			{No: officerNo, Name: "书记甲", Role: roster.RoleCollege, College: "第1学院"},
			{No: committeeNo, Name: "干事乙", Role: roster.RoleCommittee},
		})
		w.start()
		defer w.stop()
		w.sleep(time.Minute)
		for no, name := range map[string]string{officerNo: "书记甲", committeeNo: "干事乙", applicantNo: "安然", classmateNo: "朗逸"} {
			w.person(no)
			w.meet(no, name)
		}
		w.say(applicantNo, declaresAbroad...)
		w.say(classmateNo, "就业", "单位", "云帆重工有限公司", "成都", "有", "确认")
		test(t, w)
	})
}

// heard is what somebody has received since n messages of the chat ago.
func (w *world) heard(no string, n int) []wechatsim.Message {
	p := w.sim.Person(no)
	return slices.DeleteFunc(slices.Clone(p.ChatSince(w.bot, n)), func(m wechatsim.Message) bool { return m.From == no })
}

// mark is how long a chat is by now.
func (w *world) mark(no string) int { return len(w.sim.Person(no).Chat(w.bot)) }

// told fails unless somebody has received a text since a mark.
func (w *world) told(no string, since int, want string) {
	w.t.Helper()
	var all []string
	for _, m := range w.heard(no, since) {
		if all = append(all, m.Text); strings.Contains(m.Text, want) {
			return
		}
	}
	w.t.Errorf("%s was not told %q, but %q", no, want, all)
}

// file is the last picture or document somebody has received since a mark.
func (w *world) file(no string, since int) wechatsim.Message {
	w.t.Helper()
	for _, m := range slices.Backward(w.heard(no, since)) {
		if m.Kind == wechatsim.KindFile || m.Kind == wechatsim.KindImage {
			return m
		}
	}
	w.t.Fatalf("%s received no file: %+v", no, w.heard(no, since))
	return wechatsim.Message{}
}

// state is how a member stands, by plain SQL.
func (w *world) state(no string) string {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+w.config.Database.DSN+"?mode=ro")
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	return query(w.t, db, "SELECT t.state FROM people p JOIN transfers t ON t.person_id = p.id WHERE p.no = ?", no)[0][0]
}

// An officer exports, fills in and sends back; the difference is said, and 确认 records it.
func TestWorkbookComesBack(t *testing.T) {
	inSchool(t, func(t *testing.T, w *world) {
		since := w.mark(officerNo)
		w.say(officerNo, "导出 全部")
		sent := w.file(officerNo, since)
		if sent.Kind != wechatsim.KindFile || !strings.HasSuffix(sent.Name, ".xlsx") {
			t.Fatalf("exported: a %s called %q", sent.Kind, sent.Name)
		}
		filled := fillIn(t, sent.Data, "朗逸", "已发起")
		since = w.mark(officerNo)
		w.send(officerNo, wechatsim.File(sent.Name, filled))
		w.told(officerNo, since, "已发起 1人：朗逸")
		if s := w.state(classmateNo); s != "pending" {
			t.Errorf("before 确认 the member is in state %s", s)
		}
		w.say(officerNo, "确认")
		w.told(officerNo, since, "已记“已发起”：朗逸")
		w.told(classmateNo, 0, "已经发起")
		if s := w.state(classmateNo); s != "to_receive" {
			t.Errorf("after 确认 the member is in state %s", s)
		}
	})
}

// fillIn writes a word into the column 登记 of somebody's row.
func fillIn(t *testing.T, workbook []byte, name, word string) []byte {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(workbook))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows(roster.SheetProgress)
	if err != nil {
		t.Fatal(err)
	}
	row := slices.IndexFunc(rows, func(r []string) bool { return slices.Contains(r, name) })
	cell, err := excelize.CoordinatesToCellName(slices.Index(rows[0], roster.ColRecord)+1, row+1)
	if err != nil {
		t.Fatal(err)
	}
	if err := book.SetCellStr(roster.SheetProgress, cell, word); err != nil {
		t.Fatal(err)
	}
	b, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A member sends the application; the officer receives it byte for byte, approves it by its number, and finds it in the
// register.
func TestApplicationIsHandedIn(t *testing.T) {
	for _, c := range []struct {
		name    string
		content wechatsim.Content
		kind    wechatsim.Kind
		file    string // its name on the officer's phone; a picture has none
		stored  string
	}{
		{"a picture", wechatsim.Image(paper(40_000)), wechatsim.KindImage, "", "图片.jpg"},
		{"a document in several chunks", wechatsim.File("申请 & 附件.pdf", paper(1_200_000)), wechatsim.KindFile, "申请 & 附件.pdf", "申请 & 附件.pdf"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inSchool(t, func(t *testing.T, w *world) {
				since := w.mark(committeeNo)
				w.send(applicantNo, c.content)
				w.say(applicantNo, "确认")
				w.told(committeeNo, since, "国内联系人手机号：15400000001")
				got := w.file(committeeNo, since)
				want := paper(len(got.Data))
				if got.Kind != c.kind || c.file != "" && got.Name != c.file || len(got.Data) < 40_000 || !bytes.Equal(got.Data, want) {
					t.Errorf("the officer received a %s called %q of %d bytes", got.Kind, got.Name, len(got.Data))
				}
				if f, err := w.app.Store.FileByID(w.ctx, 1); err != nil || f.Name != c.stored {
					t.Errorf("stored as %q, %v", f.Name, err)
				}
				w.say(committeeNo, "批准 1号")
				w.told(applicantNo, 0, "校团委已批准")
				if s := w.state(applicantNo); s != "to_register" {
					t.Errorf("the member is in state %s", s)
				}
				w.say(officerNo, "已登记 安然")
				w.checkRegister(committeeNo)
			})
		})
	}
}

// paper is a sheet of so many bytes.
func paper(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i/251)
	}
	return b
}

// checkRegister reads the register in chat and as it is exported for scripts.
func (w *world) checkRegister(no string) {
	w.t.Helper()
	since := w.mark(no)
	w.say(no, "登记册")
	book, err := excelize.OpenReader(bytes.NewReader(w.file(no, since).Data))
	if err != nil {
		w.t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows(book.GetSheetName(0))
	if err != nil || len(rows) != 2 || !slices.Contains(rows[1], applicantNo) || !slices.Contains(rows[1], "15400000001") {
		w.t.Errorf("the register in chat: %q, %v", rows, err)
	}
	var out bytes.Buffer
	if err := app.Export(w.ctx, w.app.Data, &out, roster.JSON, "register"); err != nil {
		w.t.Fatal(err)
	}
	type line struct {
		No          string
		Application int64
		ApprovedBy  string    `json:"approved_by"`
		ApprovedAt  time.Time `json:"approved_at"`
		State       string
		Place       string `json:"answer_abroad_place"`
		Leave       string `json:"answer_leave_on"`
	}
	var lines []line
	err = json.Unmarshal(out.Bytes(), &lines)
	if err != nil || len(lines) != 1 || lines[0].ApprovedAt.IsZero() {
		w.t.Fatalf("exported: %+v, %v", lines, err)
	}
	lines[0].ApprovedAt = time.Time{}
	if want := (line{No: applicantNo, Application: 1, ApprovedBy: "干事乙", State: "registered", Place: "爱尔兰某某大学", Leave: "2020-08-20"}); lines[0] != want {
		w.t.Errorf("exported: %+v, want %+v", lines[0], want)
	}
}

// What cannot be had is said, and the conversation goes on: what the sender wrote meanwhile is answered after it.
func TestFilesThatDoNotCome(t *testing.T) {
	document := wechatsim.File("申请.pdf", paper(3000))
	for _, c := range []struct {
		name    string
		content wechatsim.Content
		fault   *wechatsim.Injection
		relogin bool
		patient bool // it takes minutes to give up
		want    string
	}{
		{name: "too large", content: wechatsim.File("申请.pdf", make([]byte, bot.MaxFile+1)), want: "这个文件太大了"},
		{
			name: "WeChat does not hand it out", content: document, want: "没能接收到",
			fault: &wechatsim.Injection{Endpoint: "webwxgetmedia", Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: 1}},
		},
		{
			name: "WeChat never has it", content: document, want: "没能接收到", patient: true,
			fault: &wechatsim.Injection{Endpoint: "webwxgetmedia", Fault: wechatsim.Fault{Kind: wechatsim.EmptyBody}},
		},
		{
			name: "WeChat has it only later", content: document, want: "“申请.pdf”收到了",
			fault: &wechatsim.Injection{Endpoint: "webwxgetmedia", Fault: wechatsim.Fault{Kind: wechatsim.EmptyBody}, Times: 3},
		},
		{
			name: "the connection breaks", content: document, want: "“申请.pdf”收到了",
			fault: &wechatsim.Injection{Endpoint: "webwxgetmedia", Fault: wechatsim.Fault{Kind: wechatsim.Reset}, Times: 2},
		},
		{
			name: "the picture is not there yet", content: wechatsim.Image(paper(3000)), want: "图片收到了。这是你的",
			fault: &wechatsim.Injection{Endpoint: "webwxgetmsgimg", Fault: wechatsim.Fault{Kind: wechatsim.BadGateway}, Times: 1},
		},
		{
			name: "another login came in between", content: document, want: "没能接收到", relogin: true,
			fault: &wechatsim.Injection{Endpoint: "webwxgetmedia", Fault: wechatsim.Fault{Kind: wechatsim.EmptyBody}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			inSchool(t, func(t *testing.T, w *world) {
				if c.fault != nil {
					w.sim.Inject(*c.fault)
				}
				since := w.mark(applicantNo)
				p := w.sim.Person(applicantNo)
				p.Send(w.bot, c.content)
				w.sleep(15 * time.Second)
				p.Say(w.bot, "状态")
				if c.relogin {
					w.sleep(5 * time.Second)
					w.bot.Relogin()
				}
				w.sleep(4 * time.Minute)
				w.told(applicantNo, since, c.want)
				w.told(applicantNo, since, "目前进展：待书面申请")
				said := w.heard(applicantNo, since)
				if len(said) < 2 || !strings.Contains(said[0].Text, c.want) {
					t.Fatalf("answered in another order: %q", said)
				}
				if wait := said[0].At.Sub(p.ChatSince(w.bot, since)[0].At); wait > 3*time.Minute || c.patient != (wait > 110*time.Second) {
					t.Errorf("the file was spoken of after %v", wait)
				}
				if s := w.state(applicantNo); s != "to_apply" {
					t.Errorf("the member is in state %s", s)
				}
				// The next file is taken as if nothing had happened.
				since = w.mark(applicantNo)
				w.send(applicantNo, wechatsim.Image(paper(2000)))
				w.told(applicantNo, since, "这是你的书面申请吗")
			})
		})
	}
}
