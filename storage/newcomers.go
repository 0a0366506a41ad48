package storage

import "fmt"

// newcomers declares for new students what the roster says of where their relation stands. What they, or an officer,
// declared otherwise stays, and so does what somebody has acted on: a roster does not know better than they.
func (im *importing) newcomers(listed []Listed) error {
	sn := im.season
	return chunked(listed, func(listed []Listed) error {
		var ids []int64
		found := map[int64]*loaded{}
		for _, l := range listed {
			if p := im.byNo[l.No]; p.BranchID != nil && l.Former != "" && !l.Left && sn.Receives(p.Cohort) && found[p.ID] == nil {
				ids = append(ids, p.ID)
				found[p.ID] = &loaded{}
			}
		}
		if len(ids) == 0 {
			return nil
		}
		if err := im.loadChunk(im.tx, ids, found); err != nil {
			return err
		}
		var changes []MemberChange
		for _, id := range ids {
			l := found[id]
			m := Member{*l.person, *l.branch, *l.college, *l.transfer, l.declaration, l.events}
			if !m.toldByRoster() || m.Answers()[sn.Newcomers.Column] == m.Person.Former {
				continue
			}
			c, _, err := m.Declare(sn, sn.Newcomers.Arrives, map[string]Value{sn.Newcomers.Column: {Value: m.Person.Former}}, Said{}, im.at)
			if err != nil {
				return fmt.Errorf("new student %s: %w", m.Person.No, err)
			}
			changes = append(changes, c)
		}
		return im.members(changes)
	})
}

// toldByRoster reports that nobody but a roster has said where a new student's relation stands, and nobody has acted on it.
func (m Member) toldByRoster() bool {
	d := m.Declaration
	return d == nil || d.ByPersonID == nil && d.InboxID == nil && !m.Underway()
}
