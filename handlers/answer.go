package handlers

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"

	"xianjie/season"
	"xianjie/storage"
	"xianjie/understand"
)

// answer takes the message as the answer to the question being asked. What is not understood is asked again with
// the reason; nothing entered before is touched.
func (t *turn) answer() {
	q := t.asked()
	if t.answersInOrder() {
		t.fill(t.factsSaid(), false) // an address tells the province and more
		if !t.refused() {
			t.proceed()
		}
		t.prompt()
		return
	}
	value, candidates, why := t.answerTo(q)
	switch {
	case why != "":
		t.draft.Tries++
		t.say("%s", why)
		if t.draft.Tries >= 2 {
			t.say("%s", t.offerHelp())
		}
		t.prompt()
		return
	case len(candidates) > 1:
		t.draft.Choices = candidates
		t.prompt()
		return
	}
	t.draft.set(q.Key, storage.Value{
		Value: value, Text: oneLine(t.text, 200), InboxID: t.p.Inbox.ID,
		Personal: q.Personal || q.Kind == season.KindPhone,
	})
	if utf8.RuneCountInString(t.line) > utf8.RuneCountInString(value) { // it may answer more than was asked
		t.fill(t.factsSaid(), false)
	}
	if !t.refused() {
		t.proceed()
	}
	t.prompt()
}

// answersInOrder takes a message in several pieces (腾讯，深圳，有) as the answers to the question being asked and to those
// after it. It takes all of the pieces or none: a comma within one answer is no reason to misread it.
func (t *turn) answersInOrder() bool {
	pieces := strings.FieldsFunc(t.text, func(r rune) bool { return strings.ContainsRune("，,；;、\n", r) })
	if len(pieces) < 2 || len(t.draft.Choices) > 0 {
		return false
	}
	before := maps.Clone(t.draft.Values)
	for _, piece := range pieces {
		open := t.season.Ask(t.draft.Destination, t.draft.answers())
		if len(open) == 0 {
			t.draft.Values = before
			return false
		}
		q := open[0]
		one := *t // read as if it were the whole message
		one.heardAs, one.text = nil, strings.TrimSpace(piece)
		one.line = strings.Trim(one.text, aroundWords)
		one.word = strings.ToLower(one.line)
		value, candidates, why := one.answerTo(q)
		if q.Reads == understand.SlotAddress && !strings.ContainsAny(value, "区县镇乡街村路社旗") { // 就在绵阳做 adds nothing to the province
			why = textNotUnderstood
		}
		if why != "" || len(candidates) > 1 || value == "" && !q.Optional {
			t.draft.Values = before
			return false
		}
		t.draft.set(q.Key, storage.Value{
			Value: value, Text: oneLine(one.text, 200), InboxID: t.p.Inbox.ID, Personal: q.Personal || q.Kind == season.KindPhone,
		})
	}
	return true
}

// answerTo is the pure reading of one answer: a normalised value, or candidates to choose from, or the reason why not.
// The value of a question that was skipped is "".
func (t *turn) answerTo(q *season.Question) (value string, candidates []string, why string) {
	if n, ok := understand.Number(t.word, len(t.draft.Choices)); ok {
		return t.draft.Choices[n-1], nil, ""
	}
	if q.Kind == season.KindChoice { // 不清楚 may be one of the options
		if value, ok := t.readChoice(q); ok {
			return value, nil, ""
		}
	}
	skips, unknown := t.heard(wordsSkip...), t.heard(wordsUnknown...)
	switch {
	case q.Optional && (skips || unknown):
		return "", nil, ""
	case skips:
		return "", nil, textCannotSkip
	case unknown && q.Kind != season.KindChoice:
		return "", nil, textNeeded
	}
	switch q.Kind {
	case season.KindChoice:
		return "", nil, fmt.Sprintf(textNotAChoice, len(q.Options))
	case season.KindProvince:
		return t.readProvince()
	case season.KindDate:
		d, err := understand.Date(t.word, q.From, q.To)
		if err != nil {
			return "", nil, dateReason(err, q)
		}
		return d.String(), nil, ""
	case season.KindPhone:
		p, err := understand.Phone(t.word)
		if err != nil {
			return "", nil, textBadPhone
		}
		return p, nil, ""
	case season.KindText:
		return t.readText(q)
	}
	return "", nil, textNotUnderstood
}

func (t *turn) readProvince() (string, []string, string) {
	found := understand.Province(t.word)
	switch len(found) {
	case 0:
		return "", nil, textNoProvince
	case 1:
		return found[0], nil, ""
	}
	return "", found, ""
}

func (t *turn) readChoice(q *season.Question) (string, bool) {
	if n, ok := understand.Number(t.word, len(q.Options)); ok {
		return q.Options[n-1].Key, true
	}
	names := make([][]string, len(q.Options))
	for i, o := range q.Options {
		names[i] = append([]string{o.Name}, o.Words...)
	}
	if i, ok := understand.Choice(t.word, names); ok {
		return q.Options[i].Key, true
	}
	return "", false
}

// readText accepts words as they stand: neither repaired nor cut. What is said to the conversation is no answer.
func (t *turn) readText(q *season.Question) (string, []string, string) {
	text := strings.Join(strings.Fields(t.text), " ")
	n := utf8.RuneCountInString(text)
	_, isDestination := t.season.DestinationByWord(t.word)
	switch {
	case strings.IndexFunc(text, unicode.IsLetter) < 0:
		return "", nil, fmt.Sprintf(textNoWords, q.Label)
	case t.isCommand() || t.isOfficers():
		return "", nil, fmt.Sprintf(textNotThat, oneLine(text, 20), q.Label)
	case isDestination:
		return "", nil, fmt.Sprintf(textIsDestination, oneLine(text, 20))
	case n < q.Min:
		return "", nil, fmt.Sprintf(textTooShort, q.Label, q.Min)
	case q.Max > 0 && n > q.Max:
		return "", nil, fmt.Sprintf(textTooLongAnswer, n, q.Max)
	}
	return text, nil, ""
}

// dateReason says what a date lacks.
func dateReason(err error, q *season.Question) string {
	var refused *understand.Refused
	if !errors.As(err, &refused) {
		return textBadDate
	}
	switch refused.Reason {
	case understand.ReasonNoDay:
		return textDateNoDay
	case understand.ReasonNoSuchDate:
		return textDateNotReal
	case understand.ReasonOutOfRange:
		return fmt.Sprintf(textDateRange, q.From.ChineseYear(), q.To.ChineseYear())
	}
	return textBadDate
}

// pairReason says what is wrong with a pair.
func pairReason(err error) string {
	var refused *understand.Refused
	if !errors.As(err, &refused) {
		return ""
	}
	switch refused.Reason {
	case understand.ReasonNumberLength:
		return textPairLength
	case understand.ReasonSeveral:
		return textPairSeveral
	}
	return ""
}
