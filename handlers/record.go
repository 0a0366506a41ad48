package handlers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"xianjie/season"
	"xianjie/storage"
	"xianjie/understand"
)

// An officer records what happened in the system of record: "已发起 张三 李四", "已审 1 3-5", "收到申请 张三 7月3日".

// isRecord recognises a message that begins with a word of an event the officer may record.
func isRecord(t *turn) bool {
	_, _, ok := t.recordCommand()
	return ok
}

// isSeparator reports what stands between names and numbers in a command.
func isSeparator(r rune) bool { return strings.ContainsRune(" \n,，、;；:：", r) }

// spans joins what people write around the dash of a span: 1 - 3.
var spans = strings.NewReplacer(" - ", "-", " – ", "-", " — ", "-", " ~ ", "-", " 到 ", "-", " 至 ", "-")

func (t *turn) recordCommand() (*season.Event, []string, bool) {
	fields := strings.FieldsFunc(spans.Replace(t.line), isSeparator)
	if len(fields) == 0 {
		return nil, nil, false
	}
	e, ok := t.season.Event(fields[0])
	if !ok {
		var rest string
		if e, rest, ok = t.eventLeading(fields[0]); ok {
			fields = slices.Insert(fields, 1, rest)
		}
	}
	if !ok || !t.mayRecord(e) {
		return nil, nil, false
	}
	if len(fields) == 1 && t.self != nil && slices.Contains(e.By, storage.SubjectMember) {
		return nil, nil, false // 已申请 without a name: the member speaks of the own transfer
	}
	return e, fields[1:], true
}

// eventLeading reads an event to which a name or number clings: 已发起张三, 已审1-3. What follows must look like one; a
// sentence (已审核过的怎么办) does not.
func (t *turn) eventLeading(field string) (e *season.Event, rest string, ok bool) {
	const longestName = 4
	for i := range t.season.Events {
		for _, w := range t.season.Events[i].Words {
			after, found := strings.CutPrefix(field, w)
			if found && after != "" && (rest == "" || len(after) < len(rest)) {
				e, rest = &t.season.Events[i], after
			}
		}
	}
	first, _ := utf8.DecodeRuneInString(rest)
	n := utf8.RuneCountInString(rest)
	return e, rest, unicode.IsDigit(first) || unicode.Is(unicode.Han, first) && n >= 2 && n <= longestName
}

// named is what an officer's list of names, numbers and student numbers comes to.
type named struct {
	members []storage.Member
	unknown []string         // nobody in the scope
	twice   []storage.Member // candidates of the first name that several carry
	name    string           // that name
}

func (t *turn) record() {
	e, args, _ := t.recordCommand()
	args, at, ok := t.when(args)
	if !ok {
		return
	}
	if len(args) == 0 {
		t.say(textRecordHow, e.Words[0], e.Words[0])
		return
	}
	n, ok := t.resolve(args)
	if !ok {
		return
	}
	t.apply(e, at, n.members)
	t.sayUnknown(n.unknown)
	t.draft.Pending = nil
	if len(n.twice) > 0 {
		t.askWhich(e, at, n)
	}
}

// sayUnknown names what was found nowhere in the scope; of numbers, where they come from.
func (t *turn) sayUnknown(unknown []string) {
	if len(unknown) == 0 {
		return
	}
	shown := make([]string, len(unknown))
	numbers := false
	for i, u := range unknown {
		shown[i] = "“" + oneLine(u, 20) + "”"
		_, isNumber := t.picks(u)
		numbers = numbers || isNumber
	}
	t.say(textNobody, t.scopeName(), someNames(shown, 10))
	if numbers {
		t.say(textNumbersFromList)
	}
}

// when takes the civil date out of the arguments: when it happened. Without one it happened now.
// A day that has not come yet or lies before the season is refused.
func (t *turn) when(args []string) ([]string, time.Time, bool) {
	for i, a := range args {
		if !strings.ContainsAny(a, "月./年号") && !strings.Contains(a, "-0") {
			continue
		}
		d, err := understand.Date(a, t.season.Opens, t.today())
		var refused *understand.Refused
		switch {
		case err == nil:
			return slices.Delete(slices.Clone(args), i, i+1), t.season.Noon(d, t.now), true
		case errors.As(err, &refused) && refused.Reason == understand.ReasonNotADate:
			continue // a name with such a character
		}
		t.say(textRecordDate, t.season.Opens.Chinese(), t.today().Chinese())
		return nil, t.now, false
	}
	return args, t.now, true
}

