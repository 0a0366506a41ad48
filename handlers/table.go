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
		if t.p.Person == nil || t.p.Transfer == nil {
			return false
		}
	case officer:
		if t.p.Person == nil || len(t.p.Roles) == 0 {
			return false
		}
	}
	return r.hear(t)
}

// table is filled in init: its functions refer to it when they repeat a question.
var table []rule

func init() { table = conversation() }

// conversation is the whole conversation, row by row. Words that work at any moment come before answers.
func conversation() []rule {
	inDraft := []string{stateAsk, stateConfirm, stateEdit}
	return slices.Concat([]rule{
		{anybody, nil, "自己发出的、群里的、公众号的消息", ignored, func(t *turn) { t.skip("ignored") }, nil},
		{anybody, nil, "好友申请", kinds("friend_request"), (*turn).acceptFriend, nil},
		{anybody, nil, "系统提示：对方已删除或拉黑", isGone, (*turn).gone, nil},
		{anybody, nil, "系统提示：收到红包", kinds("red_packet", "transfer"), (*turn).declineMoney, nil},
		{anybody, nil, "系统提示：可以开始聊天了", isNewFriend, (*turn).greetNewFriend, nil},
		{anybody, nil, "撤回、其他系统提示", kinds("recall", "system", "status"), func(t *turn) { t.skip("ignored") }, nil},
		{anybody, nil, "语音、图片、表情等", notText, (*turn).onlyText, nil},
		{anybody, nil, "空白", func(t *turn) bool { return t.word == "" }, (*turn).blank, nil},
		{anybody, nil, "超过一千字", (*turn).tooLong, (*turn).overlong, nil},
		{anybody, nil, "帮助", words("帮助", "help", "菜单"), (*turn).help, nil},
		{stranger, nil, "人工", isHuman, (*turn).human, nil},

		{stranger, []string{stateLocked}, "任何文字", always, (*turn).locked, []string{stateBind}},
		{stranger, []string{stateBind}, "学号 姓名", isPair, (*turn).bindPair, []string{stateChoose, stateDone, stateOffice, stateLocked}},
		{stranger, []string{stateBind}, "其他文字", always, (*turn).askPair, nil},
	}, officerRules(), []rule{
		{bound, nil, "人工", isHuman, (*turn).human, nil},
		{member, nil, "状态", words("状态", "查询", "进展"), (*turn).status, nil},
		{member, []string{stateChoose, stateAsk, stateConfirm, stateEdit}, "取消", words("取消", "算了", "退出"), (*turn).cancel, []string{stateChoose, stateDone}},
		{member, []string{stateDone}, "取消", words("取消"), (*turn).nothingToCancel, nil},
		{member, []string{stateDone}, "修改", isEdit, (*turn).edit, []string{stateEdit}},
		{member, inDraft, "修改", isEdit, (*turn).edit, []string{stateEdit}},
		{member, []string{stateChoose}, "修改", isEdit, (*turn).repeat, nil},
		{member, inDraft, "上一步", isBack, (*turn).stepBack, []string{stateAsk, stateChoose, stateConfirm}},
		{member, []string{stateChoose}, "上一步", isBack, (*turn).backFromMenu, []string{stateConfirm}},
		{member, []string{stateDone}, "上一步", isBack, (*turn).backWhenDone, nil},

		{member, []string{stateChoose}, "去向的编号或名称", (*turn).hearsDestination, (*turn).choose, []string{stateAsk, stateConfirm}},
		{member, []string{stateChoose}, "问好", isGreeting, (*turn).greetBack, nil},
		{member, []string{stateChoose}, "其他文字", always, (*turn).notADestination, nil},
		{member, []string{stateAsk}, "对问题的回答", always, (*turn).answer, []string{stateConfirm}},
		{member, []string{stateConfirm}, "确认", isYes, (*turn).confirm, []string{stateDone}},
		{member, []string{stateConfirm}, "不对", words("不对", "不是", "不", "否", "错了", "有误", "2"), (*turn).edit, []string{stateEdit}},
		{member, []string{stateConfirm}, "其他文字", always, (*turn).notConfirmed, nil},
		{member, []string{stateEdit}, "要改的编号或名称", (*turn).hearsItem, (*turn).editItem, []string{stateAsk, stateChoose, stateConfirm}},
		{member, []string{stateEdit}, "其他文字", always, (*turn).notAnItem, nil},
		{member, []string{stateDone}, "已申请等（成员可报的进展）", (*turn).hearsOwnEvent, (*turn).recordOwn, nil},
		{member, []string{stateDone}, "问好", isGreeting, (*turn).greetBack, nil},
		{member, []string{stateDone}, "其他文字", always, (*turn).idle, nil},
		{bound, []string{stateOffice}, "其他文字", always, (*turn).officeHelp, nil},
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

func words(ws ...string) func(*turn) bool {
	return func(t *turn) bool { return t.heard(ws...) }
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

func isHuman(t *turn) bool {
	return t.heard("人工", "转人工", "人工服务", "找老师", "联系老师") || strings.HasPrefix(t.word, "人工 ") || strings.HasPrefix(t.word, "人工：")
}

func isEdit(t *turn) bool { return t.heard("修改", "更改", "改一下", "我要修改", "改") }

func isBack(t *turn) bool { return t.heard("上一步", "返回", "后退", "回上一步") }

func isYes(t *turn) bool {
	return t.heard("确认", "1", "是", "是的", "对", "对的", "好", "好的", "没错", "没问题", "正确", "ok", "确定", "提交")
}

func isGreeting(t *turn) bool {
	return t.heard("你好", "您好", "hi", "hello", "在吗", "在么", "在", "老师好", "早上好", "上午好", "下午好", "晚上好", "嗨", "谢谢", "谢谢你", "谢谢老师", "好的谢谢", "多谢", "感谢")
}

func (t *turn) acceptFriend() {
	t.out.Out = append(t.out.Out, storage.Out{ContactID: t.p.Contact.ID, Kind: storage.OutAccept, Extra: t.p.Inbox.Extra})
	t.out.Outcome = "accepting"
}

// gone: nothing more is sent to somebody who deleted or blocked us; what is due for them goes to their officers.
func (t *turn) gone() {
	t.out.ContactState = storage.ContactGone
	t.out.Outcome = "gone"
}
