package demo

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeStage is a stage with a few scripted answers instead of the product behind it.
type fakeStage struct {
	changed chan struct{}
	gate    chan struct{} // Move goes on when it is closed
	over    <-chan struct{}

	mu     sync.Mutex
	now    time.Time
	snap   Snapshot
	asked  string // what the member was asked last
	serial int
	moved  []string // steps asked for
}

var fakeZone = time.FixedZone("fake", 8*60*60)

const fakeMenu = "毕业后你的去向是哪一种？回复编号或名称即可：\n1 就业或自主创业\n2 国内升学\n3 参军入伍\n4 涉密单位就业\n5 暂时没有落实去向\n" +
	"6 暂留学校（流动团员）\n7 出国（境）学习或研究\n8 因公出国（境）工作\n9 因私出国（境）\n10 延迟毕业\n拿不准就回复“人工”，请老师帮忙看看。"

func newFakeStage(t *testing.T) *fakeStage {
	t.Helper()
	cast := People(1, 60)
	f := &fakeStage{changed: make(chan struct{}, 1), gate: make(chan struct{}), over: t.Context().Done(), now: time.Date(2020, 6, 1, 9, 30, 0, 0, fakeZone)}
	f.snap = Snapshot{Title: "演示大学2020届毕业学生团员团组织关系转接", Account: "团组织关系助手", Opens: "2020-06-01", Closes: "2021-01-31"}
	words := []string{"帮助", "状态", "修改", "取消", "人工"}
	for _, p := range []struct{ key, title string }{{PhoneMember, "毕业生"}, {PhoneSecretary, "学院书记"}, {PhoneCommittee, "校团委"}} {
		f.snap.Phones = append(f.snap.Phones, Phone{Key: p.key, Title: p.title, Friend: p.key != PhoneMember, Words: words})
	}
	names := []string{"就业", "升学", "未落实", "出国学习", "参军"}
	goes := []string{
		"四川省某某区某某街道的“学社衔接临时团支部”（单位没有团组织，由当地乡镇街道设立）", "某某大学新生团组织；对方建好之前，先留在原来的学院",
		"贵州省某某县某某镇的“学社衔接临时团支部”", "留在学校的“2020年出国(境)学习研究团员团支部”", "特殊单位专属库（不进入部队的系统）",
	}
	states := []string{"待发起", "待对方建团组织", "待接收", "待校团委批准", "已接收"}
	for i, m := range cast.Members {
		choice := Choice{ID: m.No, Name: m.Name, Initial: initial(m.Name), No: m.No, Where: m.College + " " + m.Branch, State: "未登记", Open: true}
		if k := i % 5; i%2 == 1 {
			choice.State, choice.Open = names[k]+" · "+states[k], false
			f.snap.Members = append(f.snap.Members, Row{
				ID: m.No, Name: m.Name, Branch: m.Branch, Destination: names[k], State: states[k], Settled: k == 4, Goes: goes[k], At: f.now,
			})
		}
		f.snap.People = append(f.snap.People, choice)
	}
	for _, c := range cast.Colleges {
		f.snap.Colleges = append(f.snap.Colleges, Progress{Name: c.Name, Total: 20, Declared: 10, Must: 6, Initiated: len(c.Branches) - 2, Received: 1})
	}
	for i, n := range names {
		f.snap.Destinations = append(f.snap.Destinations, Tally{Name: n, Count: 11 - 2*i})
	}
	for i, d := range []struct {
		name, whom string
		days, n    int
	}{{"审核转出申请", "机械与运载工程学院", 2, 3}, {"交书面申请", cast.Members[3].Name, 9, 1}, {"发起转接", "经济与工商管理学院", 60, 12}, {"完成升学转接", "外国语学院", 152, 7}} {
		due := f.now.AddDate(0, 0, d.days)
		duty := Due{Name: d.name, Whom: d.whom, Due: due.Format(time.DateOnly), Days: d.days, Count: d.n}
		if i != 3 {
			next := time.Date(due.Year(), due.Month(), due.Day()-1, 9, 0, 0, 0, fakeZone)
			duty.Next = &next
			f.snap.Next = append(f.snap.Next, Wake{At: next, Text: d.name + "提醒：" + d.whom})
		}
		f.snap.Duties = append(f.snap.Duties, duty)
	}
	for i, o := range cast.Officers {
		if phone := i; phone < 2 {
			f.snap.Phones[2-phone].Person = Person{ID: o.No, Name: o.Name, Initial: initial(o.Name), Where: strings.TrimSpace(cast.Committee + " " + o.College), No: o.No}
		}
	}
	f.hold(f.snap.People[0].ID)
	for _, p := range []string{PhoneSecretary, PhoneCommittee} {
		f.add(p, Message{Grey: true, Text: "你已添加了团组织关系助手，现在可以开始聊天了。"})
		person := f.phone(p).Person
		f.add(p, Message{Mine: true, Text: person.No + " " + person.Name})
		f.reply(p, fmt.Sprintf("认识您了，%s（%s）。\n您好，老师。我会在复核和转接期限之前提醒您，也可以随时问我。", person.Name, person.Where))
	}
	return f
}

