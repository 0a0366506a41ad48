package storage

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Nudged is how often somebody was nudged by hand, and when last.
type Nudged struct {
	Count int
	Last  time.Time
}

// NudgesOf counts how often people were nudged by hand. Index audit_subject.
func (s *Store) NudgesOf(ctx context.Context, personIDs []int64) (map[int64]Nudged, error) {
	m := make(map[int64]Nudged)
	subjects := make([]string, len(personIDs))
	for i, id := range personIDs {
		subjects[i] = fmt.Sprintf("person/%d", id)
	}
	err := chunked(subjects, func(some []string) error {
		var rows []Audit
		err := s.db(ctx).Select("subject, at").Where("subject IN ? AND action = ?", some, "nudge").Order("id").Find(&rows).Error
		for _, r := range rows {
			id, err := strconv.ParseInt(strings.TrimPrefix(r.Subject, "person/"), 10, 64)
			if err != nil {
				return err
			}
			n := m[id]
			n.Count++
			n.Last = r.At
			m[id] = n
		}
		return err
	})
	return m, err
}