// resolve finds the members meant: by number of the list last shown (3, 2-5), student number, or name.
func (t *turn) resolve(args []string) (named, bool) {
	var ids []int64
	var names, nos, unknown []string
	for _, a := range args {
		switch picked, isNumber := t.picks(a); {
		case isNumber && len(picked) > 0:
			ids = append(ids, picked...)
		case isNumber:
			unknown = append(unknown, a)
		default:
			if no, err := understand.StudentNo(a); err == nil {
				nos = append(nos, no)
			} else {
				names = append(names, a)
			}
		}
	}
	key := fmt.Sprintf("named/%v/%q/%q", ids, names, nos)
	sc := t.scope()
	found, ok := want(t, key, func(ctx context.Context, s *storage.Store) ([]storage.Member, error) {
		return s.MembersMeant(ctx, sc, ids, nos, names)
	})
	if !ok {
		return named{}, false
	}
	n := named{unknown: unknown}
	seen := make(map[int64]bool)
	add := func(m storage.Member) {
		if !seen[m.Person.ID] {
			seen[m.Person.ID] = true
			n.members = append(n.members, m)
		}
	}
	for _, id := range ids {
		if i := slices.IndexFunc(found, func(m storage.Member) bool { return m.Person.ID == id }); i >= 0 {
			add(found[i])
		}
	}
	for _, no := range nos {
		if i := slices.IndexFunc(found, func(m storage.Member) bool { return m.Person.No == no }); i >= 0 {
			add(found[i])
		} else {
			n.unknown = append(n.unknown, no)
		}
	}
	for _, name := range names {
		var same []storage.Member
		for _, m := range found {
			if understand.SameName(m.Person.Name, name) && !slices.Contains(nos, m.Person.No) {
				same = append(same, m)
			}
		}
		switch {
		case len(same) == 0:
			n.unknown = append(n.unknown, name)
		case len(same) == 1:
			add(same[0])
		case n.twice == nil:
			n.twice, n.name = same, name
		default:
			n.unknown = append(n.unknown, name+textAlsoTwice)
		}
	}
	return n, true
}

// picks reads "3" or "2-5" as positions of the list last shown.
func (t *turn) picks(arg string) (ids []int64, isNumber bool) {
	from, to, isRange := strings.Cut(strings.NewReplacer("—", "-", "~", "-", "～", "-", "到", "-", "至", "-").Replace(arg), "-")
	const most = 500
	a, ok := understand.Number(from, most)
	if !ok {
		return nil, false
	}
	b := a
	if isRange {
		if b, ok = understand.Number(to, most); !ok {
			return nil, false
		}
	}
	if b > len(t.draft.List) {
		return nil, true // a span that is partly nobody is a slip: nothing of it is taken
	}
	for i := a; i <= b; i++ {
		ids = append(ids, t.draft.List[i-1])
	}
	return ids, true
}

// apply records an event for members, says what came of it, and tells the members.
func (t *turn) apply(e *season.Event, at time.Time, members []storage.Member) {
	if len(members) == 0 {
		return
	}
	ids := make([]int64, len(members))
	for i, m := range members {
		ids[i] = m.Person.ID
	}
	contacts := map[int64]storage.Contact{}
	if e.Tell != "" {
		var ok bool
		contacts, ok = want(t, fmt.Sprintf("contacts/%v", ids), func(ctx context.Context, s *storage.Store) (map[int64]storage.Contact, error) {
			return s.ContactsOf(ctx, ids)
		})
		if !ok {
			return
		}
	}
	done := map[string][]string{} // new state → names
	for _, m := range members {
		change, err := m.Record(t.season, e.Key, at, t.now, storage.DutyDone, t.said())
		if err != nil {
			t.say(textNotNowFor, t.label(m.Person, &m.Branch), t.nameOf(m.Transfer), e.Name)
			continue
		}
		t.out.Members = append(t.out.Members, change)
		t.audit("record", fmt.Sprintf("person/%d", m.Person.ID), map[string]string{"event": e.Key})
		state := t.nameOf(change.Transfer)
		done[state] = append(done[state], m.Person.Name)
		if c, ok := contacts[m.Person.ID]; ok {
			t.tell(c, storage.OutNudge, t.season.Fill(e.Tell, map[string]string{"name": m.Person.Name, "state": state}))
		}
	}
	for _, state := range slices.Sorted(maps.Keys(done)) {
		names := done[state]
		t.say(textRecorded, e.Name, someNames(names, 10), state)
	}
}

func (t *turn) nameOf(tr storage.Transfer) string {
	if tr.State == season.Undeclared {
		return textUndeclared
	}
	return t.season.TrackState(tr.Track, tr.State).Name
}

// someNames is 张三、李四等5人.
func someNames(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, "、")
	}
	return fmt.Sprintf("%s等%d人", strings.Join(names[:most], "、"), len(names))
}

// askWhich asks which of several members of one name is meant; the answer is a number.
func (t *turn) askWhich(e *season.Event, at time.Time, n named) {
	p := &pendingRecord{Event: e.Key, At: at.UTC().Format(time.RFC3339Nano)}
	var lines []string
	for _, m := range n.twice {
		p.IDs = append(p.IDs, m.Person.ID)
		lines = append(lines, t.label(m.Person, &m.Branch)+" "+t.nameOf(m.Transfer))
	}
	t.draft.Pending = p
	t.say(textWhichMember, n.name)
	t.say("%s", numbered(lines))
}

func (t *turn) picksCandidate() bool {
	if t.draft.Pending == nil {
		return false
	}
	_, ok := understand.Number(t.word, len(t.draft.Pending.IDs))
	return ok
}

func (t *turn) pickCandidate() {
	n, _ := understand.Number(t.word, len(t.draft.Pending.IDs))
	p := *t.draft.Pending
	e, ok := t.season.EventNamed(p.Event)
	at, err := time.Parse(time.RFC3339Nano, p.At)
	if !ok || err != nil {
		t.draft.Pending = nil
		t.officeHelp()
		return
	}
	id := p.IDs[n-1]
	sc := t.scope()
	ms, ok := want(t, fmt.Sprintf("members/%d", id), func(ctx context.Context, s *storage.Store) ([]storage.Member, error) {
		return s.MembersMeant(ctx, sc, []int64{id}, nil, nil)
	})
	if !ok {
		return
	}
	t.apply(e, at, ms)
	t.draft.Pending = nil
}

func (t *turn) dropPending() {
	t.draft.Pending = nil
	t.say(textDropped)
}
