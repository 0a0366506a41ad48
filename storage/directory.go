package storage

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"xianjie/season"
)

// Listed is a person as a roster describes people.
type Listed struct {
	No, Name        string
	College, Branch string // names; "" for an officer who is no member
	Cohort          int    // 0 for an officer who is no member
	Phone           string // "" leaves the stored one alone
	Political       string // "" leaves the stored one alone
	Former          string // "" leaves the stored one alone; of a new student it is declared (newcomers.go)
	Left            bool   // struck off the roster
}

// Seat is a role in an organisation, by names. Branch is "" but for branches, College is "" for the committee.
type Seat struct {
	No              string
	Party           string // OrgBranch, OrgCollege, OrgCommittee
	College, Branch string
}

// Directory is everybody and every organisation stored, for a roster to be compared with.
type Directory struct {
	People   []Listed
	Seats    []Seat
	Colleges []string
	Branches [][2]string // college, branch
}

// Directory reads everybody. It holds the whole roster in memory: about 30 MiB for 100,000 people.
func (s *Store) Directory(ctx context.Context) (Directory, error) {
	var d Directory
	orgs, err := s.orgNames(s.db(ctx))
	if err != nil {
		return d, err
	}
	for _, o := range orgs {
		switch o.Kind {
		case OrgCollege:
			d.Colleges = append(d.Colleges, o.College)
		case OrgBranch:
			d.Branches = append(d.Branches, [2]string{o.College, o.Branch})
		}
	}
	slices.Sort(d.Colleges)
	slices.SortFunc(d.Branches, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	nos := map[int64]string{}
	for after := int64(0); ; {
		var people []Person
		if err := s.db(ctx).Where("id > ?", after).Order("id").Limit(5000).Find(&people).Error; err != nil {
			return d, err
		}
		if len(people) == 0 {
			break
		}
		for _, p := range people {
			l := Listed{No: p.No, Name: p.Name, Cohort: p.Cohort, Phone: string(p.Phone), Political: p.Political, Former: p.Former, Left: p.LeftAt != nil}
			if p.BranchID != nil {
				l.College, l.Branch = orgs[*p.BranchID].College, orgs[*p.BranchID].Branch
			}
			d.People = append(d.People, l)
			nos[p.ID] = p.No
		}
		after = people[len(people)-1].ID
	}
	var roles []Role
	if err := s.db(ctx).Where("until IS NULL").Order("id").Find(&roles).Error; err != nil {
		return d, err
	}
	for _, r := range roles {
		o := orgs[r.OrgID]
		d.Seats = append(d.Seats, Seat{No: nos[r.PersonID], Party: r.Party, College: o.College, Branch: o.Branch})
	}
	return d, nil
}

// orgName is an organisation by the names a roster knows it by.
type orgName struct {
	Kind, College, Branch string
}

func (s *Store) orgNames(db *gorm.DB) (map[int64]orgName, error) {
	var orgs []Org
	if err := db.Find(&orgs).Error; err != nil {
		return nil, err
	}
	byID := make(map[int64]*Org, len(orgs))
	for i := range orgs {
		byID[orgs[i].ID] = &orgs[i]
	}
	m := make(map[int64]orgName, len(orgs))
	for _, o := range orgs {
		n := orgName{Kind: o.Kind}
		switch o.Kind {
		case OrgCollege:
			n.College = o.Name
		case OrgBranch:
			n.Branch = o.Name
			if o.ParentID != nil && byID[*o.ParentID] != nil {
				n.College = byID[*o.ParentID].Name
			}
		}
		m[o.ID] = n
	}
	return m, nil
}

// Roster is what an import changes.
type Roster struct {
	Committee  string   // name of the committee, made with the first import
	People     []Listed // new or changed, as they stand from now on
	RolesAdded []Seat
	RolesEnded []Seat
	Audit      Audit
}

// ApplyRoster writes a roster in one transaction, all or none: organisations that are missing, people, roles, and for
// every new member the transfer and the duties that begin with being on the roster.
func (s *Store) ApplyRoster(ctx context.Context, sn *season.Season, r Roster) error {
	return s.tx(ctx, func(tx *gorm.DB) error {
		w := &work{Store: s, tx: tx, at: s.now()}
		if err := w.roster(sn, r); err != nil {
			return err
		}
		return w.audit([]Audit{r.Audit})
	})
}

// roster writes everything of a roster but its audit.
func (w *work) roster(sn *season.Season, r Roster) error {
	im := &importing{work: w, season: sn}
	if err := im.orgs(r); err != nil {
		return err
	}
	if err := im.people(r.People); err != nil {
		return err
	}
	if err := im.transfers(r.People); err != nil {
		return err
	}
	if err := im.newcomers(r.People); err != nil {
		return err
	}
	if err := im.alignLost(); err != nil {
		return err
	}
	return im.roles(r)
}

// importing is one ApplyRoster under way.
type importing struct {
	*work
	season *season.Season
	org    map[orgName]int64
	byNo   map[string]Person
	struck map[int64]bool // people who were struck off before
	lost   []int64        // branches and colleges that members left
}

// orgs finds all organisations and makes the missing ones, the upper levels first.
func (im *importing) orgs(r Roster) error {
	names, err := im.orgNames(im.tx)
	if err != nil {
		return err
	}
	im.org = make(map[orgName]int64, len(names))
	for id, n := range names {
		im.org[n] = id
	}
	committee := orgName{Kind: OrgCommittee}
	if err := im.found(map[orgName]Org{committee: {Kind: OrgCommittee, Name: r.Committee}}); err != nil {
		return err
	}
	root := im.org[committee]
	colleges, branches := map[orgName]Org{}, map[orgName]Org{}
	mention := func(college, branch string) {
		if college != "" {
			colleges[orgName{OrgCollege, college, ""}] = Org{Kind: OrgCollege, Name: college, ParentID: &root}
		}
		if branch != "" {
			branches[orgName{OrgBranch, college, branch}] = Org{Kind: OrgBranch, Name: branch}
		}
	}
	for _, p := range r.People {
		mention(p.College, p.Branch)
	}
	for _, seat := range r.RolesAdded {
		mention(seat.College, seat.Branch)
	}
	if err := im.found(colleges); err != nil {
		return err
	}
	for n, o := range branches {
		parent := im.org[orgName{OrgCollege, n.College, ""}]
		o.ParentID = &parent
		branches[n] = o
	}
	return im.found(branches)
}

// found makes the organisations that do not exist yet.
func (im *importing) found(wanted map[orgName]Org) error {
	var names []orgName
	for n := range wanted {
		if _, ok := im.org[n]; !ok {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.SortFunc(names, func(a, b orgName) int {
		return slices.Compare([]string{a.College, a.Branch}, []string{b.College, b.Branch})
	})
	rows := make([]Org, len(names))
	for i, n := range names {
		rows[i] = wanted[n]
		rows[i].CreatedAt = im.at
	}
	if err := im.tx.CreateInBatches(&rows, im.most).Error; err != nil {
		return fmt.Errorf("organisations: %w", err)
	}
	for i, n := range names {
		im.org[n] = rows[i].ID
	}
	return nil
}

// people writes persons by number.
func (im *importing) people(listed []Listed) error {
	im.byNo, im.struck = make(map[string]Person, len(listed)), map[int64]bool{}
	return chunked(listed, func(listed []Listed) error {
		nos := make([]string, len(listed))
		for i, l := range listed {
			nos[i] = l.No
		}
		var have []Person
		if err := im.lock(im.tx).Where("no IN ?", nos).Find(&have).Error; err != nil {
			return err
		}
		for _, p := range have {
			im.byNo[p.No] = p
			if p.LeftAt != nil {
				im.struck[p.ID] = true
			}
		}
		var fresh, known []Person
		for _, l := range listed {
			p, ok := im.byNo[l.No]
			if !ok {
				p = Person{No: l.No, CreatedAt: im.at}
			}
			im.fill(&p, l)
			if ok {
				known = append(known, p)
			} else {
				fresh = append(fresh, p)
			}
		}
		if len(fresh) > 0 {
			if err := im.tx.Create(&fresh).Error; err != nil {
				return fmt.Errorf("people: %w", err)
			}
		}
		if len(known) > 0 {
			if err := im.tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&known).Error; err != nil {
				return fmt.Errorf("people: %w", err)
			}
		}
		for _, p := range append(fresh, known...) {
			im.byNo[p.No] = p
		}
		return nil
	})
}

func (im *importing) fill(p *Person, l Listed) {
	p.Name, p.UpdatedAt, p.LeftAt = l.Name, im.at, nil
	if l.Left {
		p.LeftAt = &im.at
	}
	if l.Branch != "" {
		branch, college := im.org[orgName{OrgBranch, l.College, l.Branch}], im.org[orgName{OrgCollege, l.College, ""}]
		p.BranchID, p.CollegeID, p.Cohort = &branch, &college, l.Cohort
	}
	if l.Phone != "" {
		p.Phone = Sealed(l.Phone)
	}
	if l.Political != "" {
		p.Political = l.Political
	}
	if l.Former != "" {
		p.Former = l.Former
	}
}

// transfers gives every new member a transfer with the duties of the undeclared, and moves those of members who changed
// branch or college. Duties about somebody who is struck off are withdrawn; who comes back has again what follows from
// where they stand.
func (im *importing) transfers(listed []Listed) error {
	return chunked(listed, func(listed []Listed) error {
		var ids []int64
		for _, l := range listed {
			if p := im.byNo[l.No]; p.BranchID != nil {
				ids = append(ids, p.ID)
			}
		}
		if len(ids) == 0 {
			return nil
		}
		var have []Transfer
		if err := im.lock(im.tx).Where("person_id IN ?", ids).Order("person_id").Find(&have).Error; err != nil {
			return err
		}
		known := make(map[int64]Transfer, len(have))
		for _, t := range have {
			known[t.PersonID] = t
		}
		var fresh, moved []Transfer
		var changes []MemberChange
		var back []int64
		for _, l := range listed {
			p := im.byNo[l.No]
			if p.BranchID == nil {
				continue
			}
			t, ok := known[p.ID]
			left, was := p.LeftAt != nil, im.struck[p.ID]
			switch {
			case ok:
				if t.CollegeID == *p.CollegeID && t.BranchID == *p.BranchID && left == was {
					continue
				}
				im.lost = append(im.lost, t.BranchID, t.CollegeID)
				t.CollegeID, t.BranchID, t.UpdatedAt = *p.CollegeID, *p.BranchID, im.at
				t.Version++
				moved = append(moved, t)
				if left && !was {
					changes = append(changes, MemberChange{Season: im.season.Key, Transfer: t})
				}
				if was && !left {
					back = append(back, p.ID)
				}
			case left: // never a member here
			default:
				t = Transfer{
					PersonID: p.ID, CollegeID: *p.CollegeID, BranchID: *p.BranchID,
					State: season.Undeclared, EnteredAt: im.at, Version: 1, UpdatedAt: im.at,
				}
				fresh = append(fresh, t)
				m := Member{Person: p, Transfer: t}
				changes = append(changes, MemberChange{Season: im.season.Key, Transfer: t, Duties: im.season.DutiesOf(m.Standing())})
			}
		}
		if len(fresh) > 0 {
			if err := im.tx.Create(&fresh).Error; err != nil {
				return fmt.Errorf("transfers: %w", err)
			}
		}
		if len(moved) > 0 {
			if err := im.tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&moved).Error; err != nil {
				return fmt.Errorf("transfers: %w", err)
			}
			for _, t := range moved { // a member changes college by hand, one at a time
				if err := im.tx.Model(&Duty{}).Where("person_id = ?", t.PersonID).Update("org_id", t.CollegeID).Error; err != nil {
					return err
				}
			}
		}
		again := make(map[int64]*loaded, len(back))
		for _, id := range back {
			again[id] = &loaded{}
		}
		if err := im.loadChunk(im.tx, back, again); err != nil {
			return err
		}
		for _, l := range again {
			m := Member{*l.person, *l.branch, *l.college, *l.transfer, l.declaration, l.events}
			changes = append(changes, MemberChange{Season: im.season.Key, Transfer: m.Transfer, Duties: im.season.DutiesOf(m.Standing())})
		}
		return im.duties(changes)
	})
}

// alignLost brings the duties about organisations that members left in line: nothing of such a member points to them any
// more.
func (im *importing) alignLost() error {
	slices.Sort(im.lost)
	return chunked(slices.Compact(im.lost), func(ids []int64) error {
		units, err := im.standings(im.tx, ids, im.at)
		if err != nil {
			return err
		}
		var changes []OrgChange
		for _, u := range units {
			if c := u.Changed(im.season, nil, DutyDone); u.Differs(c) {
				changes = append(changes, c)
			}
		}
		return im.work.orgs(changes)
	})
}

// roles ends and begins roles.
func (im *importing) roles(r Roster) error {
	var nos []string
	for _, seat := range append(slices.Clone(r.RolesAdded), r.RolesEnded...) {
		if _, ok := im.byNo[seat.No]; !ok {
			nos = append(nos, seat.No)
		}
	}
	err := chunked(nos, func(nos []string) error {
		var people []Person
		err := im.tx.Where("no IN ?", nos).Find(&people).Error
		for _, p := range people {
			im.byNo[p.No] = p
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, seat := range r.RolesEnded { // a few changes of office
		err := im.tx.Model(&Role{}).
			Where("person_id = ? AND party = ? AND org_id = ? AND until IS NULL", im.byNo[seat.No].ID, seat.Party, im.orgOf(seat)).
			Update("until", im.at).Error
		if err != nil {
			return err
		}
	}
	var rows []Role
	for _, seat := range r.RolesAdded {
		p, ok := im.byNo[seat.No]
		if !ok {
			return fmt.Errorf("role of %s: there is no such person", seat.No)
		}
		rows = append(rows, Role{PersonID: p.ID, Party: seat.Party, OrgID: im.orgOf(seat), Since: im.at})
	}
	if len(rows) == 0 {
		return nil
	}
	return im.tx.CreateInBatches(&rows, im.most).Error
}

func (im *importing) orgOf(seat Seat) int64 {
	switch seat.Party {
	case OrgBranch:
		return im.org[orgName{OrgBranch, seat.College, seat.Branch}]
	case OrgCollege:
		return im.org[orgName{OrgCollege, seat.College, ""}]
	}
	return im.org[orgName{Kind: OrgCommittee}]
}
