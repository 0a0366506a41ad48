package season_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"xianjie/season"
)

// Every fault with its line and text. A row replaces part of the small season; the line is the one marked #!.
func TestFaults(t *testing.T) {
	for _, c := range []struct{ name, old, with, fault string }{
		// the head
		{"title twice", "title: 小季\n", "title: 小季\ntitle: 小季 #!\n", `mapping key "title" already defined at line 2`},
		{"key empty", "key: small\n", "key: '' #!\n", "key is missing"},
		{"title empty", "title: 小季\n", "title: ' ' #!\n", "title is missing"},
		{"school empty", "school: 小学校\n", "school: #!\n", "school is missing"},
		{"cohort zero", "cohort: 2031\n", "cohort: 0 #!\n", "cohort, the year of graduation, is missing"},
		{"cohort no number", "cohort: 2031\n", "cohort: 明年 #!\n", "cannot unmarshal !!str `明年` into int"},
		{"zone unknown", "zone: UTC\n", "zone: Moon/Sea #!\n", `zone "Moon/Sea" is not a time zone such as Asia/Shanghai`},
		{"zone of the machine", "zone: UTC\n", "zone: Local #!\n", `zone "Local" is not a time zone such as Asia/Shanghai`},
		{"a day that does not exist", "opens: 2031-06-01\n", "opens: 2031-06-31 #!\n", `"2031-06-31" is not a date such as 2006-01-02`},
		{"no opening day", "opens: 2031-06-01\n", "opens: #!\n", "a season needs the days it opens and closes"},
		{"closes first", "closes: 2031-12-31\n", "closes: 2031-06-01 #!\n", "the season closes on 2031-06-01, before it opens on 2031-06-01"},
		{"a date without name", "by: {date: 2031-07-31, name: 截止}", "by: {date: 2031-07-31} #!", "name is missing"},
		{"a name without date", "by: {date: 2031-07-31, name: 截止}", "by: {name: 截止} #!", `date "by" has no date`},
		{"no clock", `morning: "08:30"`, `morning: "8 Uhr" #!` + "\n ", `"8 Uhr" is not a time of day such as 09:00`},
		{"quiet by day", `morning: "08:30", weekends: true}`, `morning: "08:30", quiet_from: "12:00", quiet_to: "14:00"} #!`, "quiet time is expected to cross midnight: from 12:00 to 14:00 does not"},
		{"morning in the quiet", `morning: "08:30", weekends: true}`, `morning: "07:30", quiet_from: "22:00", quiet_to: "08:00"} #!`, "the morning slot 07:30 lies in the quiet time"},
		{"unknown key", "cohort: 2031\n", "cohort: 2031\ncohrot: 2031 #!\n", `there is no key "cohrot" here; check the spelling`},
		{"unknown key within", "name: 截止}", "name: 截止, colour: red} #!", `there is no key "colour" here; check the spelling`},
		// cross-system provinces
		{"inside and outside", "cross_system: {outside", "cross_system: {inside: [北京], outside", "give either the provinces inside or those outside, not both and not none"},
		{"neither", "outside: [四川, 重庆], ", "", "give either the provinces inside or those outside, not both and not none"},
		{"nobody initiates", "initiators: [college], note", "note", "who initiates across systems is missing"},
		{"initiated by nobody we know", "initiators: [college], note", "initiators: [moon], note", `there is no party "moon"`},
		{"note unfilled", `"{place}不同"`, `"{plaec}不同"`, "nothing fills {plaec} here"},
		{"note half open", `"{place}不同"`, `"{place不同"`, "a { without its }"},
		// parties
		{"a party without name", "branch: {name: 团支部, inside: true}", "branch: {inside: true} #!", "name is missing"},
		{"a party is missing", "  branch: {name: 团支部, inside: true}\n", "", `party "branch" must be there, with inside: true`},
		{"a party outside", "branch: {name: 团支部, inside: true}", "branch: {name: 团支部}", `party "branch" must be there, with inside: true`},
		// questions
		{"a question that says nothing", "questions:\n", "questions:\n  empty: #!\n", `question "empty" says nothing`},
		{"a derived fact", "questions:\n", "questions:\n  school: {kind: phone, label: a, ask: b} #!\n", `"school" is a derived fact and cannot be a question's key`},
		{"no label", "label: 去哪里, ask: 哪里？}", "ask: 哪里？} #!", "label is missing"},
		{"not asked", "label: 去哪里, ask: 哪里？}", "label: 去哪里} #!", "ask is missing"},
		{"no such kind", "{kind: province, label: 去哪里", "{kind: planet, label: 去哪里", `kind "planet" is none of text, choice, province, date, phone`},
		{"text without length", "questions:\n", "questions:\n  t: {kind: text, label: a, ask: b} #!\n", "a text needs min and max, its length in characters"},
		{"text of no length", "questions:\n", "questions:\n  t: {kind: text, label: a, ask: b, min: 5, max: 4} #!\n", "a text needs min and max, its length in characters"},
		{"dates backwards", "optional: true}", "optional: true, from: 2031-07-02, to: 2031-07-01} #!", "no date lies between 2031-07-02 and 2031-07-01"},
		{"a single option", "questions:\n", "questions:\n  c: {kind: choice, label: a, ask: b, options: [{key: a, name: b}]} #!\n", "a choice needs at least two options"},
		{"option without key", "{key: leave, name: 走}, {key: unsure, name: 不知道}]", "{key: leave, name: 走}, {key: unsure, name: 不知道}, {name: x}] #!", "key is missing"},
		{"option without name", "{key: leave, name: 走}", "{key: leave, name: 走}, {key: x}", "name is missing"},
		{"option twice", "{key: leave, name: 走}", "{key: leave, name: 走}, {key: leave, name: 去}", `option "leave" is there twice`},
		{"word of two options", "{key: leave, name: 走}", "{key: leave, name: 走, words: [留]}", `"留" stands for both "stay" and "leave"`},
		// tracks
		{"no states", "tracks:\n", "tracks:\n  none: {name: 无} #!\n", `track "none" has no states`},
		{"a track without name", "    name: 寄\n", "", "name is missing"},
		{"a state without key", "{key: sent, name: 已寄, done: true}", "{key: sent, name: 已寄, done: true}, {name: x, done: true}", "key is missing"},
		{"a state without name", "{key: sent, name: 已寄, done: true}", "{key: sent, done: true}", "name is missing"},
		{"a state twice", "{key: sent, name: 已寄, done: true}", "{key: sent, name: 已寄, done: true}, {key: sent, name: 又寄, done: true}", `state "sent" is there twice or reserved`},
		{"a reserved state", "{key: sent, name: 已寄, done: true}", "{key: sent, name: 已寄, done: true}, {key: undeclared, name: 又寄, done: true}", `state "undeclared" is there twice or reserved`},
		{"on an event nobody knows", "{on: sent, from: [to_send], to: sent}", "{on: moon, from: [to_send], to: sent} #!", `there is no event "moon"`},
		{"to a state nobody knows", "{on: sent, from: [to_send], to: sent}", "{on: sent, from: [to_send], to: moon} #!", `track "post" has no state "moon"`},
		{"from nowhere", "{on: sent, from: [to_send], to: sent}", "{on: sent, to: sent} #!", "a move needs the states it starts from"},
		{"from a state nobody knows", "{on: sent, from: [to_send], to: sent}", "{on: sent, from: [to_send, moon], to: sent} #!", `track "post" has no state "moon"`},
		{"two ways", "{on: gone, from: [to_send], to: sent}", "{on: gone, from: [to_send], to: sent}\n      - {on: gone, from: [to_send], to: to_send} #!", `event "gone" in state "to_send" already leads to "sent"`},
		{"unreachable", "{key: sent, name: 已寄, done: true}]", "{key: sent, name: 已寄, done: true}, {key: far, name: 远, done: true}]", `no move leads to state "far"`},
		{"a dead end", "{key: sent, name: 已寄, done: true}]", "{key: sent, name: 已寄}]", `no move leads out of state "sent", which is not done`},
		// events
		{"an event without key", "{key: gone, name: 已走}", "{key: gone, name: 已走}\n  - {name: x} #!", "key is missing"},
		{"an event without name", "{key: gone, name: 已走}", "{key: gone} #!", "name is missing"},
		{"an event twice", "{key: gone, name: 已走}", "{key: gone, name: 已走}\n  - {key: gone, name: 又走} #!", `event "gone" is there twice or reserved`},
		{"a reserved event", "{key: gone, name: 已走}", "{key: gone, name: 已走}\n  - {key: declared, name: 登记} #!", `event "declared" is there twice or reserved`},
		{"a word of two events", "{key: gone, name: 已走}", "{key: gone, name: 已走}\n  - {key: x, name: x, words: [已寄], by: [college]} #!", `"已寄" stands for both "sent" and "x"`},
		{"typed by nobody", "words: [已寄], by: [college]}", "words: [已寄]} #!", "an event is either typed by somebody (words and by) or recorded by itself (neither)"},
		{"typed by a stranger", "words: [已寄], by: [college]}", "words: [已寄], by: [moon]} #!", `there is no party "moon"`},
		{"told with a gap", "{key: gone, name: 已走}", `{key: gone, name: 已走, tell: "{when}"} #!`, "nothing fills {when} here"},
		// duties
		{"a duty without key", "  - key: form\n", "  - key: #!\n", "key is missing"},
		{"a duty without name", "    name: 交表\n", "    name: '' #!\n", "name is missing"},
		{"a duty without reason", "    name: 交表\n    clause: 无\n", "    name: 交表\n    clause: '' #!\n", "clause is missing"},
		{"a duty twice", "  - key: escort\n", "  - key: form #!\n", `duty "form" is there twice`},
		{"nobody's duty", "    clause: 无\n    of: college\n    while: [to_send]\n    due: {after", "    clause: 无\n    of: moon #!\n    while: [to_send]\n    due: {after", `there is no party "moon"`},
		{"a duty that is never open", "    while: [to_send]\n    due: {answer", "    due: {answer", `duty "escort" is open in no state`},
		{"a duty in no state", "    while: [to_send]\n    due: {answer", "    while: [to_send, moon] #!\n    due: {answer", `no track has a state "moon"`},
		{"due on no date", "due: {answer: day, days: 2}", "due: {date: moon} #!", `there is no date "moon" under dates`},
		{"due after no event", "due: {after: [declared, sent], days: 10}", "due: {after: [declared, moon], days: 10} #!", `there is no event "moon"`},
		{"due by no answer", "due: {answer: day, days: 2}", "due: {answer: where} #!", `"where" is not a question for a date`},
		{"due twice", "due: {answer: day, days: 2}", "due: {answer: day, date: by} #!", "due needs exactly one of date, after and answer"},
		{"never due", "due: {answer: day, days: 2}", "due: {days: 2} #!", "due needs exactly one of date, after and answer"},
		{"a lapse nobody knows", "    lapse: overdue\n", "    lapse: forgotten #!\n", `lapse "forgotten" is neither overdue nor approved_by_default`},
		{"an event of what stays open", "    lapse: overdue\n", "    lapse: overdue\n    lapse_event: gone #!\n", "only approved_by_default records an event"},
		{"approved by somebody", "    lapse_event: gone\n", "    lapse_event: sent #!\n", `"sent" is not an event that is recorded by itself`},
		{"approved into nothing", "      - {on: gone, from: [to_send], to: sent}\n", "", `track "post" cannot leave state "to_send" by "gone"`},
		{"no line", "    line: \"{names}\"\n    member_line", "    member_line", "line is missing"},
		{"no lapse line", "    lapse_line: \"{names}\"\nrates", "rates", "lapse_line is missing"},
		{"a line with a gap", "    member_line: 交表\n", "    member_line: '{when}' #!\n", "nothing fills {when} here"},
		{"never reminded", "    steps: [{before: 1, to: [college]}]\n", "    steps: [] #!\n", `duty "escort" is never reminded: it would lapse in silence`},
		{"a step at no time", "[{before: 1, to: [college]}]", "[{to: [college]}] #!", "a step needs exactly one of before, after and on"},
		{"a step at two times", "[{before: 1, to: [college]}]", "[{before: 1, after: 1, to: [college]}] #!", "a step needs exactly one of before, after and on"},
		{"a step twice", "[{before: 1, to: [college]}]", "[{before: 1, to: [college]}, {before: 1, to: [committee]}] #!", `step "before-1" is there twice`},
		{"a step after the end", "[{before: 1, to: [college]}]", "[{before: -1, to: [college]}] #!", "a step after its own deadline would come too late"},
		{"a step on a day after the end", "due: {answer: day, days: 2}\n    lapse: approved_by_default\n    lapse_event: gone\n    steps: [{before: 1, to: [college]}]", "due: {date: by}\n    lapse: approved_by_default\n    lapse_event: gone\n    steps: [{on: 2031-08-01, to: [college]}] #!", "a step on 2031-08-01, after its own deadline on 2031-07-31, would come too late"},
		{"a step to nobody", "[{before: 1, to: [college]}]", "[{before: 1}] #!", "a step needs somebody to remind"},
		{"a step to a stranger", "[{before: 1, to: [college]}]", "[{before: 1, to: [moon]}] #!", `there is no party "moon"`},
		{"a step to the outside", "parties:\n", "parties:\n  post: {name: 邮局}\n", ""},
		{"a step to a member without words", "    member_line: 交表\n", "", "a step to the member needs member_line"},
		// destinations
		{"a destination without name", "    name: 走开\n", "    name: '' #!\n", "name is missing"},
		{"a destination without explanation", "    explain: 走开。\n", "", "explain is missing"},
		{"a word of two destinations", "    explain: 走开。\n", "    explain: 走开。\n    words: [Ab] #!\n", `"Ab": words are written in lower case`},
		{"a question nobody knows", "{question: day}", "{question: day}\n      - {question: moon} #!", `there is no question "moon"`},
		{"a condition on what is not asked", "where, when: {stay: [leave, unsure]}}", "where, when: {day: x}} #!", `"day" is not a question asked before`},
		{"a condition on no option", "where, when: {stay: [leave, unsure]}}", "where, when: {stay: gone}} #!", `question "stay" has no option "gone"`},
		{"a condition without value", "where, when: {stay: [leave, unsure]}}", "where, when: {stay: []}} #!", `condition "stay" has no value`},
		{"a condition that is none", "where, when: {stay: [leave, unsure]}}", "where, when: stay} #!", "a condition is written {question: value}"},
		{"a condition on the place before it is asked", "where, when: {stay: [leave, unsure]}}", "where, when: {place: 四川}} #!", `destination "away" has not asked for its place before`},
		{"neither yes nor no", `cross_system: "no", place`, `cross_system: maybe, place`, `cross_system is yes or no, not "maybe"`},
		{"a place that is none", "    place: where\n", "    place: day #!\n", `"day" is not a question for a province that is asked here`},
		{"a route without key", "{key: here, to: 此处", "{to: 此处", "key is missing"},
		{"a route to nowhere", "{key: here, to: 此处, track: post}", "{key: here, track: post} #!", "to is missing"},
		{"a route twice", "{key: here, to: 此处", "{key: near, to: 此处", `route "near" is there twice`},
		{"a last route with a condition", "{key: here, to: 此处", "{key: here, when: {stay: stay}, to: 此处", "the last route must hold always, so that no answer leads nowhere"},
		{"a route that hides the rest", `{key: far, when: {cross_system: "yes"}, to`, "{key: far, to", `route "far" holds always: those after it cannot be reached`},
		{"a route on no track", "to: 此处, track: post}", "to: 此处, track: moon} #!", `there is no track "moon"`},
		{"a route nobody takes", "{key: here, to: 此处", "{key: here, moves: true, to: 此处", "the relation moves, but nobody initiates"},
		{"initiated by a stranger", "initiators: [member], track", "initiators: [moon], track", `there is no party "moon"`},
		{"a text with a gap", "to: 此处", `to: "{moon}"`, "nothing fills {moon} here"},
		{"a step with a gap", "to: 此处", `steps: ["{moon}"], to: 此处`, "nothing fills {moon} here"},
		{"a duty nobody knows", "duties: [form, escort]}", "duties: [form, moon]} #!", `there is no duty "moon"`},
		{"a duty by an answer not asked", "      - {question: day}\n", "", `duty "escort" is due by the answer to "day", which is not asked here`},
		{"a duty that is never open here", "tracks:\n", "tracks:\n  other: {name: x, states: [{key: a, name: a, done: true}]}\n", ""},
		// rates
		{"a rate without key", "{key: done, name: 办好", "{name: 办好", "key is missing"},
		{"a rate without name", "{key: done, name: 办好, of", "{key: done, of", "name is missing"},
		{"a rate by no date", "by: by}", "by: moon} #!", `there is no date "moon" under dates`},
		{"a rate of no destination", "of: [away]", "of: [moon]", `there is no destination "moon"`},
		{"a rate of no state", "done: [sent]", "done: [moon]", `no track has a state "moon"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if n := strings.Count(small, c.old); n != 1 {
				t.Fatalf("%q is in the small season %d times", c.old, n)
			}
			text := strings.Replace(small, c.old, c.with, 1)
			_, err := season.Load("s.yaml", []byte(text))
			if c.fault == "" {
				if err != nil {
					t.Fatalf("faults: %v", err)
				}
				return
			}
			var fs season.Faults
			if !errors.As(err, &fs) {
				t.Fatalf("error is %T: %v", err, err)
			}
			line := 0
			if before, _, ok := strings.Cut(text, "#!"); ok {
				line = strings.Count(before, "\n") + 1
			}
			for _, f := range fs {
				if f.Text == c.fault && (line == 0 || f.Line == line) {
					if text := f.Error(); !strings.HasPrefix(text, "s.yaml:") || !strings.HasSuffix(text, ": "+c.fault) {
						t.Errorf("as text: %s", text)
					}
					return
				}
			}
			t.Errorf("line %d: %q is not among\n%v", line, c.fault, err)
		})
	}
}

// Faults that need more than one change of the small season.
func TestFaultsTogether(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"empty", "", "s.yaml:1: the file is empty; a season has a key, destinations, tracks and duties"},
		{"only a comment", "# nothing\n", "s.yaml:1: the file is empty; a season has a key, destinations, tracks and duties"},
		{"no mapping", "- a\n", "s.yaml:1: cannot unmarshal !!seq into season.Season"},
		{"broken", "key: a\n  title: b\n", "s.yaml:2: mapping values are not allowed in this context"},
		{"two wrong types", "cohort: a\nopens: b\n", "s.yaml:1: cannot unmarshal !!str `a` into int\ns.yaml:2: \"b\" is not a date such as 2006-01-02"},
		{
			"no destinations", cut(small, "destinations:", "tracks:"),
			`s.yaml:1: a season needs destinations` + "\n" + `s.yaml:62: there is no destination "away"`,
		},
		{
			"no routes", cut(small, "    routes:", "tracks:"),
			`s.yaml:26: destination "away" leads nowhere: it has no routes`,
		},
		{
			"a destination twice, and its words", strings.Replace(small, "tracks:\n", `  - key: away
    name: 走开
    short: 走开
    explain: 又
    routes: [{key: x, to: y, track: post}]
tracks:
`, 1),
			`s.yaml:39: destination "away" is there twice`,
		},
		{
			"a word of two destinations", strings.Replace(small, "tracks:\n", `  - key: other
    name: 走开
    short: 别的
    explain: 又
    routes: [{key: x, to: y, track: post}]
tracks:
`, 1),
			`s.yaml:39: "走开" stands for both "away" and "other"`,
		},
		{
			"a step to somebody without a role here",
			strings.NewReplacer("parties:\n", "parties:\n  post: {name: 邮局}\n", "[{before: 1, to: [college]}]", "[{before: 1, to: [post]}]").Replace(small),
			`s.yaml:73: party "post" has no role in this product and cannot be reminded`,
		},
		{
			"a duty that is never open on its track",
			strings.NewReplacer("tracks:\n", "tracks:\n  other: {name: x, states: [{key: a, name: a, done: true}]}\n", "to: 此处, track: post", "to: 此处, track: other, duties: [form]").Replace(small),
			`s.yaml:38: duty "form" is never open on track "other"`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := season.Load("s.yaml", []byte(c.file))
			if err == nil || err.Error() != c.want {
				t.Errorf("got\n%v\nwant\n%s", err, c.want)
			}
		})
	}
}

// cut takes out what stands from one text up to another.
func cut(s, from, to string) string {
	before, rest, _ := strings.Cut(s, from)
	_, after, _ := strings.Cut(rest, to)
	return before + to + after
}

// Faults come in order of their lines, in the same order every time: maps must not show through.
func TestFaultsAreInOrder(t *testing.T) {
	text := strings.NewReplacer("when: {stay: [leave, unsure]}", "when: {x: a, y: b, z: c}", "key: small", "key:", "by: by}", "by: moon}").Replace(small)
	var first string
	for range 20 {
		_, err := season.Load("s.yaml", []byte(text))
		if err == nil {
			t.Fatal("loaded")
		}
		if first == "" {
			first = err.Error()
		}
		if err.Error() != first {
			t.Fatalf("first\n%s\nthen\n%s", first, err)
		}
	}
	var fs season.Faults
	_, err := season.Load("s.yaml", []byte(text))
	errors.As(err, &fs)
	for i := 1; i < len(fs); i++ {
		if fs[i].Line < fs[i-1].Line {
			t.Errorf("out of order:\n%v", fs)
		}
	}
	if len(fs) != 5 {
		t.Errorf("faults:\n%v", fs)
	}
}

func TestHashFollowsTheFile(t *testing.T) {
	a, b := load(t, small), load(t, small+"# another byte\n")
	if a.Hash == b.Hash || len(a.Hash) != 64 {
		t.Errorf("hashes %q and %q", a.Hash, b.Hash)
	}
}

// Whatever stands in a file: Load answers with a season that can be consulted, or with faults.
func FuzzLoad(f *testing.F) {
	data, err := os.ReadFile(cquFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	for _, text := range []string{
		small, "", "a: &a [*a]", "questions: {x: }", "tracks: {x: {states: [{}]}}", "duties: [{steps: [{}]}]", "<<: &x {key: a}\nkey: *x",
		strings.ReplaceAll(small, "2031", "9999"), strings.ReplaceAll(small, "days: 10", "days: 999999999"), "\xff\xfe", "key: \x00",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := season.Load("f.yaml", data)
		if err != nil {
			var fs season.Faults
			if !errors.As(err, &fs) || len(fs) == 0 {
				t.Fatalf("%T: %v", err, err)
			}
			for _, f := range fs {
				if f.Line < 1 || f.Text == "" {
					t.Errorf("fault %+v", f)
				}
			}
			return
		}
		if err := s.Write(&strings.Builder{}); err != nil {
			t.Error(err)
		}
		for _, d := range s.Destinations {
			a := season.Answers{}
			for n := 0; ; n++ {
				open := s.Ask(d.Key, a)
				if len(open) == 0 {
					break
				}
				if n > len(s.Questions) {
					t.Fatalf("%s asks for ever", d.Key)
				}
				a[open[0].Key] = ""
				if len(open[0].Options) > 0 {
					a[open[0].Key] = open[0].Options[0].Key
				}
			}
			o, err := s.Route(d.Key, a)
			if err != nil {
				t.Fatal(err)
			}
			s.DutiesOf(season.Standing{Destination: d.Key, Answers: a, State: o.State})
		}
	})
}
