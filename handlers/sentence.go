package handlers

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"xianjie/season"
	"xianjie/storage"
	"xianjie/understand"
)

// What members say in their own words, read by package understand. A destination and whatever facts a sentence gives are
// taken into the draft and read back; only the rest is asked, and nothing counts before 确认. What may mean several
// destinations is asked about, what is asked gets the season's own answer, and the conversation goes on where it was.

// facts are what a sentence gives besides a destination, by the season's names of facts.
type facts map[string]storage.Value

// heard is a sentence that may mean several destinations, until its writer says which.
type heard struct {
	Candidates []string `json:"candidates"` // keys, in the order shown; one number more is none of them
	Facts      facts    `json:"facts,omitempty"`
}

// factAbroad is the country with the school there.
const factAbroad = "abroad_place"

// reading is what the message says, read once a turn.
func (t *turn) reading() *understand.Reading {
	if t.heardAs == nil {
		r := t.reader.Read(t.text)
		t.heardAs = &r
	}
	return t.heardAs
}

// factsSaid are those of the message.
func (t *turn) factsSaid() facts {
	fs := facts{}
	for _, s := range t.reading().Slots {
		fs[s.Name] = storage.Value{Value: s.Value, Text: s.Text, InboxID: t.p.Inbox.ID}
	}
	if country, ok := fs[understand.SlotCountry]; ok {
		if school, ok := fs[understand.SlotSchool]; ok {
			country.Value += school.Value
		}
		fs[factAbroad] = country
	}
	return fs
}

// hearsSentence recognises a sentence that names one destination.
func (t *turn) hearsSentence() bool { return t.reading().Kind == understand.KindDeclaration }

// hearsOtherInstead recognises another destination in place of an answer. Where the answer is words, it must be put as a
// change of mind: a unit may be called by anything.
func (t *turn) hearsOtherInstead() bool {
	r, q := t.reading(), t.asked()
	if q == nil || r.Kind != understand.KindDeclaration || r.Destination == t.draft.Destination || t.heard(wordsUnknown...) || t.heard(wordsSkip...) {
		return false
	}
	if q.Kind == season.KindText {
		return t.corrects() || strings.HasPrefix(t.line, "我") && len(unitsOf(t.factsSaid())) == 0
	}
	_, _, why := t.answerTo(q)
	return why != ""
}

func (t *turn) tellDestination() {
	d, _ := t.season.Destination(t.reading().Destination)
	t.begin(d, t.factsSaid())
}

// begin starts a destination with what is known of it already.
func (t *turn) begin(d *season.Destination, fs facts) {
	t.draft.Destination, t.draft.Heard, t.draft.Spoken = d.Key, nil, true
	t.replyAbout(t.reading().Question)
	if d.Secret {
		t.strike(fs)
	}
	t.takeAlong()
	t.fill(fs, true)
	t.proceed()
	if t.state == stateConfirm {
		t.say(textUnderstoodAll)
	} else {
		var known []string
		for _, it := range t.items()[1:] {
			known = append(known, it.label+"“"+it.value+"”")
		}
		switch {
		case len(known) == 0 && t.reading().Kind == understand.KindDeclaration:
			t.say(textUnderstoodOnly, d.Name, d.Explain)
		case len(known) == 0:
			t.say(t.chosenText(), d.Name, d.Explain)
		default:
			t.say(textUnderstood, d.Name, strings.Join(known, "，"))
		}
	}
	t.refused()
	t.prompt()
	t.alsoNeeded()
}

// fill answers the questions of the draft that facts answer; with over, also those that were answered before.
func (t *turn) fill(fs facts, over bool) {
	done := map[string]bool{}
	for again := true; again; {
		again = false
		for _, q := range t.season.Asked(t.draft.Destination, t.draft.answers()) {
			if done[q.Key] {
				continue
			}
			v, ok := t.factFor(q, fs)
			before, answered := t.draft.Values[q.Key]
			if !ok || v.Value == before.Value || answered && !over {
				continue
			}
			v.Personal = q.Personal || q.Kind == season.KindPhone
			t.draft.set(q.Key, v)
			done[q.Key], again = true, true // an answer may bring up further questions
			break
		}
	}
}

// factFor is the answer to a question that facts give.
func (t *turn) factFor(q *season.Question, fs facts) (storage.Value, bool) {
	if q.Kind == season.KindChoice {
		return t.optionFor(q, fs)
	}
	v, ok := fs[q.Reads]
	switch n := utf8.RuneCountInString(v.Value); {
	case q.Reads == "":
		return v, false
	case q.Kind == season.KindDate:
		if d, err := understand.Date(t.text, q.From, q.To); err == nil {
			return storage.Value{Value: d.String(), Text: oneLine(t.text, 200), InboxID: t.p.Inbox.ID}, true
		}
		return v, false
	case !ok, q.Kind == season.KindText && (n < q.Min || q.Max > 0 && n > q.Max):
		return v, false
	}
	return v, true
}

