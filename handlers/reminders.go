package handlers

import (
	"context"
	"slices"
	"strings"
	"time"

	"xianjie/season"
	"xianjie/storage"
	"xianjie/understand"
)

// A digest of reminders is answered by one digit: 1 知道了, 2 已办, 3 换人. A digit belongs to the digest only while nothing
// else has been said since and nothing is being asked; the words themselves are never anything else.

// The answers to a digest.
const (
	answerSeen = 1 + iota
	answerDone
	answerHand
)

var (
	wordsSeen = []string{"知道了", "已知道", "收到", "已收到", "看到了", "知道"}
	wordsDone = []string{"已办", "办好了", "已经办了", "已办好", "都办好了", "办完了", "已经办好了"}
	wordsHand = []string{"换人", "换个人", "转交", "转给别人", "不是我负责", "不归我管"}
)

// digestAnswer reads 1, 知道了, 1 知道了, 1.知道了.
func (t *turn) digestAnswer() (answer int, digit bool) {
	if n, ok := understand.Number(t.word, answerHand); ok {
		return n, true
	}
	word := strings.TrimLeft(t.word, "123 .．、,，·:：-")
	for i, ws := range [][]string{wordsSeen, wordsDone, wordsHand} {
		if slices.Contains(ws, word) {
			return i + 1, false
		}
	}
	return 0, false
}

// about is what the digest the writer got last still asks for; of what has been closed since, and of lapses it only
// reported, nothing is left to answer.
func (t *turn) about() ([]storage.PutBefore, bool) {
	id := t.p.Contact.ID
	list, ok := want(t, "digest", func(ctx context.Context, s *storage.Store) ([]storage.PutBefore, error) {
		return s.LastDigest(ctx, id)
	})
	return slices.DeleteFunc(slices.Clone(list), func(b storage.PutBefore) bool {
		kind := season.KindOf(b.Reminder.Step)
		return b.Reminder.Step == storage.StepLapsed || kind == season.StepUnreached || b.Duty.ClosedAt != nil
	}), ok
}

// hearsReminder recognises an answer to the digest that was sent last.
func hearsReminder(t *turn) bool {
	if t.draft.Pending != nil || t.draft.Reply != nil || t.draft.Heard != nil {
		return false
	}
	if answer, _ := t.digestAnswer(); answer == 0 {
		return false
	}
	list, ok := t.about()
	return !ok || len(list) > 0
}

// answerReminder takes an answer to a digest.
func (t *turn) answerReminder() {
	list, ok := t.about()
	if !ok {
		return
	}
	answer, digit := t.digestAnswer()
	if digit && t.state != stateDone && t.state != stateOffice {
		t.say(textDigitMeansTwo) // it may as well answer what was being asked before the reminder came
		t.prompt()
		t.out.Outcome = storage.OutcomeAcknowledged
		return
	}
	switch answer {
	case answerSeen:
		t.seen(list)
	case answerDone:
		t.doneWith(list)
	case answerHand:
		t.handing(list)
	}
	if t.need == nil {
		t.out.Outcome = storage.OutcomeAcknowledged
		if t.state == stateChoose || t.state == stateAsk || t.state == stateConfirm || t.state == stateEdit {
			t.prompt()
		}
	}
}

// seen notes that the writer knows, and says when they are asked again.
func (t *turn) seen(list []storage.PutBefore) {
	again := t.acknowledge(list, storage.AckSeen)
	if again.IsZero() {
		t.say(textSeen, t.you())
		return
	}
	t.say(textSeenUntil, t.season.DateOf(again).Chinese(), t.you())
}

// acknowledge writes that the writer answered about each duty, and plans when they are asked again where nothing is done
// by then. It returns the first such instant.
func (t *turn) acknowledge(list []storage.PutBefore, what string) (again time.Time) {
	var a storage.Answer
	done := map[int64]bool{}
	for _, b := range list {
		if done[b.Duty.ID] {
			continue
		}
		done[b.Duty.ID] = true
		a.Acks = append(a.Acks, t.ack(b, what))
		rule, ok := t.season.DutyRule(b.Duty.Rule)
		if !ok || b.Duty.LapsedAt != nil {
			continue
		}
		planned := make([]season.Planned, len(b.Planned))
		for i, st := range b.Planned {
			planned[i] = season.Planned{Step: st.Step, To: st.Party, At: st.At}
		}
		next, ok := t.season.SeenAgain(rule, b.Duty.LapsesAt, t.now, planned)
		if !ok {
			continue
		}
		a.Wake = append(a.Wake, storage.DutyStep{
			DutyID: b.Duty.ID, Step: next.Step, Party: b.Reminder.Party, PersonID: t.personID(), At: next.At,
		})
		if again.IsZero() || next.At.Before(again) {
			again = next.At
		}
	}
	t.out.Answers = append(t.out.Answers, a)
	return again
}

func (t *turn) ack(b storage.PutBefore, what string) storage.Acknowledgement {
	return storage.Acknowledgement{
		OutboxID: *b.Reminder.OutboxID, DutyID: b.Duty.ID, Party: b.Reminder.Party, PersonID: t.p.Person.ID,
		What: what, InboxID: &t.p.Inbox.ID, At: t.now,
	}
}

// you is how the writer is addressed: members as students, other officers as teachers.
func (t *turn) you() string {
	if t.p.Person.Cohort != 0 {
		return "你"
	}
	return "您"
}
