package handlers

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"xianjie/roster"
	"xianjie/storage"
)

// trial is one way to reach a rule. The words in braces are the target's, see target.about.
type trial struct {
	rule   string // what is said, as the table has it
	by     string // the roles that reach the rule with a target of their own, by their letters (seatLetters)
	before []string
	say    string
	with   func(*walk, target) // puts something into the dialogue or the message that words do not
	common bool                // the words mean something else to others
}

// seatLetters stand for the seats of accessWorld, in their order.
const seatLetters = "smbcCoxla"

const (
	officers = "bcCo" // who holds an office
	deciders = "cCo"  // who answers matters and reads applications
	knownAll = "mbcCoa"
	everyone = "smbcCoxla"
)

func kindly(kind string) func(*walk, target) {
	return func(g *walk, _ target) { g.p.Inbox.Kind = kind }
}

func drafted(change func(*draft, int64, target)) func(*walk, target) {
	return func(g *walk, to target) {
		g.tb.Helper()
		d := g.draft()
		id := int64(987654)
		if p, err := g.world.PersonByNo(ctx, to.no); err == nil {
			id = p.ID
		}
		change(&d, id, to)
		data, err := json.Marshal(d)
		g.ok(err)
		g.p.Dialogue.Data = data
	}
}

func waitsFor(events ...string) func(*walk, target) {
	return drafted(func(d *draft, id int64, to target) {
		d.Reply = &reply{}
		for _, e := range events {
			d.Reply.Deeds = append(d.Reply.Deeds, pendingRecord{Event: e, At: "2020-06-24T00:00:00Z", IDs: []int64{id}, Names: []string{to.name}})
		}
	})
}

// sheetID is the message a filled workbook came in.
const sheetID = 777

