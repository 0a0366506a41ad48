package handlers

import (
	"fmt"
	"strings"
)

// prompt repeats what is being asked at the present state, so that every answer ends with what to do next.
func (t *turn) prompt() {
	switch t.state {
	case stateBind:
		if !t.draft.Greeted {
			t.draft.Greeted = true
			t.say(textGreeting, t.season.School)
		}
		t.say(textBindHow)
	case stateLocked:
		t.say(textStillLocked)
	case stateChoose:
		t.say("%s", t.heading()+t.destinations(false))
	case stateAsk:
		t.say("%s", t.heading()+t.question())
	case stateConfirm:
		t.say("%s", t.heading()+t.summary())
	case stateEdit:
		t.say("%s", t.heading()+t.editMenu())
	}
}

// greetNewFriend greets once: WeChat announces a new friend in up to three lines.
func (t *turn) greetNewFriend() {
	if t.draft.Greeted {
		t.skip("greeted")
		return
	}
	if t.p.Person != nil {
		t.say(textWelcomeBack, t.p.Person.Name)
	}
	t.prompt()
	t.draft.Greeted = true
}

func (t *turn) greetBack() {
	switch {
	case t.heard(wordsThank...) && t.self == nil: // an officer who fills in for somebody
		t.say(textOfficerWelcomeAny)
	case t.heard(wordsThank...):
		t.say(textYouAreWelcome)
	case t.self == nil:
		t.say(textHelloOfficer, t.p.Person.Name)
	default:
		t.say(textHello, t.p.Person.Name)
	}
	if t.state == stateDone {
		if !t.heard(wordsThank...) {
			t.say("%s", t.whereItStands())
		}
		return
	}
	t.prompt()
}

func (t *turn) declineMoney() {
	t.say(textNoMoney)
}

func (t *turn) onlyText() {
	kind, ok := map[string]string{
		"image": "图片", "voice": "语音", "video": "视频", "sticker": "表情", "file": "文件",
		"link": "链接", "location": "位置", "card": "名片",
	}[t.p.Inbox.Kind]
	if !ok {
		kind = "这类消息"
	}
	t.say(textOnlyText, kind)
	t.prompt()
}

// blank answers a message of nothing but spaces, punctuation or invisible characters.
func (t *turn) blank() {
	t.say(textBlank)
	t.prompt()
}

func (t *turn) overlong() {
	t.say(textTooLong, maxText)
	t.prompt()
}

func (t *turn) help() {
	switch {
	case t.p.Person == nil:
		t.draft.Greeted = true
		t.say(textHelpStranger)
	case t.self == nil:
		t.officeHelp()
	default:
		t.say(textHelpMember)
		if len(t.p.Roles) > 0 {
			t.say("%s", textOfficerToo+t.officerWords())
		}
	}
	t.prompt()
}

// numbered is a menu: one line per item, "1 就业".
func numbered(items []string) string {
	var b strings.Builder
	for i, it := range items {
		fmt.Fprintf(&b, "%d %s\n", i+1, it)
	}
	return strings.TrimRight(b.String(), "\n")
}
