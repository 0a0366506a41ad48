package season_test

import "strings"

// wide is the small season with everything the small one does without.
var wide = strings.NewReplacer(
	"  by: {date: 2031-07-31, name: 截止}\n", "  by: {date: 2031-07-31, name: 截止}\n  late: {date: 2031-10-31, name: 最迟}\n",
	`initiators: [college], note: "{place}不同"}`, `initiators: [college], note: "{place}不同", steps: ["先在{place}注册"], tracks: {post: long}, duties: [sign]}`,
	"    place: where\n", "    place: [where, then]\n",
	"      - {question: day}\n", "      - {question: day}\n      - {question: then, when: {stay: unsure}}\n",
	"  day: {kind: date", "  then: {kind: province, label: 再去哪里, ask: 再去哪里？}\n  day: {kind: date",
	"    routes:\n      - {key: near", "    routes:\n      - {key: no, when: {stay: stay}, refuse: \"不能留在{school}。\"}\n      - {key: near",
	"tracks:\n", `  - key: guest
    name: 客人
    short: 客人
    explain: 路过。
    uncounted: true
    routes: [{key: sits, to: 坐着, track: post}]
tracks:
  long:
    name: 远寄
    states: [{key: to_sign, name: 待注册}, {key: to_send, name: 待寄}, {key: sent, name: 已寄, done: true}]
    moves:
      - {on: signed, from: [to_sign], to: to_send, not_before: by}
      - {on: sent, from: [to_send], to: sent}
      - {on: gone, from: [to_send], to: sent}
`,
	"  - {key: gone, name: 已走}\n", `  - {key: gone, name: 已走}
  - {key: signed, name: 已注册, words: [已注册], by: [member]}
  - {key: paid, name: 已付, aside: true, words: [已付], by: [branch]}
org_events:
  - {key: told, subject: branch, name: 已通知, words: [已通知], by: [branch]}
  - {key: closed, subject: college, name: 已关, words: [已关], by: [college]}
`,
	"rates:\n", `  - key: sign
    name: 注册
    clause: 无
    of: member
    while: [to_sign]
    due: {after: declared, months: 2, days: 1, latest: late}
    lapse: overdue
    steps: [{before: 1, to: [member]}]
    line: "{names}"
    member_line: 注册
    lapse_line: "{names}"
  - key: pay
    name: 付钱
    clause: 无
    of: member
    while: [any]
    until: paid
    due: {date: by, months: 1}
    lapse: overdue
    steps: [{before: 1, to: [branch]}]
    line: "{names}"
    lapse_line: "{names}"
  - key: tell
    name: 通知
    clause: 无
    subject: branch
    of: branch
    until: told
    due: {date: by}
    lapse: overdue
    steps: [{before: 3, to: [branch]}]
    line: "{names}"
    lapse_line: "{names}"
  - key: old
    name: 老人
    clause: 无
    subject: college
    of: college
    open: {some: {cohort: earlier, not_in: [sent]}}
    due: {after: opened, days: 30}
    lapse: overdue
    steps: [{after: 1, to: [college]}, {before: 3, to: [committee]}]
    line: "{names}"
    lapse_line: "{names}"
  - key: close
    name: 关门
    clause: 无
    subject: college
    of: college
    open: {some: {cohort: this}, none: {not_in: [sent], routes: [away, guest/sits]}}
    until: closed
    due: {after: opened, days: 14}
    lapse: overdue
    steps: [{before: 3, to: [college]}]
    line: "{names}"
    lapse_line: "{names}"
rates:
  - {key: near, name: 近, clause: 无, all_but: [guest], done: [sent], via: [away/near], by: late}
`,
).Replace(small)