func initial(name string) string { return string([]rune(name)[:1]) }

func (f *fakeStage) Changed() <-chan struct{} { return f.changed }

func (f *fakeStage) Snapshot(context.Context) (Snapshot, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.snap
	s.Now = f.now
	s.Phones = slices.Clone(f.snap.Phones)
	return s, nil
}

// change applies a change to the stage and tells the page.
func (f *fakeStage) change(do func()) {
	f.mu.Lock()
	do()
	f.mu.Unlock()
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

func (f *fakeStage) phone(key string) *Phone {
	return &f.snap.Phones[slices.IndexFunc(f.snap.Phones, func(p Phone) bool { return p.Key == key })]
}

func (f *fakeStage) add(phone string, m Message) {
	p := f.phone(phone)
	f.serial++
	m.ID, m.At = fmt.Sprint(f.serial), f.now
	p.Messages = append(slices.Clip(p.Messages), m)
	p.Chips = Choices(m.Text)
}

func (f *fakeStage) reply(phone, text string) {
	f.add(phone, Message{Text: text})
	first, _, _ := strings.Cut(text, "\n")
	f.snap.Sent = append([]Sending{{ID: fmt.Sprint(f.serial), At: f.now, To: f.phone(phone).Person.Name, Kind: "回复", Text: first}}, f.snap.Sent...)
}

// hold gives the member phone to a person.
func (f *fakeStage) hold(id string) {
	c := f.choice(id)
	*f.phone(PhoneMember) = Phone{
		Key: PhoneMember, Title: "毕业生", Words: f.phone(PhoneMember).Words,
		Person: Person{ID: c.ID, Name: c.Name, Initial: c.Initial, Where: c.Where, No: c.No},
	}
	f.snap.Done.Bound, f.snap.Done.Declared, f.asked = false, false, ""
}

func (f *fakeStage) choice(id string) *Choice {
	return &f.snap.People[slices.IndexFunc(f.snap.People, func(c Choice) bool { return c.ID == id })]
}

func (f *fakeStage) Switch(_ context.Context, person string) error {
	f.change(func() { f.hold(person) })
	return nil
}

func (f *fakeStage) AddFriend(_ context.Context, phone string) error {
	f.change(func() {
		p := f.phone(phone)
		p.Friend = true
		p.Hint = &Hint{Text: "发送学号和姓名", Send: p.Person.No + " " + p.Person.Name}
		f.add(phone, Message{Grey: true, Text: "你已添加了团组织关系助手，现在可以开始聊天了。"})
		f.reply(phone, "你好，我是演示大学团组织关系转接助手。毕业时团组织关系转到哪里、谁来办、什么时候前办好，都可以在这里问清楚、办明白。")
		f.reply(phone, "先认识一下：请把学号和姓名一起发给我，中间空一格，例如：\n20160001 张三")
	})
	return nil
}

func (f *fakeStage) Say(_ context.Context, phone, text string) error {
	if text == "坏了" {
		return fmt.Errorf("say on %s: out of order", phone)
	}
	f.change(func() {
		f.add(phone, Message{Mine: true, Text: text})
		switch {
		case phone != PhoneMember && text == "进度图":
			f.add(phone, Message{File: "图片", Show: true})
			return
		case phone != PhoneMember && text == "导出":
			f.add(phone, Message{File: "机械<学院>.xlsx"})
			return
		}
		if phone != PhoneMember {
			f.reply(phone, "可以回复：\n进度：看完成情况\n名单：看还没办完的人")
			return
		}
		p := f.phone(phone)
		switch {
		case text == p.Person.No+" "+p.Person.Name:
			p.Hint = &Hint{Text: "试试用自己的话说", Send: "我考上了某某大学的研究生"}
			f.snap.Done.Bound = true
			f.reply(phone, fmt.Sprintf("认识你了，%s（%s）。", p.Person.Name, p.Person.Where))
			f.reply(phone, fakeMenu)
		case f.asked == "" && f.snap.Done.Bound:
			p.Hint, f.asked = nil, "where"
			f.reply(phone, "好的，国内升学。被国内的学校录取（读研、读博、专升本、第二学士学位等）。\n\n你到哪里升学？\n1 本校\n2 其他学校")
		case f.asked == "where":
			f.asked = "confirm"
			f.reply(phone, "请核对一下：\n去向：国内升学\n升学学校：其他学校\n\n都对就回复“确认”；要改回复“修改”；回到上一题回复“上一步”。")
			p.Chips = []Chip{{"确认", "确认"}, {"修改", "修改"}, {"上一步", "上一步"}}
		case f.asked == "confirm" && text == "确认":
			f.snap.Done.Declared, f.asked = true, "done"
			f.reply(phone, "登记好了，"+p.Person.Name+"。\n\n去向：国内升学\n团组织关系：某某大学新生团组织；对方建好之前，先留在原来的学院\n时间：10月31日前完成\n\n你要做的：\n1 暂时不用操作，组织关系先留在原学院。\n2 入学后问清新团支部的全称。")
			f.snap.Members = append([]Row{{ID: p.Person.ID, Name: p.Person.Name, Branch: p.Person.Where, Destination: "升学", State: "待对方建团组织", Goes: "某某大学新生团组织；对方建好之前，先留在原来的学院", At: f.now}}, f.snap.Members...)
			c := f.choice(p.Person.ID)
			c.State, c.Open = "升学 · 待对方建团组织", false
			f.snap.Colleges = slices.Clone(f.snap.Colleges)
			f.snap.Colleges[0].Declared++
		default:
			f.reply(phone, "这个回答没有看懂，请再说一次。")
		}
	})
	return nil
}

// fakePicture is a picture of one colour.
var fakePicture = func() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 108, 144))); err != nil {
		panic(err)
	}
	return b.Bytes()
}()

