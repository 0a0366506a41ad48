package storage

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// Audience says whom a notice is meant for. Within a field any value fits; all fields that are set must fit, and none of
// the ones that begin with Not. The zero Audience is every member on the roster.
type Audience struct {
	Cohorts     []int    `json:"cohorts,omitempty"`
	Standing    Standing `json:"standing,omitzero"`
	NotStanding Standing `json:"not_standing,omitzero"`
	Places      []string `json:"places,omitempty"` // provinces the relation goes to
	NotPlaces   []string `json:"not_places,omitempty"`
	// PlaceOf are the questions that name that province, by destination; the last one answered counts.
	PlaceOf    map[string][]string `json:"place_of,omitempty"`
	Orgs       []int64             `json:"orgs,omitempty"` // colleges and branches
	NotOrgs    []int64             `json:"not_orgs,omitempty"`
	Behind     []Indicator         `json:"behind,omitempty"`     // members an indicator counts and who are not done
	Parties    []string            `json:"parties,omitempty"`    // officers, in place of members
	Unanswered int64               `json:"unanswered,omitempty"` // who has not answered this notice
	Via        string              `json:"via,omitempty"`        // ViaGroup or ViaPrivate: only there
}

// Standing is where a member stands: with no declaration, with one of some destinations, in one of some states.
type Standing struct {
	Undeclared   bool         `json:"undeclared,omitempty"`
	Destinations []string     `json:"destinations,omitempty"`
	States       []TrackState `json:"states,omitempty"`
}

// Indicator is a rate of the season as a condition: of these destinations, not in these states.
type Indicator struct {
	Of   []string `json:"of"`
	Done []string `json:"done"`
	Via  []string `json:"via,omitempty"` // destination/route
}

// of narrows a query on people, transfers and declarations.
func (a Audience) of(s *Store, q *gorm.DB) *gorm.DB {
	if len(a.Parties) == 0 && a.Unanswered == 0 {
		q = q.Where("transfers.person_id IS NOT NULL")
	}
	if a.Cohorts != nil {
		q = q.Where("people.cohort IN ?", a.Cohorts)
	}
	for _, c := range a.Standing.conditions() {
		q = q.Where(c.sql, c.args...)
	}
	for _, c := range a.NotStanding.conditions() {
		q = q.Where("NOT ("+c.sql+")", c.args...)
	}
	for _, in := range a.Behind {
		done := "transfers.state IN ?"
		args := []any{in.Of, in.Done}
		if in.Via != nil {
			done, args = done+" AND (declarations.destination, declarations.route) IN ?", append(args, split(in.Via))
		}
		q = q.Where("transfers.destination IN ? AND NOT ("+done+")", args...)
	}
	if a.Places != nil {
		sql, args := s.placeIn(a.PlaceOf, a.Places)
		q = q.Where(sql, args...)
	}
	if a.NotPlaces != nil {
		sql, args := s.placeIn(a.PlaceOf, a.NotPlaces)
		q = q.Where("NOT ("+sql+")", args...)
	}
	if a.Unanswered != 0 {
		q = q.Where("EXISTS (SELECT 1 FROM notice_recipients nr WHERE nr.notice_id = ? AND nr.person_id = people.id AND nr.answered_at IS NULL)", a.Unanswered)
	}
	return a.within(q)
}

