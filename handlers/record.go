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

// isRecord recognises a message that begins or ends with a word of an event the officer may record, or may answer an
// application by. To whoever may not, it is no such word.
func isRecord(t *turn) bool {
	e, args, ok := t.recordCommand(t.line)
	if !ok || t.mayRecord(e) {
		return ok
	}
	_, ok = t.decision(e, args, "")
	return ok
}

// isSeparator reports what stands between names and numbers in a command.
func isSeparator(r rune) bool { return strings.ContainsRune(" \n,，、;；:：", r) }

// spans joins what people write around the dash of a span: 1 - 3.
var spans = strings.NewReplacer(" - ", "-", " – ", "-", " — ", "-", " ~ ", "-", " 到 ", "-", " 至 ", "-")

// recordCommand reads 已发起 张三 李四, 已发起张三, and 张三 已发起.
func (t *turn) recordCommand(line string) (*season.Event, []string, bool) {
	fields := strings.FieldsFunc(spans.Replace(line), isSeparator)
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
	if last := len(fields) - 1; !ok && last > 0 {
		if e, ok = t.season.Event(fields[last]); ok {
			return e, fields[:last], true
		}
	}
	if !ok {
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
	e, args, _ := t.recordCommand(t.line)
	reason := ""
	if e.Reason {
		if head, why, ok := cutReason(t.line); ok {
			if he, named, ok := t.recordCommand(head); ok && he == e && len(named) > 0 {
				args, reason = named, why
			}
		}
	}
	if t.decide(e, args, reason) {
		return
	}
	if !t.mayRecord(e) { // heard as a word about applications only, and the number is none
		d, _ := t.decision(e, args, reason)
		t.say(textNoApplication, d.nos[0])
		return
	}
	args, at, ok := t.when(args)
	switch {
	case !ok:
	case len(args) == 0 && e.Reason:
		t.say(textRecordHowWhy, e.Words[0])
	case len(args) == 0:
		t.say(textRecordHow, e.Words[0], e.Words[0])
	case len(args) == 1 && args[0] == textWhole:
		t.recordWhole(e, at, reason)
	default:
		t.carryOut(pendingRecord{Event: e.Key, At: at.UTC().Format(time.RFC3339Nano), Reason: reason}, args)
	}
}

// cutReason parts a command from the reason after it: 退回 张三：材料不全, 退回 张三 因为材料不全.
func cutReason(line string) (head, reason string, ok bool) {
	for _, mark := range []string{"：", ":", "因为", "原因是", "原因"} {
		if h, r, found := strings.Cut(line, mark); found && strings.Trim(r, aroundWords) != "" && len(strings.FieldsFunc(h, isSeparator)) > 0 {
			return h, oneLine(strings.Trim(r, aroundWords), 100), true
		}
	}
	return "", "", false
}

// carryOut does what an officer wants for everybody named, and asks where a name is carried by several.
func (t *turn) carryOut(p pendingRecord, args []string) {
	n, ok := t.resolve(args)
	if !ok {
		return
	}
	same := map[string]int{}
	for _, m := range n.members {
		same[m.Person.Name]++
	}
	t.apply(p, n.members, func(m storage.Member) string {
		if same[m.Person.Name] > 1 {
			return t.label(m.Person, &m.Branch)
		}
		return m.Person.Name
	})
	t.sayUnknown(n.unknown)
	if e, ok := t.season.EventNamed(p.Event); ok && e.Reason && p.Reason == "" && len(n.unknown) > 0 {
		t.say(textReasonHow, e.Words[0])
	}
	t.draft.Pending = nil
	if len(n.twice) > 0 {
		t.askWhich(p, n)
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
	written := make([]string, len(names)) // as a roster writes them: 买买提·艾力 for 买买提.艾力
	for i, name := range names {
		written[i] = understand.Name(name)
	}
	key := fmt.Sprintf("named/%v/%q/%q", ids, names, nos)
	sc := t.scope()
	found, ok := want(t, key, func(ctx context.Context, s *storage.Store) ([]storage.Member, error) {
		return s.MembersMeant(ctx, sc, ids, nos, slices.Concat(names, written))
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
			if understand.SameName(m.Person.Name, name) {
				same = append(same, m)
			}
		}
		if slices.ContainsFunc(same, func(m storage.Member) bool { return seen[m.Person.ID] }) {
			continue // the name beside the number (20160006 张伟) is the same person, never the namesake
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

// apply records an event for members, or takes their last one back, says what came of it, and tells the members.
func (t *turn) apply(p pendingRecord, members []storage.Member, name func(storage.Member) string) {
	if len(members) == 0 {
		return
	}
	if contacts, ok := t.contactsOf(members); ok {
		t.applyReaching(contacts, p, members, name)
	}
}

// contactsOf are the chats in which members can be reached.
func (t *turn) contactsOf(members []storage.Member) (map[int64]storage.Contact, bool) {
	ids := make([]int64, len(members))
	for i, m := range members {
		ids[i] = m.Person.ID
	}
	return want(t, fmt.Sprintf("contacts/%v", ids), func(ctx context.Context, s *storage.Store) (map[int64]storage.Contact, error) {
		return s.ContactsOf(ctx, ids)
	})
}

// applyReaching is apply with the chats known in which the members can be reached.
func (t *turn) applyReaching(contacts map[int64]storage.Contact, p pendingRecord, members []storage.Member, name func(storage.Member) string) {
	done := map[[2]string][]string{} // what was done and the new state → names
	for _, m := range members {
		t.viewed(m)
		change, what, tell, why := t.change(p, m)
		if why != "" {
			t.say("%s", why)
			continue
		}
		t.out.Members = append(t.out.Members, change)
		state := t.nameOf(change.Transfer)
		done[[2]string{what, state}] = append(done[[2]string{what, state}], name(m))
		if c, ok := contacts[m.Person.ID]; ok && tell != "" {
			t.tell(c, storage.OutNudge, t.season.Fill(tell, map[string]string{"name": m.Person.Name, "state": state, "reason": reasonTold(p.Reason)}))
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(done), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		t.say("%s", fmt.Sprintf(textRecorded, key[0], someNames(done[key], 10), key[1]))
	}
}

// change is what becomes of one member: the change, what was done in words, what the member is told; or why not.
func (t *turn) change(p pendingRecord, m storage.Member) (c storage.MemberChange, what, tell, why string) {
	subject := fmt.Sprintf("person/%d", m.Person.ID)
	if p.Event == "" {
		c, e, why := t.takeBack(m)
		if why != "" {
			return c, "", "", why
		}
		t.audit("undo", subject, map[string]string{"event": e.Key})
		return c, fmt.Sprintf(textUndone, e.Name), fmt.Sprintf(textUndoneTell, e.Name), ""
	}
	e, ok := t.season.EventNamed(p.Event)
	at, err := time.Parse(time.RFC3339Nano, p.At)
	if !ok || err != nil {
		return c, "", "", textNotUnderstood
	}
	if why, _ := t.undecidable(e, m, p.Reason); why != "" {
		return c, "", "", why
	}
	said := t.said()
	said.Note = p.Reason
	c, err = m.Record(t.season, e.Key, at, t.now, storage.DutyDone, said)
	if early := (*storage.TooEarly)(nil); errors.As(err, &early) {
		return c, "", "", fmt.Sprintf(textTooEarly, e.Name, early.From.Chinese())
	}
	if err != nil {
		return c, "", "", fmt.Sprintf(textNotNowFor, t.label(m.Person, &m.Branch), t.nameOf(m.Transfer), e.Name)
	}
	t.audit("record", subject, map[string]string{"event": e.Key})
	return c, fmt.Sprintf(textDone, e.Name), e.Tell, ""
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

// reasonTold is a reason as it stands in what a member is told.
func reasonTold(reason string) string {
	if reason == "" {
		return ""
	}
	return fmt.Sprintf(textReason, reason)
}