// optionFor is the option of a choice that a fact gives, or whose name stands in the message.
func (t *turn) optionFor(q *season.Question, fs facts) (storage.Value, bool) {
	names := make([][]string, len(q.Options))
	for i, o := range q.Options {
		if v, ok := fs[o.Given]; ok && o.Given != "" {
			v.Value = o.Key
			return v, true
		}
		names[i] = append([]string{o.Name}, o.Words...)
	}
	if q.Reads != season.ReadsWords {
		return storage.Value{}, false
	}
	i, ok := understand.Choice(t.word, names)
	if !ok {
		return storage.Value{}, false
	}
	return storage.Value{Value: q.Options[i].Key, Text: oneLine(t.text, 200), InboxID: t.p.Inbox.ID}, true
}

// assume answers what a sentence left open and the season does not insist on, so that nothing more need be asked.
func (t *turn) assume() {
	for again := t.draft.Spoken; again; {
		again = false
		for _, q := range t.season.Ask(t.draft.Destination, t.draft.answers()) {
			if q.Assume == "" {
				return // this is asked; what comes after it may depend on the answer
			}
			v := storage.Value{Assumed: true}
			if q.Assume != season.AssumeNothing {
				v.Value = q.Assume
			}
			t.draft.set(q.Key, v)
			again = true
			break
		}
	}
}

// hearsAssumed recognises at the summary what had been assumed: 有团组织.
func (t *turn) hearsAssumed() bool {
	_, _, ok := t.assumed()
	return ok
}

// assumed is the first assumed answer that the message gives, and its question.
func (t *turn) assumed() (*season.Question, string, bool) {
	for _, q := range t.season.Asked(t.draft.Destination, t.draft.answers()) {
		if !t.draft.Values[q.Key].Assumed {
			continue
		}
		if value, _, why := t.answerTo(q); why == "" && value != "" {
			return q, value, true
		}
	}
	return nil, "", false
}

func (t *turn) tellAssumed() {
	q, value, _ := t.assumed()
	t.draft.set(q.Key, storage.Value{Value: value, Text: oneLine(t.text, 200), InboxID: t.p.Inbox.ID})
	t.fill(t.factsSaid(), false)
	t.proceed()
	t.say(textCorrected, q.Label+"“"+q.Show(value)+"”")
	t.prompt()
}

// alsoNeeded names what is asked after the present question, once, so that it can be written in one message.
func (t *turn) alsoNeeded() {
	var labels []string
	for _, q := range t.season.Ask(t.draft.Destination, t.draft.answers()) {
		if q.Key != t.draft.Asking && q.Assume == "" {
			labels = append(labels, q.Label)
		}
	}
	if t.state == stateAsk && len(labels) > 1 {
		t.say(textAlsoNeeded, strings.Join(labels, "、"))
	}
}

// hearsSeveral recognises a sentence that may mean several destinations.
func (t *turn) hearsSeveral() bool { return t.reading().Kind == understand.KindAmbiguous }

// askDestination asks which of the destinations a sentence may mean is meant.
func (t *turn) askDestination() {
	r := t.reading()
	t.replyAbout(r.Question)
	t.state, t.draft.Tries = stateChoose, 0
	t.draft.Heard = &heard{Candidates: r.Candidates, Facts: t.factsSaid()}
	t.say("%s", t.heading()+t.whichDestination())
}

// whichDestination numbers the destinations a sentence may mean.
func (t *turn) whichDestination() string {
	var lines []string
	for _, key := range t.draft.Heard.Candidates {
		if d, ok := t.season.Destination(key); ok {
			lines = append(lines, d.Name+"："+strings.TrimSuffix(d.Explain, "。"))
		}
	}
	return fmt.Sprintf(textWhichDestination, oneLine(t.line, 20)) + "\n" + numbered(append(lines, textNoneOfThem))
}

func (t *turn) hearsCandidate() bool {
	if t.draft.Heard == nil {
		return false
	}
	_, ok := understand.Number(t.word, len(t.draft.Heard.Candidates)+1)
	return ok
}

func (t *turn) takeCandidate() {
	h := t.draft.Heard
	n, _ := understand.Number(t.word, len(h.Candidates)+1)
	t.draft.Heard = nil
	if n > len(h.Candidates) {
		t.prompt()
		return
	}
	d, ok := t.season.Destination(h.Candidates[n-1])
	if !ok { // the season dropped it meanwhile
		t.prompt()
		return
	}
	t.begin(d, h.Facts)
}

// hearsTopic recognises a question about the season that has an answer.
func (t *turn) hearsTopic() bool {
	r := t.reading()
	return r.Kind == understand.KindNone && t.season.Replies[r.Question] != ""
}

// asksBack recognises a question in place of an answer.
func (t *turn) asksBack() bool { return t.reading().Asks && t.hearsTopic() }

func (t *turn) answerTopic() {
	t.replyAbout(t.reading().Question)
	if t.state == stateDone {
		t.say("%s", t.whereItStands())
		return
	}
	t.prompt()
}

func (t *turn) replyAbout(topic string) {
	if text := t.season.Replies[topic]; text != "" {
		t.say("%s", t.season.Fill(text, nil))
	}
}