// within narrows by organisation: members by where they are, officers by where they hold office.
func (a Audience) within(q *gorm.DB) *gorm.DB {
	if a.Parties == nil {
		if a.Orgs != nil {
			q = q.Where("(people.college_id IN ? OR people.branch_id IN ?)", a.Orgs, a.Orgs)
		}
		if a.NotOrgs != nil {
			q = q.Where("COALESCE(people.college_id, 0) NOT IN ? AND COALESCE(people.branch_id, 0) NOT IN ?", a.NotOrgs, a.NotOrgs)
		}
		return q
	}
	sql, args := "SELECT 1 FROM roles ro JOIN orgs og ON og.id = ro.org_id WHERE ro.person_id = people.id AND ro.until IS NULL AND ro.party IN ?", []any{a.Parties}
	if a.Orgs != nil {
		sql, args = sql+" AND (og.id IN ? OR og.parent_id IN ?)", append(args, a.Orgs, a.Orgs)
	}
	if a.NotOrgs != nil {
		sql, args = sql+" AND og.id NOT IN ? AND COALESCE(og.parent_id, 0) NOT IN ?", append(args, a.NotOrgs, a.NotOrgs)
	}
	return q.Where("EXISTS ("+sql+")", args...)
}

// condition is a piece of SQL with its arguments.
type condition struct {
	sql  string
	args []any
}

// conditions are the ways a member may stand, by kind: with or without declaration, and in which state.
func (st Standing) conditions() []condition {
	var all []condition
	declared := condition{sql: "transfers.destination IN ?", args: []any{st.Destinations}}
	switch {
	case st.Undeclared && st.Destinations != nil:
		all = append(all, condition{"(transfers.state = ? OR " + declared.sql + ")", append([]any{undeclared}, declared.args...)})
	case st.Undeclared:
		all = append(all, condition{"transfers.state = ?", []any{undeclared}})
	case st.Destinations != nil:
		all = append(all, declared)
	}
	if st.States != nil {
		all = append(all, condition{"(transfers.track, transfers.state) IN ?", []any{pairs(st.States)}})
	}
	return all
}

// placeIn holds for members whose relation goes to one of these provinces; never NULL, so that it can be negated.
func (s *Store) placeIn(of map[string][]string, places []string) (string, []any) {
	var ways []string
	var args []any
	for destination, questions := range of {
		answers := make([]string, 0, len(questions)+1)
		for i := len(questions) - 1; i >= 0; i-- {
			answers = append(answers, "NULLIF("+s.answer(questions[i])+", '')")
		}
		ways = append(ways, "transfers.destination = ? AND COALESCE("+strings.Join(append(answers, "''"), ", ")+") IN ?")
		args = append(args, destination, places)
	}
	if ways == nil {
		return "1 = 0", nil
	}
	return "(" + strings.Join(ways, " OR ") + ")", args
}

// answer is the value of a question in the current declaration, as SQL. Question keys are identifiers of the season file.
func (s *Store) answer(question string) string {
	get := fmt.Sprintf("JSON_EXTRACT(declarations.answers, '$.%s.value')", question)
	if s.driver == MySQL {
		return "JSON_UNQUOTE(" + get + ")"
	}
	return get
}

func split(routes []string) [][]any {
	list := make([][]any, len(routes))
	for i, r := range routes {
		destination, route, _ := strings.Cut(r, "/")
		list[i] = []any{destination, route}
	}
	return list
}

// meant are the people a notice is meant for.
func (s *Store) meant(ctx context.Context, a Audience) *gorm.DB {
	return a.of(s, s.db(ctx).Table("people").
		Joins("LEFT JOIN transfers ON transfers.person_id = people.id").
		Joins("LEFT JOIN declarations ON declarations.id = transfers.declaration_id").
		Where("people.left_at IS NULL"))
}

// Meant reports whether somebody belongs to an audience now.
func (s *Store) Meant(ctx context.Context, a Audience, personID int64) (bool, error) {
	var n int64
	err := s.meant(ctx, a).Where("people.id = ?", personID).Count(&n).Error
	return n > 0, err
}

// Reachable is one person of an audience with the chats that lead to them.
type Reachable struct {
	PersonID  int64
	No        string
	Name      string
	CollegeID int64 // 0 for officers who are no members
	BranchID  int64
	Chat      *Chat  `gorm:"-"` // the best chat with the person alone; nil when there is none
	Groups    []Chat `gorm:"-"`
}

