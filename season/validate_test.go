package season_test

import (
	"errors"
	"strings"
	"testing"
	"time"

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
		// what follows a reminder
		{"a province that does not exist", "outside: [四川, 重庆], ", "outside: [四川, 广冬], #!\n  ", `there is no province "广冬"; its short name is wanted, without 省, 市 or 自治区`},
		{"waking before the day", "duties:\n", "follow: {seen_wakes: -1} #!\nduties:\n", "seen_wakes counts days before the next reminder and cannot be -1"},
		{"an escalation from a stranger", "duties:\n", "follow: {escalate: [{from: moon, to: college, after: 2}]} #!\nduties:\n", `there is no party "moon"`},
		{"an escalation to a stranger", "duties:\n", "follow: {escalate: [{from: branch, to: moon, after: 2}]} #!\nduties:\n", `there is no party "moon"`},
		{"an escalation to the member", "duties:\n", "follow: {escalate: [{from: branch, to: member, after: 2}]} #!\nduties:\n", "what nobody answers cannot go to the member it is about"},
		{"an escalation to itself", "duties:\n", "follow: {escalate: [{from: branch, to: branch, after: 2}]} #!\nduties:\n", "what branch does not answer goes to branch again"},
		{"an escalation at once", "duties:\n", "follow: {escalate: [{from: branch, to: college, after: 0}]} #!\nduties:\n", "after 0 working days: there must be at least one to answer in"},
		{"an escalation twice", "duties:\n", "follow:\n  escalate:\n    - {from: branch, to: college, after: 2}\n    - {from: branch, to: college, after: 3} #!\nduties:\n", "there are two steps from branch to college"},
		{"an escalation in a circle", "duties:\n", "follow:\n  escalate:\n    - {from: branch, to: college, after: 2}\n    - {from: college, to: committee, after: 2}\n    - {from: committee, to: branch, after: 2} #!\nduties:\n", "escalation runs in a circle: branch already leads to committee"},
		{"a circle in one duty", "    lapse: overdue\n", "    lapse: overdue\n    escalate:\n      - {from: branch, to: college, after: 2}\n      - {from: college, to: branch, after: 2} #!\n", "escalation runs in a circle: branch already leads to college"},
		{"waking in one duty", "    lapse: overdue\n", "    lapse: overdue\n    seen_wakes: -2 #!\n", "seen_wakes counts days before the next reminder and cannot be -2"},
		{"overdue without a text", "duties:\n", "follow: {overdue: {every: 7}} #!\nduties:\n", "line is missing"},
		{"overdue backwards", "duties:\n", "follow: {overdue: {every: -7, line: x}} #!\nduties:\n", "every -7 days: days cannot be negative"},
		{"overdue less than never", "duties:\n", "follow: {overdue: {every: 7, most: -1, line: x}} #!\nduties:\n", "most -1: how often cannot be negative"},
		{"overdue to a stranger", "duties:\n", "follow: {overdue: {every: 7, to: [moon], line: x}} #!\nduties:\n", `there is no party "moon"`},
		{"overdue unfilled", "duties:\n", "follow: {overdue: {every: 7, line: '{reminded}'}} #!\nduties:\n", "nothing fills {reminded} here"},
		{"overdue of what is approved", "    lapse: approved_by_default\n", "    lapse: approved_by_default\n    overdue: {every: 7, line: x} #!\n", `duty "escort" is approved by default: nothing of it is left to chase`},
		{"overdue to the member without a text", "    lapse: overdue\n", "    lapse: overdue\n    overdue: {every: 7, to: [member], line: x} #!\n", "member_line is missing"},
		{"a step called like one of ours", "- {after: 3, to: [college]}", "- {key: 'seen:3', after: 3, to: [college]} #!", `step key "seen:3" is taken by what the product plans by itself`},
		{"a step called lapsed", "- {after: 3, to: [college]}", "- {key: lapsed, after: 3, to: [college]} #!", `step key "lapsed" is taken by what the product plans by itself`},
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
		{"a rate without name", "{key: done, name: 办好, clause", "{key: done, clause", "name is missing"},
		{"a rate by no date", "by: by}", "by: moon} #!", `there is no date "moon" under dates`},
		{"a rate of no destination", "of: [away]", "of: [moon]", `there is no destination "moon"`},
		{"a rate of no state", "done: [sent]", "done: [moon]", `no track has a state "moon"`},
	} {
		t.Run(c.name, func(t *testing.T) { faulty(t, small, c.old, c.with, c.fault) })
	}
}

