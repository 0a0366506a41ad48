package console

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"xianjie/season"
	"xianjie/storage"
)

// listQuery is what a list is asked for, as its address says.
type listQuery struct {
	Find       string // part of a name, or the beginning of a number
	Unit       string // id of a college or branch
	Go         string // a destination, or goNowhere
	State      string // name of a state
	Rate, Side string // a measure, and who of it
	After      int64  // id of the last member of the page before
}

func queryOf(q url.Values) listQuery {
	after, _ := strconv.ParseInt(q.Get("after"), 10, 64) // nonsense begins at the beginning
	return listQuery{
		Find: strings.TrimSpace(q.Get("find")), Unit: q.Get("unit"), Go: q.Get("go"), State: q.Get("state"),
		Rate: q.Get("rate"), Side: q.Get("side"), After: after,
	}
}

// at is the address of the list after a member.
func (q listQuery) at(after int64) string {
	from := ""
	if after != 0 {
		from = strconv.FormatInt(after, 10)
	}
	return listLink("find", q.Find, "unit", q.Unit, "go", q.Go, "state", q.State, "rate", q.Rate, "side", q.Side, "after", from)
}

// asked is a query made sense of: whom it means, in SQL, for counting, and in words.
type asked struct {
	scope  storage.Scope
	filter storage.Filter
	fits   []func(storage.Count) bool
	words  []string
}

// ask makes sense of a query. What the visitor may not see, and what the season does not know, does not exist.
func (c *Console) ask(v *visit, q listQuery) (asked, error) {
	a := asked{scope: v.who.Scope(), words: []string{placeOf(v.who)}}
	if v.who.Operator() {
		a.words[0] = c.Season.School
	}
	for _, part := range []func(*visit, listQuery, *asked) error{c.askUnit, c.askDestination, c.askState, c.askRate} {
		if err := part(v, q, &a); err != nil {
			return a, err
		}
	}
	if q.Find != "" {
		a.filter.Find = q.Find
		a.words = append(a.words, "“"+q.Find+"”")
	}
	return a, nil
}

func (c *Console) askUnit(v *visit, q listQuery, a *asked) error {
	if q.Unit == "" {
		return nil
	}
	id, err := strconv.ParseInt(q.Unit, 10, 64)
	if err != nil {
		return errNothing
	}
	o, ok, err := c.Store.OrgWithin(v.Context(), a.scope, id)
	if err != nil {
		return err
	}
	if !ok {
		return errNothing
	}
	a.words[0] = o.Name
	a.scope = storage.Scope{CollegeID: o.ID}
	if o.Kind == storage.OrgBranch {
		a.scope = storage.Scope{BranchID: o.ID}
	}
	return nil
}

func (c *Console) askDestination(_ *visit, q listQuery, a *asked) error {
	switch q.Go {
	case "":
	case goNowhere:
		a.filter.Undeclared = true
		a.fits = append(a.fits, func(n storage.Count) bool { return n.State == season.Undeclared })
		a.words = append(a.words, undeclaredName)
	default:
		a.filter.Destination = q.Go
		a.fits = append(a.fits, func(n storage.Count) bool { return n.Destination == q.Go })
		a.words = append(a.words, c.shortOf(q.Go))
	}
	return nil
}

func (c *Console) askState(_ *visit, q listQuery, a *asked) error {
	if q.State == "" {
		return nil
	}
	a.filter.StateIn = c.statesNamed(q.State)
	if len(a.filter.StateIn) == 0 {
		return errNothing
	}
	a.fits = append(a.fits, func(n storage.Count) bool {
		return slices.Contains(a.filter.StateIn, storage.TrackState{Track: n.Track, State: n.State})
	})
	a.words = append(a.words, q.State)
	return nil
}

// statesNamed are the states of all tracks that carry a name.
func (c *Console) statesNamed(name string) []storage.TrackState {
	var found []storage.TrackState
	for key, t := range c.Season.Tracks {
		for _, s := range t.States {
			if s.Name == name {
				found = append(found, storage.TrackState{Track: key, State: s.Key})
			}
		}
	}
	return found
}

// sides of a measure with what they are called.
var sides = []choice{{Key: "", Name: "全部"}, {Key: sideDone, Name: "已完成的"}, {Key: sideMissing, Name: "还没完成的"}}

func (c *Console) askRate(_ *visit, q listQuery, a *asked) error {
	i := slices.IndexFunc(sides, func(s choice) bool { return s.Key == q.Side })
	if i < 0 {
		return errNothing
	}
	switch q.Rate {
	case "":
		return nil
	case declaredMeasure:
		a.filter.Declared, a.filter.Undeclared = q.Side == sideDone, a.filter.Undeclared || q.Side == sideMissing
		a.fits = append(a.fits, func(n storage.Count) bool {
			return q.Side == "" || (n.State != season.Undeclared) == (q.Side == sideDone)
		})
		a.words = append(a.words, "登记率："+sides[i].Name)
		return nil
	}
	at := slices.IndexFunc(c.Season.Rates, func(r season.Rate) bool { return r.Key == q.Rate })
	if at < 0 {
		return errNothing
	}
	r := &c.Season.Rates[at]
	of := &storage.Missing{Cohort: c.Season.Cohort, Of: r.Of, Undeclared: len(r.AllBut) > 0, Done: r.Done, Via: r.Via}
	switch q.Side {
	case sideDone:
		a.filter.Reached = of
	case sideMissing:
		a.filter.Missing = of
	default:
		a.filter.Counted = of
	}
	a.fits = append(a.fits, func(n storage.Count) bool {
		score := c.Season.Measure([]season.Count{n.Count()})[at]
		switch q.Side {
		case sideDone:
			return score.Done > 0
		case sideMissing:
			return score.Done < score.All
		}
		return score.All > 0
	})
	a.words = append(a.words, r.Name+"："+sides[i].Name)
	return nil
}