// Chat is a chat something can be sent to, or why not.
type Chat struct {
	ContactID int64
	Account   string
	State     string // of the contact
}

// ReachOf is everybody in an audience, by college, branch and number, with the chats that lead to each. A fixed number of
// queries per 500 people.
func (s *Store) ReachOf(ctx context.Context, a Audience) ([]Reachable, error) {
	var people []Reachable
	err := s.meant(ctx, a).Select("people.id AS person_id, people.no, people.name, COALESCE(people.college_id, 0) AS college_id, COALESCE(people.branch_id, 0) AS branch_id").
		Order("people.college_id, people.branch_id, people.no").Scan(&people).Error
	if err != nil {
		return nil, err
	}
	groups, err := s.groupChats(ctx)
	if err != nil {
		return nil, err
	}
	at := make(map[int64]int, len(people))
	ids := make([]int64, len(people))
	for i := range people {
		p := &people[i]
		p.Groups = groups[p.BranchID]
		at[p.PersonID], ids[i] = i, p.PersonID
	}
	err = chunked(ids, func(ids []int64) error {
		var cs []Contact
		err := s.db(ctx).Select("id, account, person_id, state, bound_at").Where("person_id IN ? AND state <> ?", ids, ContactMerged).
			Order("bound_at, id").Find(&cs).Error
		for _, c := range cs {
			p := &people[at[*c.PersonID]]
			if p.Chat == nil || sendable(c.State) || !sendable(p.Chat.State) {
				p.Chat = &Chat{c.ID, c.Account, c.State}
			}
		}
		return err
	})
	return people, err
}

func sendable(state string) bool { return state == ContactActive || state == ContactUnsure }

// groupChats are the class groups that can be written to now, by branch.
func (s *Store) groupChats(ctx context.Context) (map[int64][]Chat, error) {
	var rows []struct {
		Chat
		BranchID int64
	}
	err := s.db(ctx).Model(&ClassGroup{}).Joins("JOIN contacts c ON c.id = class_groups.contact_id AND c.state = ?", ContactActive).
		Select("class_groups.branch_id, c.id AS contact_id, c.account, c.state").Order("class_groups.bound_at DESC").Scan(&rows).Error
	m := make(map[int64][]Chat, len(rows))
	for _, r := range rows {
		m[r.BranchID] = append(m[r.BranchID], r.Chat)
	}
	return m, err
}

// GroupOf is the branch whose group a chat is; false when it is nobody's.
func (s *Store) GroupOf(ctx context.Context, contactID int64) (ClassGroup, bool, error) {
	var gs []ClassGroup
	err := s.db(ctx).Limit(1).Find(&gs, "contact_id = ?", contactID).Error
	if err != nil || len(gs) == 0 {
		return ClassGroup{}, false, err
	}
	return gs[0], true, nil
}

// SelfNick is what an account is called in its present login; "" when that is not known.
func (s *Store) SelfNick(ctx context.Context, account string) (string, error) {
	var nicks []string
	err := s.db(ctx).Model(&Contact{}).Joins("JOIN accounts a ON a.name = contacts.account AND a.login = contacts.login").
		Where("contacts.account = ? AND contacts.kind = 'self'", account).Limit(1).Pluck("contacts.nick", &nicks).Error
	if err != nil || len(nicks) == 0 {
		return "", err
	}
	return nicks[0], nil
}

// SpeakerIn is the person behind a member of a group chat, by the user name of that login; 0 when it is nobody known.
func (s *Store) SpeakerIn(ctx context.Context, account, login, user string) (int64, error) {
	var ids []int64
	err := s.db(ctx).Model(&Contact{}).Joins("JOIN people ON people.id = contacts.person_id AND people.left_at IS NULL").
		Where("contacts.account = ? AND contacts.login = ? AND contacts.user_name = ?", account, login, user).
		Limit(1).Pluck("contacts.person_id", &ids).Error
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return ids[0], nil
}
