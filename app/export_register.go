package app

import (
	"context"
	"iter"

	"xianjie/handlers"
	"xianjie/storage"
)

// registerRows are the approved applications of everybody on the roster (登记册).
func registerRows(ctx context.Context, d *Data) iter.Seq2[[]any, error] {
	return eachMember(ctx, d, func(ms []storage.Member) ([][]any, error) {
		var list []handlers.Registered
		for _, m := range ms {
			if r, ok := handlers.RegisteredOf(d.Season, m); ok {
				list = append(list, r)
			}
		}
		officers, err := peopleOf(ctx, d, list, func(r handlers.Registered) *int64 { return r.Approved.ByPersonID })
		if err != nil {
			return nil, err
		}
		rows := make([][]any, len(list))
		for i, r := range list {
			if by := r.Approved.ByPersonID; by != nil {
				r.ApprovedByName = officers[*by].Name
			}
			rows[i] = handlers.RegisterRow(d.Season, r, d.local)
		}
		return rows, nil
	})
}
