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

// ranked is one college with its counts.
type ranked struct {
	name string
	counts
}

// ranking says how the colleges stand, by every rate of which somebody counts.
func (t *turn) ranking() {
	type found struct {
		counts   []storage.Count
		colleges []storage.Org
	}
	f, ok := want(t, "ranking", func(ctx context.Context, s *storage.Store) (found, error) {
		n, err := s.CountsIn(ctx, storage.Scope{})
		if err != nil {
			return found{}, err
		}
		orgs, err := s.Orgs(ctx, storage.OrgCollege)
		return found{n, orgs}, err
	})
	if !ok {
		return
	}
	list := make([]ranked, len(f.colleges))
	for i, o := range f.colleges {
		own := slices.DeleteFunc(slices.Clone(f.counts), func(n storage.Count) bool { return n.CollegeID != o.ID })
		list[i] = ranked{o.Name, tally(t.season, own)}
	}
	if t.heard(textBulletin) {
		t.say(textBulletinHow)
		t.say(textBulletinHead, t.season.Title, t.today().Chinese())
	} else {
		t.say(textOverviewHead, t.scopeName(), t.today().Chinese())
	}
	t.say("%s", rankedBy(textDeclaredRate, list, func(r ranked) rate { return rate{r.total - r.undeclared, r.total} }))
	for i, r := range t.season.Rates {
		name := r.Name
		if d, ok := t.season.Dates[r.By]; ok {
			name += fmt.Sprintf(textRateBy, d.Date.Chinese())
		}
		if text := rankedBy(name, list, func(c ranked) rate { return c.rates[i] }); text != "" {
			t.say("%s", text)
		}
	}
}

// rankedBy is a rate with every college of which somebody counts, the best first; colleges that are level share a place.
func rankedBy(title string, list []ranked, of func(ranked) rate) string {
	list = slices.DeleteFunc(slices.Clone(list), func(r ranked) bool { return of(r).all == 0 })
	if len(list) == 0 {
		return ""
	}
	better := func(a, b ranked) int {
		ra, rb := of(a), of(b)
		return cmp.Compare(rb.done*ra.all, ra.done*rb.all)
	}
	slices.SortStableFunc(list, func(a, b ranked) int { return cmp.Or(better(a, b), strings.Compare(a.name, b.name)) })
	lines := []string{title}
	place := 0
	for i, r := range list {
		if i == 0 || better(list[i-1], r) != 0 {
			place = i + 1
		}
		lines = append(lines, fmt.Sprintf("%d. %s %s", place, r.name, of(r)))
	}
	return strings.Join(lines, "\n")
}
