package season_test

import (
	"strings"
	"testing"

	"xianjie/season"
)

// applying is the small season in which who stays hands in an application.
var applying = strings.NewReplacer(
	"      - {key: here, to: 此处, track: post}\n", `      - key: here
        to: 此处
        track: asking
        application:
          name: 申请
          handed: asked
          approve: agreed
          return: refused
          readers: [college, committee]
          facts: [stay, day]
`,
	"tracks:\n", `tracks:
  asking:
    name: 申请
    states: [{key: to_ask, name: 待申请}, {key: to_agree, name: 待批准}, {key: lost, name: 丢了}, {key: agreed, name: 已批准, done: true}]
    moves:
      - {on: asked, from: [to_ask], to: to_agree}
      - {on: agreed, from: [to_agree, lost], to: agreed}
      - {on: refused, from: [to_agree], to: to_ask}
      - {on: sent, from: [to_agree], to: lost}
`,
	"  - {key: gone, name: 已走}\n", `  - {key: gone, name: 已走}
  - {key: asked, name: 已申请, words: [已申请], by: [member, branch]}
  - {key: agreed, name: 已批准, words: [已批准], by: [committee]}
  - {key: refused, name: 退回了, words: [退回], by: [committee], reason: true}
  - {key: noted, name: 已记, words: [已记], by: [member], aside: true}
`,
).Replace(small)

func TestApplicationOf(t *testing.T) {
	s := load(t, applying)
	a := s.ApplicationOf("away", "here")
	if a == nil || a.Name != "申请" || !a.ReadBy("college") || a.ReadBy("branch") {
		t.Fatalf("the application of the route is %+v", a)
	}
	for _, r := range [][2]string{{"away", "near"}, {"away", "moon"}, {"moon", "here"}, {"", ""}} {
		if a := s.ApplicationOf(r[0], r[1]); a != nil {
			t.Errorf("%s/%s asks for %+v", r[0], r[1], a)
		}
	}
}

// The season of 2020 asks for one where the membership is kept abroad, and nowhere else.
func TestApplicationsOf2020(t *testing.T) {
	s := cqu(t)
	for _, d := range s.Destinations {
		for _, r := range d.Routes {
			if got := r.Application != nil; got != (d.Key == "abroad_study") {
				t.Errorf("%s/%s asks for an application: %v", d.Key, r.Key, got)
			}
		}
	}
}

func TestFaultsOfApplications(t *testing.T) {
	for _, c := range []struct{ name, old, with, fault string }{
		{"as it is", "name: 申请\n          handed", "name: 申请书\n          handed", ""},
		{"without a name", "          name: 申请\n", "          name: #!\n", "name is missing"},
		{"handed in by nothing", "handed: asked", "handed: moon #!", `there is no event "moon"`},
		{"handed in by what is not the member's", "handed: asked", "handed: agreed #!", `event "agreed" is not the member's to record`},
		{"handed in by what stands aside", "handed: asked", "handed: noted #!", `event "noted" is not recorded by anybody about the transfer itself`},
		{"approved by nobody", "approve: agreed", "approve: gone #!", `event "gone" is not recorded by anybody about the transfer itself`},
		{"approved by the member", "approve: agreed", "approve: asked", `event "asked" decides on an application and cannot be the member's to record`},
		{"returned without a reason", "return: refused", "return: agreed #!", `event "agreed" takes no reason: what is to be changed could not be said`},
		{"read by a stranger", "readers: [college, committee]", "readers: [moon, committee] #!", `there is no party "moon"`},
		{"not read by who approves", "readers: [college, committee]", "readers: [college] #!", `party "committee" approves the application and must be able to read it`},
		{"read by members", "readers: [college, committee]", "readers: [member, committee] #!", "an application is read by officers"},
		{"about nothing", "          facts: [stay, day]\n", "", "facts, the questions the application is about, are missing"},
		{"about what is not asked", "facts: [stay, day]", "facts: [stay, moon] #!", `question "moon" is not asked here`},
		{"handed in nowhere", "      - {on: asked, from: [to_ask], to: to_agree}\n", "      - {on: sent, from: [to_ask], to: to_agree}\n", `track "asking" has no move on event "asked"`},
		{"not to be approved", "{on: agreed, from: [to_agree, lost]", "{on: agreed, from: [lost]", `track "asking": what was handed in waits in state "to_agree", which event "agreed" does not lead out of`},
		{"not to be returned", "{on: refused, from: [to_agree]", "{on: refused, from: [lost]", `track "asking": what was handed in waits in state "to_agree", which event "refused" does not lead out of`},
		{"not to be handed in again", "{on: refused, from: [to_agree], to: to_ask}", "{on: refused, from: [to_agree], to: lost}", `track "asking": what is returned cannot be handed in again: event "refused" leads to state "lost"`},
		{"on a refused route", "      - {key: near, when:", "      - {key: no, when: {stay: stay}, refuse: 不, application: {name: x}} #!\n      - {key: near, when:", `route "no" is refused: it has a key, a condition and refuse, and nothing else`},
	} {
		t.Run(c.name, func(t *testing.T) { faulty(t, applying, c.old, c.with, c.fault) })
	}
}

func TestDiffOfApplications(t *testing.T) {
	fresh := load(t, strings.Replace(applying, "readers: [college, committee]", "readers: [committee]", 1))
	got := said(season.Diff(load(t, applying), fresh))
	want := "去向“走开”的路径 here 要交的材料从“申请，在微信里发图片或文件，记“已申请”；批准记“已批准”（校团委），退回记“退回了”（校团委）；学院团委、校团委可以看，登记册列出留下吗、哪天走”" +
		"改为“申请，在微信里发图片或文件，记“已申请”；批准记“已批准”（校团委），退回记“退回了”（校团委）；校团委可以看，登记册列出留下吗、哪天走”"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