// The same for what only the wide season uses.
func TestFaultsOfWhatIsWide(t *testing.T) {
	for _, c := range []struct{ name, old, with, fault string }{
		// across systems
		{"no note", `note: "{place}不同", `, "", "note is missing"},
		{"an empty step", `steps: ["先在{place}注册"]`, `steps: [""]`, "this text is empty"},
		{"a step with a gap", `steps: ["先在{place}注册"]`, `steps: ["{where}"]`, "nothing fills {where} here"},
		{"in place of no track", "tracks: {post: long}", "tracks: {moon: long}", `there is no track "moon"`},
		{"by no track", "tracks: {post: long}", "tracks: {post: moon}", `there is no track "moon"`},
		{"a duty nobody knows", "duties: [sign]}", "duties: [moon]}", `there is no duty "moon"`},
		{"a duty about a college", "duties: [sign]}", "duties: [old]}", `duty "old" is about a college, not about a member`},
		{"a duty by an answer", "duties: [sign]}", "duties: [escort]}", `duty "escort" is due by the answer to "day", which not everybody is asked`},
		{"a duty that is never open there", "tracks: {post: long}", "tracks: {long: post}", `duty "sign" is never open on a track of a crossing transfer`},
		// places, refused routes
		{"a second place that is none", "    place: [where, then]\n", "    place: [where, day] #!\n", `"day" is not a question for a province that is asked here`},
		{"a refused route that goes somewhere", "refuse: \"不能留在{school}。\"}", "to: 家, refuse: 不}", `route "no" is refused: it has a key, a condition and refuse, and nothing else`},
		{"a refusal with a gap", "refuse: \"不能留在{school}。\"}", "refuse: \"{moon}\"}", "nothing fills {moon} here"},
		{"a refused route after another", "      - {key: here, to: 此处", "      - {key: late, when: {stay: stay}, refuse: 不} #!\n      - {key: here, to: 此处", "refused routes come before the others"},
		{"nothing but a refused route", "routes: [{key: sits, to: 坐着, track: post}]", "routes: [{key: sits, refuse: 不}] #!", `destination "guest" has no route that is not refused`},
		// tracks and events
		{"not before no date", "not_before: by}", "not_before: moon} #!", `there is no date "moon" under dates`},
		{"a move on what moves nothing", "      - {on: signed, from", "      - {on: paid, from: [to_send], to: sent} #!\n      - {on: signed, from", `event "paid" stands beside the transfer and moves nothing`},
		{"a reserved state", "{key: to_sign, name: 待注册}", "{key: any, name: 待注册}", `state "any" is there twice or reserved`},
		{"beside the transfer, recorded by nobody", "aside: true, words: [已付], by: [branch]}", "aside: true} #!", "an event beside the transfer needs somebody who records it"},
		{"a reserved event", "{key: gone, name: 已走}", "{key: gone, name: 已走}\n  - {key: opened, name: 开} #!", `event "opened" is there twice or reserved`},
		{"an event about whom", "subject: branch, name: 已通知", "subject: member, name: 已通知", `subject "member" is neither branch nor college`},
		{"an event twice", "{key: told, subject", "{key: paid, subject", `event "paid" is there twice or reserved`},
		{"a word of two events", "words: [已关]", "words: [已付]", `"已付" stands for both "paid" and "closed"`},
		{"an event about a college typed by nobody", "words: [已关], by: [college]}", "words: [已关]} #!", "an event about an organisation is typed by somebody: words and by"},
		{"an event about a college without name", "name: 已关, ", "", "name is missing"},
		// duties
		{"a duty about nobody", "    subject: branch\n    of: branch\n", "    subject: moon #!\n    of: branch\n", `subject "moon" is none of member, branch and college`},
		{"everybody's and more", "while: [any]", "while: [any, sent] #!", "any stands alone: it means every state"},
		{"everybody's for ever", "    until: paid\n", "", `duty "pay" is open in every state and never over: it needs until`},
		{"everybody's by an answer", "due: {date: by, months: 1}", "due: {answer: day} #!", `duty "pay" is everybody's and cannot be due by an answer`},
		{"everybody's on a route", "duties: [form, escort]", "duties: [form, pay]", `duty "pay" is everybody's already and hangs on no route`},
		{"a college's on a route", "duties: [form, escort]", "duties: [form, old]", `duty "old" is about a college, not about a member`},
		{"until nothing that happens", "    until: paid\n", "    until: moon #!\n", `there is no event "moon"`},
		{"a member's duty with open", "    until: paid\n", "    until: paid\n    open: {some: {cohort: this}} #!\n", "only a duty about a branch or a college has open; about a member, it has while"},
		{"a branch's duty with while", "    until: told\n", "    until: told\n    while: [sent] #!\n", "a duty about a branch has open, not while"},
		{"a member answers for a branch", "    subject: branch\n    of: branch\n", "    subject: branch\n    of: member #!\n", "no single member answers for a branch"},
		{"a branch's duty for ever", "    until: told\n", "", `duty "tell" is open always and never over: it needs open or until`},
		{"until something of a college", "    until: told\n", "    until: closed #!\n", `there is no event "closed" about a branch under org_events`},
		{"no such cohort", "{cohort: earlier, not_in: [sent]}", "{cohort: older, not_in: [sent]}", `cohort "older" is none of this, earlier and later`},
		{"no such state", "{cohort: earlier, not_in: [sent]}", "{cohort: earlier, in: [moon]}", `no track has a state "moon"`},
		{"no such destination", "routes: [away, guest/sits]", "routes: [moon]", `there is no destination "moon"`},
		{"no such route", "routes: [away, guest/sits]", "routes: [guest/moon]", `destination "guest" has no route "moon"`},
		{"a refused route is none", "routes: [away, guest/sits]", "routes: [away/no]", `destination "away" has no route "no"`},
		{"a branch's duty by an answer", "    until: told\n    due: {date: by}", "    until: told\n    due: {answer: day} #!", "a duty about a branch cannot be due by a member's answer"},
		{"a branch's duty after a transfer's event", "    until: told\n    due: {date: by}", "    until: told\n    due: {after: sent, days: 5} #!", `there is no event "sent"`},
		{"a member's duty after its opening", "due: {after: declared, months: 2", "due: {after: opened, months: 2", `there is no event "opened"`},
		{"a college's duty by default", "    until: closed\n    due: {after: opened, days: 14}\n    lapse: overdue", "    until: closed\n    due: {after: opened, days: 14}\n    lapse: approved_by_default #!", "only a duty about a member lapses with approved_by_default"},
		{"latest on no date", "latest: late}", "latest: moon}", `there is no date "moon" under dates`},
		{"latest beside a date", "due: {date: by, months: 1}", "due: {date: by, months: 1, latest: late} #!", "a duty that is due on a date needs no latest day"},
		{"due after the season", "due: {date: by, months: 1}", "due: {date: by, months: 12} #!", "due on 2032-07-31, outside the season from 2031-06-01 to 2031-12-31"},
		{"due before the season", "by: {date: 2031-07-31,", "by: {date: 2031-03-01,", "due on 2031-03-01, outside the season from 2031-06-01 to 2031-12-31"},
		{"a step after the season", "steps: [{after: 1, to: [college]}, {before: 3", "steps: [{on: 2032-01-01, to: [college]}, {before: 3", "a step on 2032-01-01 never leaves: the season is from 2031-06-01 to 2031-12-31"},
		{"a step after its own deadline", "steps: [{after: 1, to: [college]}, {before: 3", "steps: [{after: 31, to: [college]}, {before: 3", "a step after 31 days, when the duty is due after 30, would come too late"},
		{"a step after a deadline of months", "steps: [{before: 1, to: [branch]}]", "steps: [{on: 2031-09-01, to: [branch]}] #!", "a step on 2031-09-01, after its own deadline on 2031-08-31, would come too late"},
		// rates
		{"a rate of all and of some", "all_but: [guest],", "all_but: [guest], of: [away],", "a rate needs either of or all_but"},
		{"a rate of whom", "all_but: [guest], ", "", "a rate needs either of or all_but"},
		{"a rate of all but nobody we know", "all_but: [guest]", "all_but: [moon]", `there is no destination "moon"`},
		{"a rate by no way", "via: [away/near]", "via: [away/moon]", `destination "away" has no route "moon"`},
		{"a rate without reason", "{key: near, name: 近, clause: 无,", "{key: near, name: 近,", "clause is missing"},
	} {
		t.Run(c.name, func(t *testing.T) { faulty(t, wide, c.old, c.with, c.fault) })
	}
}