var trials = []trial{
	{rule: "群里@助手：绑定班级群、解除班级群、收到", by: everyone, say: "@助手 绑定班级群 {branch}", with: inGroupChat},
	{rule: "群里@助手：绑定班级群、解除班级群、收到", by: everyone, say: "@助手 解除班级群", with: inGroupChat},
	{rule: "群里@助手：绑定班级群、解除班级群、收到", by: everyone, say: "@助手 名单", with: inGroupChat},
	{rule: "自己发出的、群里的、公众号的消息", by: everyone, say: "名单", with: func(g *walk, _ target) { g.p.Inbox.FromSelf = true }},
	{rule: "好友申请", by: everyone, say: "你好", with: kindly("friend_request")},
	{rule: "系统提示：对方已删除或拉黑", by: everyone, say: "你还不是他（她）朋友", with: kindly(kindSystem)},
	{rule: "红包、转账", by: everyone, with: kindly("red_packet")},
	{rule: "系统提示：可以开始聊天了", by: everyone, say: "现在可以开始聊天了", with: kindly(kindSystem)},
	{rule: "撤回、其他系统提示", by: everyone, say: "撤回了一条消息", with: kindly("recall")},
	{rule: "填好发回的工作簿（.xlsx 文件）", by: officers, with: workbook, common: true},
	{rule: "书面申请（图片或文件）", by: "a", with: kindly(storage.FilePicture), common: true},
	{rule: "语音、图片、表情等", by: everyone, with: kindly("voice")},
	{rule: "超过一千字", by: everyone, say: strings.Repeat("长", maxText+1)},
	{rule: "空白", by: everyone, say: "。。。"},
	{rule: "任何文字（代填的人不在管理范围里了）", by: knownAll, say: "确认", with: drafted(func(d *draft, _ int64, to target) { d.For, d.ForName = 987654, to.name })},
	{rule: "帮助", by: everyone, say: "帮助"},
	{rule: "人工 [想说的话]", by: everyone, say: "人工 想问一下"},

	{rule: "收到（对没有回复过的通知）", by: "mba", say: "收到", common: true},
	{rule: "状态、修改、取消", by: "sxl", say: "状态", common: true},
	{rule: "其他文字", by: "l", say: "随便说说", common: true},
	{rule: "学号 姓名", by: "sx", say: "{no} 王小明", common: true},
	{rule: "其他文字", by: "sx", say: "随便说说", common: true},
	{rule: "回应提醒：确认，或编号（哪些办好了）", by: knownAll, say: "确认", with: waitsFor("initiated"), common: true},
	{rule: "回应提醒：确认，或编号（哪些办好了）", by: knownAll, say: "2", with: waitsFor("returned", "initiated"), common: true},
	{rule: "回应提醒：编号或姓名（换给谁）", by: knownAll, say: "1", with: drafted(func(d *draft, id int64, to target) {
		d.Reply = &reply{Takers: []int64{id}, Names: []string{to.name}}
	}), common: true},
	{rule: "取消（不回应提醒了）", by: knownAll, say: "取消", with: waitsFor("initiated"), common: true},
	{rule: "刚收到提醒：1 知道了 · 2 已办 · 3 换人", by: "bco", say: "知道了", common: true},
	{rule: "刚收到提醒：1 知道了 · 2 已办 · 3 换人", by: "bco", say: "已办", common: true},
	{rule: "刚收到提醒：1 知道了 · 2 已办 · 3 换人", by: "bco", say: "换人", common: true},
	{rule: "确认、取消（刚发来的书面申请）", by: "ma", say: "确认", with: drafted(func(d *draft, _ int64, _ target) { d.HandIn = &handIn{File: 1} }), common: true},

	{rule: "取消（不写通知了）", by: "C", before: []string{"通知"}, say: "取消", common: true},
	{rule: "通知的内容", by: "C", before: []string{"通知"}, say: "请{name}登记。"},
	{rule: "通知发给谁", by: "C", before: []string{"通知", "请登记。"}, say: "{college}"},
	{rule: "试发", by: "C", before: []string{"通知", "请登记。", "{college}"}, say: "试发"},
	{rule: "发送", by: "C", before: []string{"通知", "请登记。", "{college}"}, say: "发送"},
	{rule: "改内容", by: "C", before: []string{"通知", "请登记。", "{college}"}, say: "改内容"},
	{rule: "改对象", by: "C", before: []string{"通知", "请登记。", "{college}"}, say: "改对象"},
	{rule: "通知", by: "C", say: "通知"},
	{rule: "通知列表", by: "C", say: "通知列表"},
	{rule: "进展 12", by: "C", say: "进展 1", common: true},
	{rule: "通知名单 12", by: "C", say: "通知名单 1", common: true},
	{rule: "图片或文件（正在写通知）", by: "C", before: []string{"通知"}, with: kindly("image"), common: true},
	{rule: "不带附件", by: "C", before: []string{"通知", "明天开会，请大家准时到。"}, say: "不带附件", with: drafted(func(d *draft, _ int64, _ target) {
		if d.Notice != nil {
			d.Notice.File = 1
		}
	}), common: true},
	{rule: "放行 12 · 退回 12 · 暂停 12 · 继续 12 · 停止 12", by: "C", say: "停止 1"},
	{rule: "放行 12 · 退回 12 · 暂停 12 · 继续 12 · 停止 12", by: "C", say: "放行 1"},
	{rule: "跟进 12", by: "C", say: "跟进 1"},
	{rule: "继续（微信停发之后）", by: "C", say: "继续", common: true},

	{rule: "回 12 文字 · 同意 12 · 拒绝 12 · 办结 12", by: deciders, say: "回 {matter} 请来一趟"},
	{rule: "回 12 文字 · 同意 12 · 拒绝 12 · 办结 12", by: deciders, say: "同意 {matter}"},
	{rule: "回 12 文字 · 同意 12 · 拒绝 12 · 办结 12", by: deciders, say: "办结 {matter}"},
	{rule: "待答复", by: deciders, say: "待答复"},
	{rule: "进度 [学院或团支部]", by: officers, say: "进度", common: true},
	{rule: "进度 [学院或团支部]", by: officers, say: "进度 {branch}"},
	{rule: "进度 [学院或团支部]", by: officers, say: "进度 {college}"},
	{rule: "进度图 [学院或团支部]", by: officers, say: "进度图 {branch}"},
	{rule: "总览、通报（校团委）", by: "C", say: "总览"},
	{rule: "总览、通报（校团委）", by: "C", say: "通报"},
	{rule: "任命 工号 姓名 角色 组织 · 卸任 工号 姓名（校团委）", by: "C", say: "任命 {no} {name} 团支书 {branch}", common: true},
	{rule: "任命 工号 姓名 角色 组织 · 卸任 工号 姓名（校团委）", by: "C", say: "卸任 900003 冯丽", common: true},
	{rule: "名单 [条件]", by: officers, say: "名单"},
	{rule: "名单 [条件]", by: officers, say: "名单 {branch} 全部"},
	{rule: "名单 [条件]", by: officers, say: "名单 {college}"},
	{rule: "代填 姓名（或学号、名单里的编号）", by: officers, say: "代填 {name}"},
	{rule: "代填 姓名（或学号、名单里的编号）", by: officers, say: "代填 {no}"},
	{rule: "催 全部 · 催 1 3-5 · 催 姓名…", by: officers, say: "催 {name}"},
	{rule: "催 全部 · 催 1 3-5 · 催 姓名…", by: officers, say: "催 {no}"},
	{rule: "催 全部 · 催 1 3-5 · 催 姓名…", by: officers, before: []string{"名单"}, say: "催 全部"},
	{rule: "导出 [条件]", by: officers, say: "导出"},
	{rule: "导出 [条件]", by: officers, say: "导出 {branch}"},
	{rule: "确认（填好发回的工作簿）", by: officers, say: "确认", with: sheetWaits, common: true},
	{rule: "取消（不按工作簿记了）", by: officers, say: "取消", with: sheetWaits, common: true},
	{rule: "申请 · 申请 12号 · 申请 姓名（可以看申请的）", by: deciders, say: "申请"},
	{rule: "申请 · 申请 12号 · 申请 姓名（可以看申请的）", by: deciders, say: "申请 {paper}号"},
	{rule: "申请 · 申请 12号 · 申请 姓名（可以看申请的）", by: deciders, say: "申请 {applicant}"},
	{rule: "申请 · 申请 12号 · 申请 姓名（可以看申请的）", by: deciders, say: "申请 {name}"},
	{rule: "登记册（可以看申请的）", by: deciders, say: "登记册"},
	{rule: "下一页", by: officers, before: []string{"名单 全部"}, say: "下一页"},
	{rule: "编号（同名时选人）", by: officers, say: "1", with: candidates(pendingRecord{Event: "initiated", At: "2020-06-24T00:00:00Z"}), common: true},
	{rule: "编号（同名时选人）", by: officers, say: "1", with: candidates(pendingRecord{For: true}), common: true},
	{rule: "取消（同名时不记了）", by: officers, say: "取消", with: candidates(pendingRecord{Event: "initiated"}), common: true},
	{rule: "支部已删除 团支部… 等（团支部、学院的进展）；撤销 支部已删除 团支部…", by: deciders, say: "支部已删除 {branch}"},
	{rule: "支部已删除 团支部… 等（团支部、学院的进展）；撤销 支部已删除 团支部…", by: deciders, say: "撤销 支部已删除 {branch}", common: true},
	{rule: "支部已删除 团支部… 等（团支部、学院的进展）；撤销 支部已删除 团支部…", by: deciders, say: "新生团组织已建 {college}"},
	{rule: recordRule, by: officers, say: "已发起 {name}"},
	{rule: recordRule, by: officers, say: "已发起 {no}"},
	{rule: recordRule, by: officers, say: "{name} 已接收"},
	{rule: recordRule, by: officers, say: "退回 {name}：材料不全"},
	{rule: recordRule, by: deciders, say: "已审 {name}"},
	{rule: recordRule, by: deciders, say: "已登记 {applicant}"},
	{rule: recordRule, by: "C", say: "批准 {paper}号"},
	{rule: recordRule, by: "C", say: "批准 {applicant}"},
	{rule: recordRule, by: "C", say: "退回申请 {paper}号：缺签名"},
	{rule: recordRule, by: officers, before: []string{"名单"}, say: "已发起 全部"},
	{rule: "撤销 姓名…", by: officers, say: "撤销 {name}"},
	{rule: "撤销 姓名…", by: officers, say: "撤销 {applicant}"},

	{rule: "取消（不代填了）", by: officers, before: []string{"代填 {name}"}, say: "取消", common: true},
	{rule: "确认（代填）", by: officers, before: []string{"代填 {name}", "确认"}, say: "确认", common: true},
	{rule: "状态", by: "mba", say: "状态", common: true},
	{rule: "取消", by: "b", say: "取消", common: true},
	{rule: "取消", by: "ma", say: "取消", common: true},
	{rule: "修改", by: "ma", say: "修改", common: true},
	{rule: "修改", by: "b", say: "修改", common: true},
	{rule: "上一步", by: "b", before: []string{"就业"}, say: "上一步", common: true},
	{rule: "上一步", by: "b", say: "上一步", common: true},
	{rule: "上一步", by: "ma", say: "上一步", common: true},
	{rule: "学号 姓名", by: knownAll, say: "{no} 王小明", common: true},
	{rule: "去向的编号或名称", by: "b", say: "就业", common: true},
	{rule: "控制台", by: officers, say: "控制台"},
	{rule: "依据 姓名（或学号、名单里的编号）", by: officers, say: "依据 {name}"},
	{rule: "依据 姓名（或学号、名单里的编号）", by: officers, say: "依据 {no}"},
	{rule: "编号（刚才问的是哪一种去向）", by: "b", before: []string{"上岸了"}, say: "1", common: true},
	{rule: "说去向的一句话", by: "b", say: "我签了某某公司", common: true},
	{rule: "可能是几种去向的一句话", by: "b", say: "上岸了", common: true},
	{rule: "问转接的事（怎么转、什么时候截止…）", by: "b", say: "团关系怎么转", common: true},
	{rule: "不能登记的单位名称", by: "b", before: []string{"涉密单位"}, say: "某某光电研究所", common: true},
	{rule: "不回答，反问转接的事", by: "b", before: []string{"就业"}, say: "为什么要问这个", common: true},
	{rule: "改了主意的一句话", by: "b", before: []string{"就业"}, say: "不对，我去当兵", common: true},
	{rule: "没有说、先填上的那一项", by: "b", before: []string{"签了深圳腾讯"}, say: "有团组织", common: true},
	{rule: "更正的一句话", by: "b", before: []string{"签了深圳腾讯"}, say: "不对，是上海分公司", common: true},
	{rule: "问好、道谢", by: "mba", say: "你好", common: true},
	{rule: "其他文字", by: "b", say: "随便说说", common: true},
	{rule: "对问题的回答", by: "b", before: []string{"就业"}, say: "到单位工作", common: true},
	{rule: "确认", by: "b", before: []string{"暂留学校"}, say: "确认", common: true},
	{rule: "不对", by: "b", before: []string{"暂留学校"}, say: "不对", common: true},
	{rule: "其他文字", by: "b", before: []string{"暂留学校"}, say: "随便说说", common: true},
	{rule: "要改的编号或名称；确认", by: "ma", before: []string{"修改"}, say: "1", common: true},
	{rule: "其他文字", by: "ma", before: []string{"修改"}, say: "随便说说", common: true},
	{rule: "已申请等（成员可报的进展）", by: "ma", say: "已申请", common: true},
	{rule: "更正的一句话", by: "ma", say: "我改成去英国读研", common: true},
	{rule: "问转接的事", by: "ma", say: "团关系怎么转", common: true},
	{rule: "另一种去向的名称", by: "ma", say: "参军", common: true},
	{rule: "确认", by: "ma", say: "确认", common: true},
	{rule: "其他文字", by: "ma", say: "随便说说", common: true},
	{rule: "状态", by: deciders, say: "状态", common: true},
	{rule: "修改", by: deciders, say: "修改", common: true},
	{rule: "取消", by: deciders, say: "取消", common: true},
	{rule: "问好、道谢", by: deciders, say: "你好", common: true},
	{rule: "其他文字", by: deciders, say: "随便说说", common: true},
}