// wordsCorrection are words by which somebody takes back what they said.
var wordsCorrection = []string{"改成", "改为", "改到", "换成", "换到", "不对", "不是", "错了", "更正", "变了", "写错", "填错", "搞错", "其实"}

func (t *turn) corrects() bool {
	return slices.ContainsFunc(wordsCorrection, func(w string) bool { return strings.Contains(t.line, w) })
}

// hearsCorrection recognises another destination, or other facts of the same, than what is filled in or declared.
func (t *turn) hearsCorrection() bool {
	r := t.reading()
	if r.Kind == understand.KindDeclaration && r.Destination != t.currentDestination() {
		return true
	}
	return (r.Kind == understand.KindDeclaration || t.corrects()) && len(t.correctedFacts()) > 0
}

func (t *turn) currentDestination() string {
	if t.state == stateDone && t.declared() {
		return t.p.Declaration.Destination
	}
	return t.draft.Destination
}

// correctedFacts are the facts of the message that answer a question of the present destination otherwise than it was
// answered.
func (t *turn) correctedFacts() facts {
	values := t.draft.Values
	if t.state == stateDone && t.declared() {
		values = t.p.Declaration.Answers
	}
	said, changed := t.factsSaid(), facts{}
	for _, q := range t.season.Asked(t.currentDestination(), storage.AnswersOf(values)) {
		if q.Kind == season.KindChoice {
			continue // what a correction leaves out is not taken back
		}
		if v, ok := t.factFor(q, said); ok && v.Value != values[q.Key].Value {
			changed[q.Reads] = partOf(values[q.Key].Value, v)
		}
	}
	return changed
}

// partOf is a branch by the name of the whole it belongs to, where it was named without: 上海分公司 of 某某公司.
func partOf(whole string, v storage.Value) storage.Value {
	const short = 9 // characters of a branch that is named alone
	for _, kind := range []string{"分公司", "分行", "支行", "分院", "分部", "办事处", "项目部", "校区", "分校"} {
		if strings.HasSuffix(v.Value, kind) && utf8.RuneCountInString(v.Value) <= short && whole != "" && !strings.Contains(whole, kind) {
			v.Value = whole + v.Value
			return v
		}
	}
	return v
}

// correct changes just what the message says, and shows the whole again.
func (t *turn) correct() {
	r, fs := t.reading(), t.correctedFacts()
	t.warnUnderway()
	if t.state == stateDone {
		t.revise()
	}
	if r.Kind == understand.KindDeclaration && r.Destination != t.draft.Destination {
		t.draft.Editing = t.declared()
		t.tellDestination()
		return
	}
	var changed []string
	for _, q := range t.season.Asked(t.draft.Destination, t.draft.answers()) {
		if v, ok := fs[q.Reads]; ok && q.Kind != season.KindChoice {
			v.Personal = q.Personal || q.Kind == season.KindPhone
			t.draft.set(q.Key, v)
			changed = append(changed, q.Label+"“"+q.Show(v.Value)+"”")
		}
	}
	t.proceed()
	t.say(textCorrected, strings.Join(changed, "，"))
	t.refused()
	t.prompt()
}

// namesSecret recognises the name of a unit that must not be spoken of.
func (t *turn) namesSecret() bool {
	d, ok := t.season.Destination(t.currentDestination())
	r := t.reading()
	return ok && d.Secret && (r.Kind != understand.KindDeclaration || r.Destination == d.Key) && len(unitsOf(t.factsSaid())) > 0
}

// refuseSecret strikes the name and says why.
func (t *turn) refuseSecret() {
	t.strike(t.factsSaid())
	if t.state != stateDone {
		t.prompt()
	}
}

// unitsOf are the names of units among facts.
func unitsOf(fs facts) []string {
	var words []string
	for _, name := range []string{understand.SlotEmployer, understand.SlotSchool} {
		if v, ok := fs[name]; ok {
			words = append(words, v.Value)
		}
	}
	return words
}

// strike has the names of units struck from the messages of this chat and from the draft, and says so.
func (t *turn) strike(fs facts) {
	words := unitsOf(fs)
	for _, key := range slices.Sorted(maps.Keys(t.draft.Values)) {
		if q := t.season.Questions[key]; q != nil && (q.Reads == understand.SlotEmployer || q.Reads == understand.SlotSchool) {
			words = append(words, t.draft.Values[key].Value)
			delete(t.draft.Values, key)
		}
	}
	if len(words) == 0 {
		return
	}
	for key, v := range t.draft.Values { // the words another answer came from may name it too
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(v.Value+"\n"+v.Text, w) }) {
			delete(t.draft.Values, key)
		}
	}
	delete(fs, understand.SlotEmployer)
	delete(fs, understand.SlotSchool)
	t.out.Strike = append(t.out.Strike, words...)
	t.audit("strike", fmt.Sprintf("contact/%d", t.p.Contact.ID), map[string]string{"words": fmt.Sprint(len(words))})
	d, _ := t.season.Destination(t.currentDestination())
	t.say(textStruck, d.Name)
}
