package handlers

import (
	"slices"
	"strings"

	"xianjie/storage"
)

// rule is one row of the conversation: who writes, in which states, what is said, what is done, where it may lead.
// The first row that applies is taken.
type rule struct {
	who  who
	from []string // nil: every state
	on   string   // what is said, in words for the printed table
	hear func(*turn) bool
	do   func(*turn)
	to   []string // states it may lead to; nil: it stays
}

// who may be heard by a rule.
type who string

const (
	anybody  who = "任何人"
	stranger who = "未绑定"
	bound    who = "已绑定"
	member   who = "毕业生"
	officer  who = "干部"
	deputy   who = "代填的干部" // an officer in the middle of 代填
)

func (r *rule) applies(t *turn) bool {
	if len(r.from) > 0 && !slices.Contains(r.from, t.state) {
		return false
	}
	switch r.who {
	case stranger:
		if t.p.Person != nil {
			return false
		}
	case bound:
		if t.p.Person == nil {
			return false
		}
	case member:
		if t.subject == nil { // what a member answers, an officer answers in their place
			return false
		}
	case deputy:
		if t.draft.For == 0 {
			return false
		}
	case officer:
		if t.p.Person == nil || len(t.p.Roles) == 0 {
			return false
		}
	}
	return r.hear(t)
}

// conversation is the whole conversation, row by row. Words that work at any moment come before answers.
func conversation() []rule {
	const (
		bind, locked                     = stateBind, stateLocked
		choose, ask, confirm, edit, done = stateChoose, stateAsk, stateConfirm, stateEdit, stateDone
		office                           = stateOffice
	)
	in := func(states ...string) []string { return states }
	return slices.Concat([]rule{
		{anybody, nil, "群里@助手：绑定班级群、解除班级群、收到", isAddressed, (*turn).inGroup, nil},
		{anybody, nil, "自己发出的、群里的、公众号的消息", ignored, (*turn).ignore, nil},
		{anybody, nil, "好友申请", kinds("friend_request"), (*turn).acceptFriend, nil},
		{anybody, nil, "系统提示：对方已删除或拉黑", isGone, (*turn).gone, nil},
		{anybody, nil, "红包、转账", kinds("red_packet", "transfer"), (*turn).declineMoney, nil},
		{anybody, nil, "系统提示：可以开始聊天了", isNewFriend, (*turn).greetNewFriend, nil},
		{anybody, nil, "撤回、其他系统提示", kinds("recall", "system", "status"), (*turn).ignore, nil},
		{officer, nil, "图片或文件（正在写通知）", isNoticeFile, (*turn).noticeFileCame, nil},
		{officer, nil, "填好发回的工作簿（.xlsx 文件）", isSheet, (*turn).sheetCame, nil},
		{member, in(done), "书面申请（图片或文件）", isHandIn, (*turn).handInCame, nil},
		{anybody, nil, "语音、图片、表情等", notText, (*turn).onlyText, nil},
		{anybody, nil, "超过一千字", (*turn).tooLong, (*turn).overlong, nil},
		{anybody, nil, "空白", func(t *turn) bool { return t.word == "" }, (*turn).blank, nil},
		{bound, nil, "任何文字（代填的人不在管理范围里了）", func(t *turn) bool { return t.lost != "" }, (*turn).lostSubject, nil},
		{anybody, nil, "帮助", words("帮助", "help", "菜单", "怎么用"), (*turn).help, nil},
		{anybody, nil, "人工 [想说的话]", isHuman, (*turn).human, nil},

		{bound, nil, "收到（对没有回复过的通知）", isReceipt, (*turn).receipt, nil},
		{stranger, nil, "状态、修改、取消", isForMembers, (*turn).notKnownYet, nil},
		{stranger, in(locked), "其他文字", always, (*turn).locked, in(bind, choose, done, office)},
		{stranger, in(bind), "学号 姓名", isPair, (*turn).bindPair, in(choose, done, office, locked)},
		{stranger, in(bind), "其他文字", always, (*turn).askPair, nil},
		{bound, nil, "回应提醒：确认，或编号（哪些办好了）", hearsDeeds, (*turn).recordDeeds, nil},
		{bound, nil, "回应提醒：编号或姓名（换给谁）", hearsTaker, (*turn).handOver, nil},
		{bound, nil, "取消（不回应提醒了）", func(t *turn) bool { return t.draft.Reply != nil && isCancel(t) }, (*turn).dropReply, nil},
		{bound, nil, "刚收到提醒：1 知道了 · 2 已办 · 3 换人", hearsReminder, (*turn).answerReminder, nil},
		{member, in(done), "确认、取消（刚发来的书面申请）", hearsHandIn, (*turn).answerHandIn, nil},
	}, noticeRules(), officerRules(), []rule{
		{deputy, in(choose, ask, confirm, edit), "取消（不代填了）", isCancel, (*turn).cancelFor, in(choose, ask, confirm, edit, done, office)},
		{deputy, in(confirm), "确认（代填）", isConfirm, (*turn).confirmFor, in(choose, ask, confirm, edit, done, office)},
		{member, nil, "状态", isStatus, (*turn).status, nil},
		{member, in(choose, ask, confirm, edit), "取消", isCancel, (*turn).cancel, in(choose, done)},
		{member, in(done), "取消", isCancel, (*turn).nothingToCancel, nil},
		{member, in(done, ask, confirm, edit), "修改", isEdit, (*turn).edit, in(edit, choose)},
		{member, in(choose), "修改", isEdit, (*turn).prompt, nil},
		{member, in(ask, confirm, edit), "上一步", isBack, (*turn).stepBack, in(ask, choose, confirm)},
		{member, in(choose), "上一步", isBack, (*turn).backFromMenu, in(ask, confirm)},
		{member, in(done), "上一步", isBack, (*turn).nothingToCancel, nil},
		{bound, in(choose, confirm, edit, done, office), "学号 姓名", isStudentPair, (*turn).boundAlready, nil},

		{member, in(choose), "编号（刚才问的是哪一种去向）", (*turn).hearsCandidate, (*turn).takeCandidate, in(ask, confirm)},
		{member, in(choose), "去向的编号或名称", (*turn).hearsDestination, (*turn).choose, in(ask, confirm)},
		{member, in(choose), "说去向的一句话", (*turn).hearsSentence, (*turn).tellDestination, in(ask, confirm)},
		{member, in(choose), "可能是几种去向的一句话", (*turn).hearsSeveral, (*turn).askDestination, nil},
		{member, in(choose, ask, confirm, edit, done), "问好、道谢", isGreeting, (*turn).greetBack, nil},
		{member, in(choose, confirm, edit), "问转接的事（怎么转、什么时候截止…）", (*turn).hearsTopic, (*turn).answerTopic, nil},
		{member, in(choose), "其他文字", always, (*turn).notADestination, nil},
		{member, in(ask, confirm, edit, done), "不能登记的单位名称", (*turn).namesSecret, (*turn).refuseSecret, nil},
		{member, in(ask), "不回答，反问转接的事", (*turn).asksBack, (*turn).answerTopic, nil},
		{member, in(ask), "改了主意的一句话", (*turn).hearsOtherInstead, (*turn).tellDestination, in(ask, confirm)},
		{member, in(ask), "对问题的回答", always, (*turn).answer, in(confirm)},
		{member, in(confirm), "确认", isConfirm, (*turn).confirm, in(done, ask, choose)},
		{member, in(confirm), "不对", isNo, (*turn).edit, in(edit)},
		{member, in(confirm), "没有说、先填上的那一项", (*turn).hearsAssumed, (*turn).tellAssumed, in(ask, confirm)},
		{member, in(confirm), "更正的一句话", (*turn).hearsCorrection, (*turn).correct, in(ask, confirm)},
		{member, in(confirm), "其他文字", always, (*turn).notConfirmed, nil},
		{member, in(edit), "要改的编号或名称；确认", (*turn).hearsItem, (*turn).editItem, in(ask, choose, confirm)},
		{member, in(edit), "其他文字", always, (*turn).notAnItem, nil},
		{member, in(done), "已申请等（成员可报的进展）", (*turn).hearsOwnEvent, (*turn).recordOwn, nil},
		{member, in(done), "另一种去向的名称", (*turn).hearsOtherDestination, (*turn).switchTo, in(ask, confirm)},
		{member, in(done), "确认", isConfirm, (*turn).confirmedAlready, nil},
		{member, in(done), "更正的一句话", (*turn).hearsCorrection, (*turn).correct, in(ask, confirm)},
		{member, in(done), "问转接的事", (*turn).hearsTopic, (*turn).answerTopic, nil},
		{member, in(done), "其他文字", always, (*turn).idle, nil},

		{bound, in(office), "状态", isStatus, (*turn).officeStatus, nil},
		{bound, in(office), "修改", isEdit, (*turn).officeEdit, nil},
		{bound, in(office), "取消", isCancel, (*turn).officeCancel, nil},
		{bound, in(office), "问好、道谢", isGreeting, (*turn).officeGreeting, nil},
		{bound, in(office), "其他文字", always, (*turn).officeHelp, nil},
	})
}

