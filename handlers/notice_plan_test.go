package handlers

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"xianjie/storage"
)

// classes are branches of so many people each. The first groups of them have a group; everybody wrote to us but the last
// strangers of each class.
func classes(branches, each, groups, strangers int) (people []storage.Reachable, orgs []storage.Org) {
	for b := range branches {
		orgs = append(orgs, storage.Org{ID: int64(b + 1), Kind: storage.OrgBranch, Name: fmt.Sprintf("%d班", b+1)})
		for i := range each {
			id := int64(b*each + i + 1)
			r := storage.Reachable{PersonID: id, No: fmt.Sprint(20160000 + id), Name: fmt.Sprint("同学", id), BranchID: int64(b + 1)}
			if i < each-strangers {
				r.Chat = &storage.Chat{ContactID: 100_000 + id, Account: account, State: storage.ContactActive}
			}
			if b < groups {
				r.Groups = []storage.Chat{{ContactID: int64(b + 1), Account: account, State: storage.ContactActive}}
			}
			people = append(people, r)
		}
	}
	return people, orgs
}

// Groups first, private messages only for whom no group reaches: 3,000 people in 100 groups cost at most 110 sends.
func TestPlanReach(t *testing.T) {
	for _, row := range []struct {
		name                              string
		branches, each, groups, strangers int
		text                              string
		a                                 storage.Audience
		sends, inGroup, skipped           int
	}{
		{"everybody in a group", 100, 30, 100, 0, "通知", storage.Audience{}, 100, 3000, 0},
		{"strangers in a group", 100, 30, 100, 30, "{姓名}通知", storage.Audience{}, 100, 3000, 0},
		{"no group", 10, 30, 0, 2, "通知", storage.Audience{}, 280, 0, 20},
		{"some groups", 10, 30, 9, 0, "通知", storage.Audience{}, 9 + 30, 270, 0},
		{"one of a class is told alone", 3, 1, 3, 0, "通知", storage.Audience{}, 3, 0, 0},
		{"one nobody can tell alone", 3, 1, 3, 1, "通知", storage.Audience{}, 3, 3, 0},
		{"what is personal is told alone", 2, 30, 2, 1, "{姓名}的学号是{学号}", storage.Audience{}, 58, 0, 2},
		{"who is silent is asked alone", 2, 30, 2, 1, "通知", storage.Audience{Unanswered: 3}, 58, 0, 2},
		{"in groups only", 3, 30, 2, 1, "通知", storage.Audience{Via: storage.ViaGroup}, 2, 60, 30},
		{"alone only", 3, 30, 2, 1, "通知", storage.Audience{Via: storage.ViaPrivate}, 87, 0, 3},
	} {
		t.Run(row.name, func(t *testing.T) {
			people, orgs := classes(row.branches, row.each, row.groups, row.strangers)
			p := planReach(row.text, row.a, people, orgs)
			if len(p.outs) != row.sends || p.inGroup != row.inGroup || p.skippedPeople() != row.skipped {
				t.Errorf("%d sends, %d in groups, %d skipped", len(p.outs), p.inGroup, p.skippedPeople())
			}
			// Everybody has one line and hangs on one message, or is skipped for a reason.
			var lines, meant []int64
			for _, l := range p.people {
				lines = append(lines, l.PersonID)
				if l.Reason == "" {
					meant = append(meant, l.PersonID)
				}
			}
			var told []int64
			for _, o := range p.outs {
				told = append(told, o.PersonIDs...)
				if len(o.PersonIDs) > 1 && strings.Contains(o.Text, "同学1") {
					t.Errorf("a group reads %q", o.Text)
				}
			}
			slices.Sort(lines)
			slices.Sort(meant)
			slices.Sort(told)
			if len(slices.Compact(lines)) != len(people) || !slices.Equal(meant, told) {
				t.Errorf("%d lines for %d people; %d are meant, %d told", len(lines), len(people), len(meant), len(told))
			}
		})
	}
}
