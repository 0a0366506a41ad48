package season_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"xianjie/season"
)

func cqu(t testing.TB) *season.Season { return shipped(t, "cqu-2020") }

// shipped is a built-in season.
func shipped(t testing.TB, key string) *season.Season { return load(t, fileOf(t, key)) }

func fileOf(t testing.TB, key string) string {
	t.Helper()
	data, err := os.ReadFile("../seasons/" + key + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func load(t testing.TB, text string) *season.Season {
	t.Helper()
	s, err := season.Load("s.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// small is a season of nowhere that uses what the default one does not.
const small = `key: small
title: 小季
school: 小学校
cohort: 2031
zone: UTC
opens: 2031-06-01
closes: 2031-12-31
dates:
  by: {date: 2031-07-31, name: 截止}
calendar: {morning: "08:30", weekends: true}
cross_system: {outside: [四川, 重庆], initiators: [college], note: "{place}不同"}
parties:
  member: {name: 你, inside: true}
  branch: {name: 团支部, inside: true}
  college: {name: 学院团委, inside: true}
  committee: {name: 校团委, inside: true}
questions:
  stay:
    kind: choice
    label: 留下吗
    ask: 留下吗？
    options: [{key: stay, name: 留}, {key: leave, name: 走}, {key: unsure, name: 不知道}]
  where: {kind: province, label: 去哪里, ask: 哪里？}
  day: {kind: date, label: 哪天走, ask: 哪天？, optional: true}
destinations:
  - key: away
    name: 走开
    short: 走开
    explain: 走开。
    place: where
    ask:
      - {question: stay}
      - {question: where, when: {stay: [leave, unsure]}}
      - {question: day}
    routes:
      - {key: near, when: {cross_system: "no", place: [四川, 重庆]}, to: 家, moves: true, initiators: [college, member], track: post, duties: [form, escort]}
      - {key: far, when: {cross_system: "yes"}, to: 远方, moves: true, initiators: [member], track: post}
      - {key: here, to: 此处, track: post}
tracks:
  post:
    name: 寄
    states: [{key: to_send, name: 待寄}, {key: sent, name: 已寄, done: true}]
    moves:
      - {on: sent, from: [to_send], to: sent}
      - {on: gone, from: [to_send], to: sent}
events:
  - {key: sent, name: 已寄, words: [已寄], by: [college]}
  - {key: gone, name: 已走}
duties:
  - key: form
    name: 交表
    clause: 无
    of: college
    while: [to_send]
    due: {after: [declared, sent], days: 10}
    lapse: overdue
    steps:
      - {after: 3, to: [college]}
      - {on: 2031-07-01, to: [college, member]}
      - {before: 0, to: [college]}
    line: "{names}"
    member_line: 交表
    lapse_line: "{names}"
  - key: escort
    name: 送行
    clause: 无
    of: college
    while: [to_send]
    due: {answer: day, days: 2}
    lapse: approved_by_default
    lapse_event: gone
    steps: [{before: 1, to: [college]}]
    line: "{names}"
    lapse_line: "{names}"
rates:
  - {key: done, name: 办好, clause: 无, of: [away], done: [sent], by: by}
`

// at is an instant by its wall clock in the season's zone: "2020-06-01 09:00".
func at(t testing.TB, s *season.Season, text string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", text, s.Zone)
	if err != nil {
		t.Fatal(err)
	}
	return v.UTC()
}

func date(t testing.TB, text string) season.Date {
	t.Helper()
	d, err := season.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// answers reads "employ_form=self work_province=四川".
func answers(text string) season.Answers {
	a := season.Answers{}
	for _, f := range strings.Fields(text) {
		k, v, _ := strings.Cut(f, "=")
		a[k] = v
	}
	return a
}

// planned is reminders as a test reads them: "06-09 09:00 before-21→member".
func planned(s *season.Season, steps []season.Planned) string {
	var list []string
	for _, p := range steps {
		list = append(list, fmt.Sprintf("%s %s→%s", p.At.In(s.Zone).Format("01-02 15:04"), p.Step, p.To))
	}
	return strings.Join(list, "\n")
}
