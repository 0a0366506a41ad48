package scheduler

import (
	"context"
	"errors"
	"time"

	"xianjie/season"
	"xianjie/storage"
)

// Duties about branches and colleges follow from how their members stand: a branch all of whose members have left is to be
// deleted, earlier cohorts that are still here are to be moved. Nobody says so; the planner looks, at organisations some
// member of which has changed since it looked last, and once a day at all.

const (
	// metaOrgs remembers until when the duties of organisations follow their members.
	metaOrgs = "orgs"
	// slack is how much earlier than remembered is looked again: a change may be committed some time after its instant.
	slack = 10 * time.Minute
	// batchOrgs is how many organisations are changed per transaction.
	batchOrgs = 100
)

// orgs brings the duties of organisations in line with how their members stand.
func (p *Planner) orgs(ctx context.Context, now time.Time) error {
	if !aboutOrgs(p.Season) {
		return nil
	}
	mark, err := p.Store.Meta(ctx, metaOrgs)
	if err != nil {
		return err
	}
	last, err := time.Parse(time.RFC3339Nano, mark)
	var ids []int64
	if err != nil || p.Season.DateOf(last) != p.Season.DateOf(now) {
		ids, err = p.Store.UnitIDs(ctx)
	} else if ids, err = p.Store.TouchedOrgs(ctx, last.Add(-slack)); err == nil && len(ids) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if err := alignOrgs(ctx, p.Store, p.Season, ids, now, false); err != nil {
		return err
	}
	return p.Store.SetMeta(ctx, metaOrgs, now.UTC().Format(time.RFC3339Nano))
}

func aboutOrgs(sn *season.Season) bool {
	for i := range sn.Duties {
		if sn.Duties[i].Subject != season.SubjectMember {
			return true
		}
	}
	return false
}

// alignOrgs commits the duties of some organisations; of those where nothing changes nothing is written. With replan,
// their reminders follow a season file that changed.
func alignOrgs(ctx context.Context, st *storage.Store, sn *season.Season, ids []int64, now time.Time, replan bool) error {
	for len(ids) > 0 {
		some := ids[:min(batchOrgs, len(ids))]
		units, err := st.Standings(ctx, some, now)
		if err != nil {
			return err
		}
		var changes []storage.OrgChange
		for _, u := range units {
			c := u.Changed(sn, nil, storage.DutyDone)
			if c.Replan = replan; replan || u.Differs(c) {
				changes = append(changes, c)
			}
		}
		_, err = st.CommitOrgs(ctx, changes)
		if errors.Is(err, storage.ErrConflict) {
			continue // another planner was faster: look again
		}
		if err != nil {
			return err
		}
		ids = ids[len(some):]
	}
	return nil
}
