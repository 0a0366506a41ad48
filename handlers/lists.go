package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"xianjie/season"
	"xianjie/storage"
)

// pageSize is how many members one list message shows; with names and branches it stays below WeChat's length.
const pageSize = 15

// isList recognises 名单, alone or with what narrows it: 名单 未登记, 名单待发起, 名单 机械学院 升学.
func isList(t *turn) bool {
	rest, ok := strings.CutPrefix(t.line, textList)
	if !ok {
		return false
	}
	if rest == "" || strings.ContainsAny(rest[:1], " \n:") || strings.HasPrefix(rest, "：") {
		return true
	}
	_, _, ok = t.filterOf(rest)
	return ok
}

// filterOf reads a condition: 未登记, a state (待发起), a destination (升学), a rate (转出发起率: whom it lacks), or nothing:
// everybody not done yet.
func (t *turn) filterOf(arg string) (storage.Filter, string, bool) {
	switch arg {
	case "":
		return storage.Filter{Open: true, DoneStates: t.doneStates(), ThisYear: t.thisYear()}, textListOpen, true
	case "全部", "所有":
		return storage.Filter{}, textListAll, true
	case textUndeclared, "未填", "没登记", "未报":
		return storage.Filter{Undeclared: true, ThisYear: t.thisYear()}, textUndeclared, true
	}
	for _, tr := range t.season.Tracks {
		for _, st := range tr.States {
			if st.Name == arg {
				return storage.Filter{StateIn: t.statesNamed(arg)}, arg, true
			}
		}
	}
	if d, ok := t.season.DestinationByWord(arg); ok {
		return storage.Filter{Destination: d.Key}, d.Short, true
	}
	if d, ok := t.season.NewcomersByWord(arg); ok {
		return storage.Filter{Destination: d.Key}, d.Short, true
	}
	for i := range t.season.Rates {
		if r := &t.season.Rates[i]; r.Name == arg {
			return storage.Filter{Missing: &storage.Missing{
				Cohort: t.season.Cohort, Later: t.season.Received(r), Of: r.Of, Undeclared: len(r.AllBut) > 0, Done: r.Done, Via: r.Via,
			}}, fmt.Sprintf(textListMissing, r.Name), true
		}
	}
	return storage.Filter{}, "", false
}

// statesNamed are the track states that carry a name; several tracks may share it.
func (h *Turner) statesNamed(name string) []storage.TrackState {
	return h.states(func(s season.State) bool { return s.Name == name })
}

func (t *turn) doneStates() []storage.TrackState {
	return t.states(func(s season.State) bool { return s.Done })
}

func (h *Turner) states(match func(season.State) bool) []storage.TrackState {
	var found []storage.TrackState
	for key, tr := range h.season.Tracks {
		for _, st := range tr.States {
			if match(st) {
				found = append(found, storage.TrackState{Track: key, State: st.Key})
			}
		}
	}
	slices.SortFunc(found, func(a, b storage.TrackState) int {
		return strings.Compare(a.Track+"/"+a.State, b.Track+"/"+b.State)
	})
	return found
}

func (t *turn) list() {
	t.page(strings.Join(strings.FieldsFunc(strings.TrimPrefix(t.line, textList), isSeparator), " "), 0)
}

func (t *turn) nextPage() {
	if t.draft.After == 0 {
		t.say(textNoNextPage)
		return
	}
	t.page(t.draft.Listed, t.draft.After)
}

// listed is what a list shows: whose members, and which of them.
type listed struct {
	scope  storage.Scope
	filter storage.Filter
	title  string
}

// listedBy reads the conditions after 名单 in any order; one of them may be a college (for the committee) or a branch
// (for a college). Unknown ones are named in the answer; false means that there is nothing to list, or a need.
func (t *turn) listedBy(arg string) (listed, bool) {
	l := listed{scope: t.scope(), title: t.scopeName()}
	filter, name, _ := t.filterOf("")
	l.filter = filter
	for _, word := range strings.Fields(arg) {
		if f, n, ok := t.filterOf(word); ok {
			l.filter, name = f, n
			continue
		}
		o, ok := t.orgNamed(word)
		if !ok {
			return listed{}, false
		}
		l.scope, l.title = scopeOf(o), o.Name
	}
	l.title += " · " + name
	return l, true
}

