package console

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"xianjie/season"
	"xianjie/storage"
)

// listPage is how many members one page of the list shows.
const listPage = 50

// membersView is 名单.
type membersView struct {
	page
	Query   listQuery
	Units   []choice // colleges or branches to choose from; none for a branch secretary
	Unit    string   // what a unit is called
	Goes    []choice
	States  []choice
	Rates   []choice
	Sides   []choice
	Heading string // what is listed, in words
	Total   string // how many; "" where that is not counted
	Members []memberLine
	Next    string // address of the next page
	First   string // address of the first page, on later ones
}

// choice is an option of a filter.
type choice struct {
	Key, Name string
	Chosen    bool
}

// memberLine is one row of the list.
type memberLine struct {
	Name, No, College, Branch, Goes, State, Link string
}

func (c *Console) members(w http.ResponseWriter, v *visit) error {
	q := queryOf(v.URL.Query())
	a, err := c.ask(v, q)
	if err != nil {
		return err
	}
	ms, err := c.Store.MembersPage(v.Context(), a.scope, a.filter, q.After, listPage+1)
	if err != nil {
		return err
	}
	view := membersView{page: c.frame(v, "名单"), Query: q, Heading: strings.Join(a.words, " · ")}
	if len(ms) > listPage {
		ms = ms[:listPage]
		view.Next = q.at(ms[listPage-1].Person.ID)
	}
	if q.After != 0 {
		view.First = q.at(0)
	}
	for _, m := range ms {
		view.Members = append(view.Members, c.memberLine(m))
	}
	if err := c.total(&view, v, a, q); err != nil {
		return err
	}
	if err := c.choices(&view, v, q); err != nil {
		return err
	}
	if len(ms) > 0 {
		if err := c.seen(v, "members", map[string]string{"list": view.Heading, "people": strconv.Itoa(len(ms)), "first": ms[0].Person.No}); err != nil {
			return err
		}
	}
	return c.render(w, http.StatusOK, "members", view)
}

// seen notes that a visitor looks at personal data, before they see it.
func (c *Console) seen(v *visit, subject string, detail map[string]string) error {
	detail["via"] = "console"
	return c.Store.Note(v.Context(), storage.Audit{ActorID: v.who.Session.PersonID, Action: "view", Subject: subject, Detail: detail})
}

func (c *Console) memberLine(m storage.Member) memberLine {
	l := memberLine{
		Name: m.Person.Name, No: m.Person.No, College: m.College.Name, Branch: m.Branch.Name,
		Goes: c.shortOf(m.Transfer.Destination), State: c.stateOf(m.Transfer.Track, m.Transfer.State),
		Link: fmt.Sprintf("/members/%d", m.Person.ID),
	}
	return l
}

// shortOf is a destination as lists show it.
func (c *Console) shortOf(key string) string {
	if d, ok := c.Season.Destination(key); ok {
		return d.Short
	}
	return key
}

// undeclaredName is the state of a member without declaration, as the chat calls it.
const undeclaredName = "未登记"

func (c *Console) stateOf(track, state string) string {
	if state == season.Undeclared {
		return undeclaredName
	}
	return c.Season.TrackState(track, state).Name
}

// total says how many there are: where they are more than a page, as was counted a moment ago. Of those looked for by name
// nobody counts more than are shown.
func (c *Console) total(view *membersView, v *visit, a asked, q listQuery) error {
	if view.Next == "" && view.First == "" {
		view.Total = fmt.Sprintf("共%d人", len(view.Members))
		return nil
	}
	if q.Find != "" {
		return nil
	}
	n, err := c.counts.of(v.Context(), a.scope, aMoment)
	if err != nil {
		return err
	}
	total := 0
	for _, u := range n.counts {
		if !slices.ContainsFunc(a.fits, func(fits func(storage.Count) bool) bool { return !fits(u.Count) }) {
			total += u.N
		}
	}
	view.Total = fmt.Sprintf("共%d人", total)
	return nil
}

// choices are what the filters offer, with what is chosen.
func (c *Console) choices(view *membersView, v *visit, q listQuery) error {
	sc := v.who.Scope()
	view.Unit = "学院"
	if sc != (storage.Scope{}) {
		view.Unit = "团支部"
	}
	if sc.BranchID == 0 {
		units, err := c.Store.UnitsBelow(v.Context(), sc)
		if err != nil {
			return err
		}
		for _, o := range units {
			view.Units = append(view.Units, choice{Key: idOf(o), Name: o.Name})
		}
	}
	for _, d := range c.Season.Destinations {
		view.Goes = append(view.Goes, choice{Key: d.Key, Name: d.Short})
	}
	view.Goes = append(view.Goes, choice{Key: goNowhere, Name: undeclaredName})
	for _, key := range slices.Sorted(maps.Keys(c.Season.Tracks)) {
		for _, s := range c.Season.Tracks[key].States {
			if !slices.ContainsFunc(view.States, func(have choice) bool { return have.Name == s.Name }) {
				view.States = append(view.States, choice{Key: s.Name, Name: s.Name})
			}
		}
	}
	view.Rates = []choice{{Key: declaredMeasure, Name: "登记率"}}
	for _, r := range c.Season.Rates {
		view.Rates = append(view.Rates, choice{Key: r.Key, Name: r.Name})
	}
	view.Sides = slices.Clone(sides)
	choose(view.Units, q.Unit)
	choose(view.Goes, q.Go)
	choose(view.States, q.State)
	choose(view.Rates, q.Rate)
	choose(view.Sides, q.Side)
	return nil
}

func choose(list []choice, key string) {
	for i := range list {
		list[i].Chosen = list[i].Key == key
	}
}