// File finds what the fake sent, and a document that says it is a page.
func (f *fakeStage) File(phone, message string) *File {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.phone(phone)
	i := slices.IndexFunc(p.Messages, func(m Message) bool { return m.ID == message })
	switch {
	case i < 0 || p.Messages[i].File == "":
		return nil
	case p.Messages[i].Show:
		return &File{p.Messages[i].File, fakePicture}
	}
	return &File{p.Messages[i].File, []byte("<!doctype html><script>alert(1)</script>")}
}

// Move waits for the gate in the background, then lets two weeks pass, the last of which brings the secretary a reminder.
func (f *fakeStage) Move(_ context.Context, step string) error {
	f.change(func() {
		f.moved = append(f.moved, step)
		f.snap.Moving = &Moving{Text: "正在走到下一个期限：6月2日 09:00"}
	})
	go func() {
		select {
		case <-f.gate:
		case <-f.over:
			return
		}
		f.change(func() {
			for day := range 14 {
				f.now = time.Date(2020, 6, 2+day, 9, 0, 0, 0, fakeZone)
				text, major := "2位同学登记了去向", false
				if day%4 == 3 {
					text, major = "提醒机械与运载工程学院：3份转出申请还有1天自动通过", true
				}
				f.snap.Log = append([]Happened{{ID: fmt.Sprint("log", len(f.snap.Log)), At: f.now, Text: text, Major: major}}, f.snap.Log...)
			}
			f.snap.Moving = nil
			f.snap.Done.Reminded = true
			f.reply(PhoneSecretary, f.phone(PhoneSecretary).Person.Name+"老师好，有1件团组织关系的事需要您留意：\n\n审核转出申请，明天到期，共3人：王一、李文思、张雨晨\n\n办好了回复我，例如：已审 王一。回复“名单”看明细。")
			f.snap.Sent[0].Kind = "提醒"
		})
	}()
	return nil
}