// orgNamed is the one organisation below the officer's that a word means; where there is none or several, it says so.
func (t *turn) orgNamed(word string) (storage.Org, bool) {
	orgs, ok := t.orgsBelow()
	if !ok {
		return storage.Org{}, false
	}
	found := slices.DeleteFunc(slices.Clone(orgs), func(o storage.Org) bool { return !strings.Contains(o.Name, word) })
	if i := slices.IndexFunc(found, func(o storage.Org) bool { return o.Name == word }); i >= 0 {
		found = found[i : i+1]
	}
	if len(found) != 1 {
		t.say(textListHow, oneLine(word, 20))
		return storage.Org{}, false
	}
	return found[0], true
}

func scopeOf(o storage.Org) storage.Scope {
	if o.Kind == storage.OrgBranch {
		return storage.Scope{BranchID: o.ID}
	}
	return storage.Scope{CollegeID: o.ID}
}

// orgsBelow are the organisations an officer may ask for: the committee's colleges, a college's branches.
func (t *turn) orgsBelow() ([]storage.Org, bool) {
	sc := t.scope()
	switch {
	case sc.BranchID != 0:
		return nil, true
	case sc.CollegeID == 0:
		return want(t, "orgs/college", func(ctx context.Context, s *storage.Store) ([]storage.Org, error) {
			return s.Orgs(ctx, storage.OrgCollege)
		})
	}
	all, ok := want(t, "orgs/branch", func(ctx context.Context, s *storage.Store) ([]storage.Org, error) {
		return s.Orgs(ctx, storage.OrgBranch)
	})
	return slices.DeleteFunc(slices.Clone(all), func(o storage.Org) bool { return o.ParentID == nil || *o.ParentID != sc.CollegeID }), ok
}

// listPage is one page of members and how many there are in all.
type listPage struct {
	members []storage.Member
	total   int
}

// page shows members that fit, numbered on across pages: the numbers can be used in 已发起 1 3-5.
func (t *turn) page(arg string, after int64) {
	l, ok := t.listedBy(arg)
	if !ok {
		return
	}
	p, ok := want(t, fmt.Sprintf("list/%s/%d", arg, after), func(ctx context.Context, s *storage.Store) (listPage, error) {
		ms, total, err := s.MembersIn(ctx, l.scope, l.filter, after, pageSize)
		return listPage{ms, total}, err
	})
	if !ok {
		return
	}
	if after == 0 {
		t.draft.List = nil
	}
	t.draft.Listed, t.draft.After = arg, 0
	if len(p.members) == 0 {
		t.say(textListEmpty, l.title)
		return
	}
	t.viewed(p.members...)
	from := len(t.draft.List)
	var b strings.Builder
	for i, m := range p.members {
		t.draft.List = append(t.draft.List, m.Person.ID)
		fmt.Fprintf(&b, "%d %s %s", from+i+1, m.Person.Name, m.Branch.Name)
		if m.Transfer.Destination != "" {
			b.WriteString(" " + t.shortOf(m.Transfer.Destination))
		}
		b.WriteString(" " + t.nameOf(m.Transfer) + "\n")
	}
	t.say(textListHead+"\n%s", l.title, p.total, strings.TrimRight(b.String(), "\n"))
	if from+len(p.members) < p.total {
		t.draft.After = p.members[len(p.members)-1].Person.ID
		t.say(textListMore, p.total-from-len(p.members))
		return
	}
	t.say(textListEnd)
}

// progress counts members by state, and the season's rates with numerator and denominator; per college for the committee.
// isProgress recognises 进度, alone or with an organisation: 进度 机械学院.
func isProgress(t *turn) bool {
	_, ok := t.progressOf()
	return ok
}

func (t *turn) progressOf() (org string, ok bool) { return t.saidAfter("进度", "统计") }

// saidAfter is what stands after one of some words, if anything; 进度图 is not 进度 with something after it.
func (t *turn) saidAfter(words ...string) (rest string, ok bool) {
	for _, w := range words {
		rest, found := strings.CutPrefix(t.line, w)
		if found && (rest == "" || isSeparator([]rune(rest)[0])) {
			return strings.TrimFunc(rest, isSeparator), true
		}
	}
	return "", false
}