func always(*turn) bool { return true }

// ignored are messages nobody expects an answer to: our own from the phone, groups, official accounts.
func ignored(t *turn) bool {
	if t.p.Inbox.FromSelf {
		return true
	}
	switch t.p.Contact.Kind {
	case "group", "official", "self":
		return true
	}
	return false
}

func kinds(ks ...string) func(*turn) bool {
	return func(t *turn) bool { return slices.Contains(ks, t.p.Inbox.Kind) }
}

func notText(t *turn) bool { return t.p.Inbox.Kind != kindText }

// The kind of message that carries words, and the lines WeChat writes by itself.
const (
	kindText   = "text"
	kindSystem = "system"
)

// isGone recognises the grey lines by which WeChat says that our message did not arrive. Only WeChat writes lines of
// this kind, so a member who types the same words is not mistaken for it.
func isGone(t *turn) bool {
	return t.p.Inbox.Kind == kindSystem &&
		(strings.Contains(t.p.Inbox.Text, "你还不是他") || strings.Contains(t.p.Inbox.Text, "被对方拒收"))
}

// isNewFriend recognises the grey line of a new friendship, and the text WeChat sends in the friend's name.
func isNewFriend(t *turn) bool {
	switch t.p.Inbox.Kind {
	case kindSystem:
		return strings.Contains(t.p.Inbox.Text, "可以开始聊天了")
	case kindText:
		return strings.TrimSpace(t.p.Inbox.Text) == "我通过了你的朋友验证请求，现在我们可以开始聊天了"
	}
	return false
}

func (t *turn) ignore() { t.skip("ignored") }

func (t *turn) acceptFriend() {
	t.out.Out = append(t.out.Out, storage.Out{ContactID: t.p.Contact.ID, Kind: storage.OutAccept, Extra: t.p.Inbox.Extra})
	t.out.Outcome = "accepting"
}

// gone: nothing more is sent to somebody who deleted or blocked us; what is due for them goes to their officers.
func (t *turn) gone() {
	t.out.ContactState = storage.ContactGone
	t.out.Outcome = "gone"
}
