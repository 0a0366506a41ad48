package handlers

import (
	"slices"
	"strings"
	"unicode/utf8"

	"xianjie/understand"
)

// The fixed words of the conversation. They are compared with the whole message, never looked for inside it.

var (
	wordsHuman   = []string{"人工", "转人工", "人工服务", "找老师", "联系老师"}
	wordsStatus  = []string{"状态", "查询", "进展", "查看状态", "看进展"}
	wordsEdit    = []string{"修改", "更改", "改一下", "修改一下", "我要修改", "改", "重新填", "重填"}
	wordsBack    = []string{"上一步", "上一题", "返回", "返回上一步", "返回上一题", "后退", "回上一步", "回到上一题"}
	wordsCancel  = []string{"取消", "算了", "退出", "我要取消", "取消填写", "取消修改", "不填了", "不改了"}
	wordsConfirm = []string{"确认", "确定", "确认无误", "确认提交", "提交", "没问题", "没错", "无误", "都对", "对", "对的", "对呀", "对啊", "嗯对", "正确"}
	wordsAssent  = []string{"1", "是", "是的", "好", "好的", "好了", "嗯", "嗯嗯", "可以", "行", "ok", "收到", "知道了", "明白", "明白了"}
	wordsNo      = []string{"不对", "不是", "不", "否", "错了", "有误", "不正确", "写错了"}
	wordsSkip    = []string{"跳过", "先跳过", "跳过这题", "先不填", "不填", "略"}
	wordsUnknown = []string{
		"不知道", "还不知道", "我不知道", "不清楚", "不确定", "还不确定", "没定", "还没定", "未定", "待定", "没想好", "还没想好", "随便", "无", "没有", "暂无",
	}
	wordsWaiting = []string{"待答复", "待回复"}
	wordsHello   = []string{"你好", "您好", "hi", "hello", "在吗", "在么", "在", "老师好", "早上好", "上午好", "中午好", "下午好", "晚上好", "嗨"}
	wordsThank   = []string{"谢谢", "谢谢你", "谢谢您", "谢谢老师", "好的谢谢", "好的，谢谢", "多谢", "感谢", "辛苦了"}
)

// heard reports whether the message is one of the words and nothing else.
func (t *turn) heard(words ...string) bool { return slices.Contains(words, t.word) }

func words(ws ...string) func(*turn) bool {
	return func(t *turn) bool { return t.heard(ws...) }
}

func isStatus(t *turn) bool { return t.heard(wordsStatus...) }

func isEdit(t *turn) bool { return t.heard(wordsEdit...) }

func isBack(t *turn) bool { return t.heard(wordsBack...) }

func isCancel(t *turn) bool { return t.heard(wordsCancel...) }

// isConfirm recognises the words that declare. A mere 好的 or 1 is not among them: it may be the answer before sent twice,
// or be meant for it.
func isConfirm(t *turn) bool { return t.heard(wordsConfirm...) }

func isNo(t *turn) bool { return t.heard(wordsNo...) }

func isGreeting(t *turn) bool { return t.heard(wordsHello...) || t.heard(wordsThank...) }

// isForMembers recognises what works at any moment, but needs to know whose it is.
func isForMembers(t *turn) bool { return isStatus(t) || isEdit(t) || isCancel(t) }

// isHuman recognises a call for a person, alone or followed by what it is about: 人工 我想问…, 人工：….
func isHuman(t *turn) bool {
	_, ok := t.humanAbout()
	return ok
}

func (t *turn) humanAbout() (about string, ok bool) {
	if t.heard(wordsHuman...) {
		return "", true
	}
	for _, w := range wordsHuman {
		rest, ok := strings.CutPrefix(t.line, w)
		if !ok {
			continue
		}
		if r, _ := utf8.DecodeRuneInString(rest); strings.ContainsRune(aroundWords, r) { // not 人工智能学院
			return strings.TrimLeft(rest, aroundWords), true
		}
	}
	return "", false
}

// isCommand reports a message that is meant for the conversation and never is the answer to a question for words.
func (t *turn) isCommand() bool {
	for _, ws := range [][]string{
		wordsHuman, wordsStatus, wordsEdit, wordsBack, wordsCancel, wordsConfirm, wordsAssent, wordsNo, wordsSkip, wordsHello, wordsThank,
	} {
		if t.heard(ws...) {
			return true
		}
	}
	if _, isEvent := t.season.Event(t.word); isEvent {
		return true
	}
	_, isNumber := understand.Number(t.word, 99)
	return isNumber
}

// isOfficers reports a command of officers: no answer to a question either, whoever writes it. An officer who graduates may
// take another officer's words for their own.
func (t *turn) isOfficers() bool {
	_, _, recorded := t.recordCommand(t.line)
	verb, id, _ := matterReply(t.text)
	return recorded || verb != "" && id > 0 || t.heard(wordsWaiting...)
}
