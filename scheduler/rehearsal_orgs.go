package scheduler

import (
	"context"
	"slices"
	"time"

	"xianjie/season"
	"xianjie/storage"
)

// The organisations of a rehearsal: what the system of record does by itself to members opens and closes duties about
// their branches and colleges.

// rehearsedUnit is an organisation as it stands in a rehearsal.
type rehearsedUnit struct {
	storage.Unit
	open map[string]int64 // rule → duty
}

// loadUnits loads every branch and college; all are looked at with the first tick, as the planner does.
func (r *rehearsal) loadUnits(ctx context.Context, start time.Time) ([]storage.Duty, error) {
	r.units, r.touched = map[int64]*rehearsedUnit{}, map[int64]bool{}
	if !aboutOrgs(r.Season) {
		return nil, nil
	}
	ids, err := r.Store.UnitIDs(ctx)
	if err != nil {
		return nil, err
	}
	units, err := r.Store.Standings(ctx, ids, start)
	if err != nil {
		return nil, err
	}
	open, err := r.Store.OpenDutiesOfOrgs(ctx, ids)
	if err != nil {
		return nil, err
	}
	var about []storage.Duty
	for _, u := range units {
		r.units[u.Org.ID] = &rehearsedUnit{Unit: u, open: map[string]int64{}}
		r.touched[u.Org.ID] = true
		about = append(about, storage.Duty{Subject: u.Org.Kind, OrgID: u.Org.ID})
	}
	for i := range open {
		d := &open[i]
		if r.duties[d.ID] == nil {
			r.duties[d.ID] = d
		}
		r.units[d.OrgID].open[d.Rule] = d.ID
	}
	return about, nil
}

// moved notes that a member stands otherwise.
func (r *rehearsal) moved(before, after storage.Member) {
	for _, id := range []int64{before.Branch.ID, before.College.ID} {
		u := r.units[id]
		if u == nil {
			continue
		}
		u.count(before, -1)
		u.count(after, +1)
		r.touched[id] = true
	}
}

func (u *rehearsedUnit) count(m storage.Member, n int) {
	c := season.Count{Cohort: m.Person.Cohort, Destination: m.Transfer.Destination, State: m.Transfer.State}
	if m.Declaration != nil {
		c.Route = m.Declaration.Route
	}
	i := slices.IndexFunc(u.Standing.Members, func(have season.Count) bool { have.N = 0; return have == c })
	if i < 0 {
		u.Standing.Members = append(u.Standing.Members, c)
		i = len(u.Standing.Members) - 1
	}
	u.Standing.Members[i].N += n
}

// orgsAt is Planner.orgs.
func (r *rehearsal) orgsAt(now time.Time) {
	if len(r.touched) == 0 {
		return
	}
	for _, id := range sortedIDs(r.touched) {
		u := r.units[id]
		u.Standing.At = now
		wanted := map[string]bool{}
		for _, d := range r.Season.OrgDutiesOf(u.Standing) {
			wanted[d.Rule] = true
			if _, open := u.open[d.Rule]; open {
				continue
			}
			r.made--
			r.duties[r.made] = &storage.Duty{
				ID: r.made, Season: r.Season.Key, Rule: d.Rule, Subject: u.Org.Kind, OrgID: id, Party: d.Of,
				OpenedAt: d.Opened, Due: d.Due.String(), LapsesAt: d.Lapses,
			}
			u.open[d.Rule], u.Standing.Opened[d.Rule] = r.made, d.Opened
			r.planAll(r.made, d.Steps)
		}
		for rule, duty := range u.open {
			if wanted[rule] {
				continue
			}
			r.duties[duty].ClosedAt, r.duties[duty].Outcome = &now, storage.DutyDone
			r.drop(duty)
			delete(u.open, rule)
			delete(u.Standing.Opened, rule)
		}
	}
	clear(r.touched)
	r.sort()
}

func sortedIDs(set map[int64]bool) []int64 {
	ids := make([]int64, 0, len(set))
	for id := range set {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