func (t *turn) progress() {
	sc, title := t.scope(), t.scopeName()
	if org, ok := t.progressOf(); ok && org != "" {
		o, ok := t.orgNamed(org)
		if !ok {
			return
		}
		sc, title = scopeOf(o), o.Name
	}
	type counted struct {
		counts   []storage.Count
		colleges []storage.Org
	}
	c, ok := want(t, fmt.Sprint("counts/", sc), func(ctx context.Context, s *storage.Store) (counted, error) {
		n, err := s.CountsIn(ctx, sc)
		if err != nil {
			return counted{}, err
		}
		var orgs []storage.Org
		if sc == (storage.Scope{}) {
			orgs, err = s.Orgs(ctx, storage.OrgCollege)
		}
		return counted{n, orgs}, err
	})
	if !ok {
		return
	}
	all := tally(t.season, c.counts)
	t.say(textProgressHead+"\n%s", title, t.today().Chinese(), all.text(t.season))
	if len(c.colleges) == 0 {
		return
	}
	var b strings.Builder
	for _, o := range c.colleges {
		own := slices.DeleteFunc(slices.Clone(c.counts), func(n storage.Count) bool { return n.CollegeID != o.ID })
		fmt.Fprintf(&b, "\n%s %s", o.Name, tally(t.season, own).line(t.season))
	}
	t.say("%s", textProgressColleges+b.String())
}

// counts of a group of members.
type counts struct {
	total, undeclared int
	arriving          int            // new students whose relation comes here; not among the total
	states            map[string]int // by name of the state
	rates             []rate
}

// rate is one indicator of the notice: done of all that count.
type rate struct{ done, all int }

func tally(s *season.Season, list []storage.Count) counts {
	c := counts{states: map[string]int{}, rates: make([]rate, len(s.Rates))}
	all := make([]season.Count, 0, len(list))
	for _, n := range list {
		all = append(all, n.Count())
		switch {
		case !s.Receives(n.Cohort):
			c.total += n.N
		case n.State == season.Undeclared: // in a mixed branch, or new here without a word about it
			continue
		default:
			c.arriving += n.N
		}
		if n.State == season.Undeclared {
			c.undeclared += n.N
			continue
		}
		c.states[s.TrackState(n.Track, n.State).Name] += n.N
	}
	for i, m := range s.Measure(all) {
		c.rates[i] = rate{m.Done, m.All}
	}
	return c
}

func (c counts) text(s *season.Season) string {
	var b strings.Builder
	fmt.Fprintf(&b, textProgressTotal, c.total, c.total-c.undeclared, c.undeclared)
	if c.arriving > 0 {
		fmt.Fprintf(&b, textProgressArriving, c.arriving)
	}
	names := make([]string, 0, len(c.states))
	for n := range c.states {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := c.states[b] - c.states[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	for _, n := range names {
		fmt.Fprintf(&b, "\n%s %d人", n, c.states[n])
	}
	counted := false
	for i, r := range s.Rates {
		if c.rates[i].all == 0 {
			continue
		}
		counted = true
		fmt.Fprintf(&b, "\n%s %s", r.Name, c.rates[i])
		if d, ok := s.Dates[r.By]; ok {
			fmt.Fprintf(&b, "，"+textRateBy, d.Date.Chinese())
		}
	}
	if counted && c.undeclared > 0 {
		fmt.Fprintf(&b, textProgressWithout, c.undeclared)
	}
	return b.String()
}

// line is the shortest form: declared of all, and the first rate.
func (c counts) line(s *season.Season) string {
	text := fmt.Sprintf("登记%s", rate{c.total - c.undeclared, c.total})
	if len(s.Rates) > 0 && c.rates[0].all > 0 {
		text += fmt.Sprintf("，%s%s", s.Rates[0].Name, c.rates[0])
	}
	return text
}

// String is 12/20（60%）. Rounded down: 100 % is said only when nobody is missing.
func (r rate) String() string {
	if r.all == 0 {
		return "0/0"
	}
	return fmt.Sprintf("%d/%d（%d%%）", r.done, r.all, r.done*100/r.all)
}
