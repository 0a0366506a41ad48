package handlers

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"xianjie/storage"
)

// 总览 ranks the colleges by the season's rates for the committee; 通报 drafts the same for a group.

func isRanking(t *turn) bool { return t.heard(textOverview, textBulletin) && t.onCommittee() }

// ranked is one organisation with its counts.
type ranked struct {
	name string
	counts
}

// ranking says how the colleges stand, by every rate of which somebody counts.
func (t *turn) ranking() {
	g, ok := t.gauged(storage.Scope{})
	if !ok {
		return
	}
	if t.heard(textBulletin) {
		t.say(textBulletinHow)
		t.say(textBulletinHead, t.season.Title, t.today().Chinese())
	} else {
		t.say(textOverviewHead, t.scopeName(), t.today().Chinese())
	}
	for _, m := range t.measures() {
		if text := rankedBy(m, g.parts); text != "" {
			t.say("%s", text)
		}
	}
	if t.heard(textBulletin) {
		t.answerPicture(textBulletinTitle, g)
	}
}

// gauge is how a part of the school stands: its own parts, and all of them together.
type gauge struct {
	scope storage.Scope
	parts []ranked
	whole counts
}

// gauged counts the colleges of the school, the branches of a college, or a branch.
func (t *turn) gauged(sc storage.Scope) (gauge, bool) {
	type found struct {
		counts []storage.Count
		orgs   []storage.Org
	}
	f, ok := want(t, fmt.Sprint("gauge/", sc), func(ctx context.Context, s *storage.Store) (found, error) {
		count, kind := s.CountsIn, storage.OrgCollege
		if sc != (storage.Scope{}) {
			count, kind = s.CountsByBranch, storage.OrgBranch
		}
		n, err := count(ctx, sc)
		if err != nil {
			return found{}, err
		}
		orgs, err := s.Orgs(ctx, kind)
		return found{n, orgs}, err
	})
	if !ok {
		return gauge{}, false
	}
	g := gauge{scope: sc, whole: tally(t.season, f.counts)}
	for _, o := range f.orgs {
		own := slices.DeleteFunc(slices.Clone(f.counts), func(n storage.Count) bool { return n.CollegeID != o.ID && n.BranchID != o.ID })
		if c := tally(t.season, own); c.total > 0 {
			g.parts = append(g.parts, ranked{o.Name, c})
		}
	}
	return g, true
}

// measure is one of the rates organisations are ranked by.
type measure struct {
	name, by string // by: 7月31日前, or nothing
	all      bool   // who has not declared counts, too
	of       func(counts) rate
}

// measures are who has declared, and the rates of the season.
func (t *turn) measures() []measure {
	ms := []measure{{name: textDeclaredRate, all: true, of: func(c counts) rate { return rate{c.total - c.undeclared, c.total} }}}
	for i, r := range t.season.Rates {
		m := measure{name: r.Name, all: len(r.AllBut) > 0, of: func(c counts) rate { return c.rates[i] }}
		if d, ok := t.season.Dates[r.By]; ok {
			m.by = fmt.Sprintf(textRateBy, d.Date.Chinese())
		}
		ms = append(ms, m)
	}
	return ms
}

// placed is an organisation in a ranking.
type placed struct {
	place int
	name  string
	rate  rate
}

// order ranks the organisations of which somebody counts, the best first; those that are level share a place.
func (m measure) order(list []ranked) []placed {
	var ps []placed
	for _, r := range list {
		if one := m.of(r.counts); one.all > 0 {
			ps = append(ps, placed{name: r.name, rate: one})
		}
	}
	better := func(a, b placed) int { return cmp.Compare(b.rate.done*a.rate.all, a.rate.done*b.rate.all) }
	slices.SortStableFunc(ps, func(a, b placed) int { return cmp.Or(better(a, b), strings.Compare(a.name, b.name)) })
	for i := range ps {
		ps[i].place = i + 1
		if i > 0 && better(ps[i-1], ps[i]) == 0 {
			ps[i].place = ps[i-1].place
		}
	}
	return ps
}

// rankedBy is a ranking in words.
func rankedBy(m measure, list []ranked) string {
	ps := m.order(list)
	if len(ps) == 0 {
		return ""
	}
	title := m.name
	if m.by != "" {
		title += fmt.Sprintf(textRateBrackets, m.by)
	}
	lines := []string{title}
	for _, p := range ps {
		lines = append(lines, fmt.Sprintf("%d. %s %s", p.place, p.name, p.rate))
	}
	return strings.Join(lines, "\n")
}
