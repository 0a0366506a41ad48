package handlers

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"xianjie/season"
	"xianjie/storage"
	"xianjie/understand"
)

// hearsDestination reads a menu number or a plain word for a destination.
func (t *turn) hearsDestination() bool { return t.destination() != nil }

func (t *turn) destination() *season.Destination {
	if n, ok := understand.Number(t.word, len(t.season.Destinations)); ok {
		return &t.season.Destinations[n-1]
	}
	if d, ok := t.season.DestinationByWord(t.word); ok {
		return d
	}
	if i, ok := understand.Named(t.word, t.names); ok { // 应该是就业吧
		return &t.season.Destinations[i]
	}
	return t.menuLine()
}

// menuLine reads a line of the menu sent back as it stands, number and name: 2 国内升学. A number with another name is
// neither.
func (t *turn) menuLine() *season.Destination {
	const between = " .．、:："
	at := strings.IndexAny(t.word, between)
	if at < 0 {
		return nil
	}
	name := strings.Trim(t.word[at:], between)
	n, ok := understand.Number(t.word[:at], len(t.season.Destinations))
	if d := t.season.Destinations; ok && strings.EqualFold(d[n-1].Name, name) {
		return &d[n-1]
	}
	return nil
}

// choose starts the questions of a destination. Answers given before are kept where the new destination asks the same.
func (t *turn) choose() { t.start(t.destination()) }

func (t *turn) start(d *season.Destination) {
	t.draft.Destination = d.Key
	if d.Secret {
		t.strike(nil) // what was said under another destination
	}
	t.takeAlong()
	t.proceed()
	t.say(t.chosenText(), d.Name, d.Explain)
	t.refused()
	t.prompt()
	t.alsoNeeded()
}

// takeAlong answers the first question where the word for the destination says it already: 自主创业 is 就业或自主创业, and
// its form as well.
func (t *turn) takeAlong() {
	if q, option, ok := t.saidWith(t.draft.Destination); ok {
		t.draft.set(q, storage.Value{Value: option, Text: t.line, InboxID: t.p.Inbox.ID})
	}
}

// saidWith is the answer to the first question of a destination that the message gives by naming the destination.
func (t *turn) saidWith(destination string) (question, option string, ok bool) {
	asked := t.season.Asked(destination, nil)
	if len(asked) == 0 {
		return "", "", false
	}
	for _, o := range asked[0].Options {
		if t.word == o.Name || slices.Contains(o.Words, t.word) {
			return asked[0].Key, o.Key, true
		}
	}
	return "", "", false
}

// notADestination shows the menu again, from the second time on with what each destination means.
func (t *turn) notADestination() {
	if t.isCommand() {
		t.say(textNothingYet)
	} else {
		t.say(textNotADestination, oneLine(t.line, 20))
	}
	if t.draft.Tries++; t.draft.Tries > 1 {
		t.say("%s", t.heading()+t.destinations(true))
		return
	}
	t.prompt()
}

// cancel drops what is being filled in; what was confirmed before stays.
func (t *turn) cancel() {
	open := t.draft.Destination != ""
	t.discard()
	switch {
	case t.state == stateDone:
		t.say(textCancelKept)
		t.say("%s", t.whereItStands())
	case open:
		t.say(textCancelled)
	default:
		t.say(textNothingToCancel)
	}
}

func (t *turn) nothingToCancel() { t.say(textNothingToCancelDone) }

// edit asks which answer is to be changed.
func (t *turn) edit() {
	if t.state == stateAsk && len(t.items()) == 0 {
		t.state = stateChoose
		t.prompt()
		return
	}
	t.warnUnderway()
	t.revise()
	t.prompt()
}

// hearsOtherDestination recognises a change of mind put shortly: the name of another destination than the declared one,
// or of another form of it.
func (t *turn) hearsOtherDestination() bool {
	d, ok := t.season.DestinationByWord(t.word)
	if !ok {
		return false
	}
	q, option, also := t.saidWith(d.Key)
	declared := t.subject.Declaration
	return d.Key != declared.Destination || also && declared.Answers[q].Value != option
}

// switchTo starts a change to another destination at once; the declaration stays until 确认.
func (t *turn) switchTo() {
	d, _ := t.season.DestinationByWord(t.word)
	t.warnUnderway()
	t.revise()
	t.start(d)
}

// warnUnderway says, before a declaration is changed, that somebody has acted on it.
func (t *turn) warnUnderway() {
	if t.state == stateDone && t.subject.Underway() {
		t.say(textUnderway, t.stateName())
	}
}