const recordRule = "已审 姓名… · 姓名 已审 · 已审 全部 · 退回 姓名：原因（季节文件里的进展）"

func inGroupChat(g *walk, _ target) {
	g.p.Inbox.Sender = "@" + g.p.Contact.Nick
	g.p.Contact.Kind, g.p.Contact.PersonID = "group", nil
	g.p.Person, g.p.Roles, g.p.Transfer, g.p.Branch, g.p.College = nil, nil, nil, nil, nil
}

func workbook(g *walk, _ target) {
	g.p.Inbox.ID, g.p.Inbox.Kind, g.p.Inbox.Extra = sheetID, storage.FileDocument, `{"name":"名单.xlsx"}`
}

func sheetWaits(g *walk, to target) {
	drafted(func(d *draft, _ int64, _ target) { d.Sheet = &sheetDraft{Inbox: sheetID, Sum: "of another day"} })(g, to)
}

func candidates(p pendingRecord) func(*walk, target) {
	return drafted(func(d *draft, id int64, to target) {
		p.IDs, p.Names = []int64{id}, []string{to.name}
		d.Pending = &p
	})
}

// filledBook is a workbook that says 已发起 of a target.
func filledBook(tb testing.TB, to target) *storage.File {
	tb.Helper()
	var b bytes.Buffer
	rows := []roster.Progress{{No: to.no, Name: to.name, College: to.college, Branch: to.branch, State: "待发起"}}
	if err := roster.WriteProgress(&b, rows, []roster.Recordable{{Word: "已发起", Meaning: "已发起"}}); err != nil {
		tb.Fatal(err)
	}
	book, err := excelize.OpenReader(&b)
	if err != nil {
		tb.Fatal(err)
	}
	defer book.Close()
	if err := book.SetCellStr(roster.SheetProgress, "H2", "已发起"); err != nil {
		tb.Fatal(err)
	}
	out, err := book.WriteToBuffer()
	if err != nil {
		tb.Fatal(err)
	}
	return &storage.File{Kind: storage.FileDocument, Name: "名单.xlsx", Content: out.Bytes()}
}
