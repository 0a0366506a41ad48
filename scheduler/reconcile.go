package scheduler

import (
	"context"
	"errors"
	"fmt"

	"xianjie/season"
	"xianjie/storage"
)

// metaSeason remembers which season file the stored duties were planned by.
const metaSeason = "season"

// Reconcile makes the duties of every member and every organisation follow the season file when it is not known to be the one they were planned by:
// dates that moved move their reminders, new rules open duties, dropped ones close them. It reports what changed; all
// zero when the file is the same.
func Reconcile(ctx context.Context, st *storage.Store, sn *season.Season) (storage.Reconciled, error) {
	var sum storage.Reconciled
	mark := sn.Key + " " + sn.Hash
	have, err := st.Meta(ctx, metaSeason)
	if err != nil || have == mark {
		return sum, err
	}
	// With no mark yet there may be a roster all the same: it was imported before the first start.
	err = st.EachMember(ctx, func(ms []storage.Member) error {
		r, err := replan(ctx, st, sn, ms)
		sum.Opened, sum.Moved, sum.Closed = sum.Opened+r.Opened, sum.Moved+r.Moved, sum.Closed+r.Closed
		return err
	})
	if err == nil {
		err = replanOrgs(ctx, st, sn)
	}
	if err != nil {
		return sum, fmt.Errorf("following season file %s: %w", sn.Key, err)
	}
	return sum, st.SetMeta(ctx, metaSeason, mark)
}

func replanOrgs(ctx context.Context, st *storage.Store, sn *season.Season) error {
	ids, err := st.UnitIDs(ctx)
	if err != nil {
		return err
	}
	return alignOrgs(ctx, st, sn, ids, st.Now(), true)
}

// replan commits the duties of some members, again on fresh state when somebody recorded something meanwhile.
func replan(ctx context.Context, st *storage.Store, sn *season.Season, ms []storage.Member) (storage.Reconciled, error) {
	for range 10 {
		changes := make([]storage.MemberChange, len(ms))
		ids := make([]int64, len(ms))
		for i, m := range ms {
			changes[i], ids[i] = m.Replanned(sn), m.Person.ID
		}
		r, err := st.CommitMembers(ctx, changes)
		if !errors.Is(err, storage.ErrConflict) {
			return r, err
		}
		if ms, err = st.Members(ctx, ids); err != nil {
			return storage.Reconciled{}, err
		}
	}
	return storage.Reconciled{}, storage.ErrConflict
}