// item is one line of the edit menu; key "" is the destination itself.
type item struct {
	key, label, value string
	question          *season.Question
}

// items are the destination and every question of it that has an answer, in the order they are asked.
func (t *turn) items() []item {
	d, ok := t.season.Destination(t.draft.Destination)
	if !ok {
		return nil
	}
	list := []item{{label: textDestinationLabel, value: d.Name}}
	a := t.draft.answers()
	for _, q := range t.season.Asked(d.Key, a) {
		if v, ok := a[q.Key]; ok {
			shown := q.Show(v)
			switch {
			case !t.draft.Values[q.Key].Assumed:
			case v == "":
				shown = textAssumedNothing
			default:
				shown = fmt.Sprintf(textAssumed, shown)
			}
			list = append(list, item{q.Key, q.Label, shown, q})
		}
	}
	return list
}

func (t *turn) hearsItem() bool {
	_, ok := t.item()
	return ok || isConfirm(t)
}

func (t *turn) item() (item, bool) {
	list := t.items()
	if n, ok := understand.Number(t.word, len(list)); ok {
		return list[n-1], true
	}
	for _, it := range list {
		if t.word == strings.ToLower(it.label) {
			return it, true
		}
	}
	return item{}, false
}

// editItem asks the chosen question again; 确认 goes back to the summary unchanged.
func (t *turn) editItem() {
	it, ok := t.item()
	switch {
	case !ok:
		t.proceed()
	case it.key == "":
		t.state = stateChoose
	default:
		t.draft.Asking, t.state = it.key, stateAsk
		t.say(textFormerAnswer, it.label, it.value)
	}
	t.prompt()
}

func (t *turn) notAnItem() {
	t.say(textNotAnItem)
	t.prompt()
}

func (t *turn) stepBack() {
	if t.state == stateEdit {
		t.proceed()
		t.prompt()
		return
	}
	if !t.back() {
		t.prompt()
		return
	}
	if q := t.asked(); q != nil {
		if v, ok := t.draft.Values[q.Key]; ok {
			t.say(textFormerAnswer, q.Label, q.Show(v.Value))
		}
	}
	t.prompt()
}

// backFromMenu returns to the draft the menu was opened from, if any.
func (t *turn) backFromMenu() {
	if !t.draft.Editing {
		t.say(textFirstStep)
		t.prompt()
		return
	}
	t.proceed()
	t.prompt()
}

// notConfirmed repeats the summary, or only the way to confirm it when the writer seems to agree.
func (t *turn) notConfirmed() {
	if t.heard(wordsAssent...) {
		t.say(textSayConfirm)
		return
	}
	t.say(textNotConfirmed)
	t.prompt()
}

func (t *turn) confirmedAlready() {
	t.say(textConfirmedAlready)
	t.say("%s", t.whereItStands())
}

func (t *turn) shortOf(destination string) string {
	if d, ok := t.season.Destination(destination); ok {
		return d.Short
	}
	return destination
}

// hearsOwnEvent recognises what a member may report about their own transfer, such as 已申请.
func (t *turn) hearsOwnEvent() bool {
	e, ok := t.season.Event(t.word)
	return ok && slices.Contains(e.By, "member")
}

func (t *turn) recordOwn() {
	e, _ := t.season.Event(t.word)
	t.recordOwnEvent(e, t.line)
}

// recordOwnEvent records an event of the writer's own transfer, called by the word the writer knows it by.
func (t *turn) recordOwnEvent(e *season.Event, word string) {
	if t.handsInInstead(e) {
		return
	}
	change, err := t.self.Record(t.season, e.Key, t.now, t.now, storage.DutyDone, t.said())
	if early := (*storage.TooEarly)(nil); errors.As(err, &early) {
		t.say(textTooEarly, word, early.From.Chinese())
		return
	}
	if err != nil {
		t.say(textNotNow, t.stateName(), word)
		return
	}
	t.out.Members = append(t.out.Members, change)
	t.audit("record", fmt.Sprintf("person/%d", t.p.Person.ID), map[string]string{"event": e.Key})
	st := t.season.TrackState(change.Transfer.Track, change.Transfer.State)
	t.say(textRecordedOwn, word, st.Name)
}

// idle answers anything else a member writes who has declared.
func (t *turn) idle() {
	t.say(textIdle)
	t.say("%s", t.whereItStands())
}