// faulty replaces part of a season and sees the fault, on the line marked #! if there is one; no fault at all for "".
func faulty(t *testing.T, file, old, with, fault string) {
	t.Helper()
	if n := strings.Count(file, old); n != 1 {
		t.Fatalf("%q is in the season %d times", old, n)
	}
	text := strings.Replace(file, old, with, 1)
	s, err := season.Load("s.yaml", []byte(text))
	if fault == "" {
		if err != nil {
			t.Fatalf("faults: %v", err)
		}
		return
	}
	var fs season.Faults
	if !errors.As(err, &fs) || s != nil {
		t.Fatalf("loaded %v, error is %T: %v", s, err, err)
	}
	line := 0
	if before, _, ok := strings.Cut(text, "#!"); ok {
		line = strings.Count(before, "\n") + 1
	}
	for _, f := range fs {
		if f.Text == fault && (line == 0 || f.Line == line) {
			if text := f.Error(); !strings.HasPrefix(text, "s.yaml:") || !strings.HasSuffix(text, ": "+fault) {
				t.Errorf("as text: %s", text)
			}
			return
		}
	}
	t.Errorf("line %d: %q is not among\n%v", line, fault, err)
}

// Every fault of a file is reported at once, those of its values and those of its meaning, and nothing twice over.
func TestEveryFaultAtOnce(t *testing.T) {
	text := strings.NewReplacer(
		"  late: {date: 2031-10-31, name: 最迟}", "  late: {date: 2031-10-32, name: 最迟}",
		"    explain: 路过。\n", "",
		"  - key: guest\n", "  - key: away\n",
		"steps: [{before: 1, to: [member]}]", "steps: [{before: -1, to: [member]}]",
		"steps: [{after: 1, to: [college]}, {before: 3", "steps: [{on: 2031-02-30, to: [college]}, {before: 3",
		"    member_line: 注册\n", "",
		"cohort: 2031", "cohort: 明年",
	).Replace(strings.Replace(wide, "routes: [away, guest/sits]", "routes: [away]", 1))
	s, err := season.Load("s.yaml", []byte(text))
	if s != nil {
		t.Error("loaded")
	}
	var got []string
	var fs season.Faults
	errors.As(err, &fs)
	lines := strings.Split(text, "\n")
	for _, f := range fs {
		got = append(got, f.Text+" @ "+strings.TrimSpace(lines[f.Line-1]))
	}
	want := []string{
		"cannot unmarshal !!str `明年` into int @ cohort: 明年",
		`"2031-10-32" is not a date such as 2006-01-02 @ late: {date: 2031-10-32, name: 最迟}`,
		`explain is missing @ - key: away`,
		`destination "away" is there twice @ - key: away`,
		`a step after its own deadline would come too late @ steps: [{before: -1, to: [member]}]`,
		`a step to the member needs member_line @ steps: [{before: -1, to: [member]}]`,
		`"2031-02-30" is not a date such as 2006-01-02 @ steps: [{on: 2031-02-30, to: [college]}, {before: 3, to: [committee]}]`,
		`there is no destination "guest" @ - {key: near, name: 近, clause: 无, all_but: [guest], done: [sent], via: [away/near], by: late}`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Faults that need more than one change of the small season.
func TestFaultsTogether(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"empty", "", "s.yaml:1: the file is empty; a season has a key, destinations, tracks and duties"},
		{"only a comment", "# nothing\n", "s.yaml:1: the file is empty; a season has a key, destinations, tracks and duties"},
		{"no mapping", "- a\n", "s.yaml:1: cannot unmarshal !!seq into season.Season"},
		{"broken", "key: a\n  title: b\n", "s.yaml:2: mapping values are not allowed in this context"},
		{
			"two wrong types, and a text is missing", strings.NewReplacer("cohort: 2031", "cohort: a", "opens: 2031-06-01", "opens: 2031-02-29", "    explain: 走开。\n", "").Replace(small),
			"s.yaml:4: cannot unmarshal !!str `a` into int\ns.yaml:6: \"2031-02-29\" is not a date such as 2006-01-02\ns.yaml:26: explain is missing",
		},
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
	for _, b := range builtins {
		f.Add([]byte(fileOf(f, b.key)))
	}
	for _, text := range []string{
		small, wide, "", "a: &a [*a]", "questions: {x: }", "tracks: {x: {states: [{}]}}", "duties: [{steps: [{}]}]", "<<: &x {key: a}\nkey: *x",
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
		if d := season.Diff(s, s); len(d) > 0 {
			t.Errorf("differs from itself: %+v", d)
		}
		now := time.Date(2031, 6, 2, 0, 0, 0, 0, time.UTC)
		for _, subject := range []string{season.SubjectBranch, season.SubjectCollege} {
			s.OrgDutiesOf(season.OrgStanding{Subject: subject, Members: []season.Count{{N: 1}, {Cohort: 1, N: 1}}, At: now})
		}
		s.Measure([]season.Count{{N: 1}})
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
			var refused *season.Refused
			if errors.As(err, &refused) && refused.Text != "" {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			s.DutiesOf(season.Standing{Destination: d.Key, Answers: a, State: o.State})
		}
	})
}
