package handlers

import (
	"cmp"
	"hash/fnv"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"xianjie/storage"
)

// How a notice reaches people, decided from what is known and nothing else: one message to the class group for whoever is
// in that class, a private message for whoever no group reaches.

// Placeholders of a notice. In a group nothing personal is said: the name becomes 各位同学, and a notice that needs a number
// goes to each person alone.
const (
	placeName    = "{姓名}"
	placeNo      = "{学号}"
	placeCollege = "{学院}"
	placeBranch  = "{团支部}"
)

var placeholder = regexp.MustCompile(`\{[^{}\n]{0,20}\}`)

// strangePlaceholders are those that stand for nothing.
func strangePlaceholders(text string) []string {
	var strange []string
	for _, p := range placeholder.FindAllString(text, -1) {
		if !slices.Contains([]string{placeName, placeNo, placeCollege, placeBranch}, p) && !slices.Contains(strange, p) {
			strange = append(strange, p)
		}
	}
	return strange
}

// reachPlan is who is reached how.
type reachPlan struct {
	people  []storage.NoticeRecipient
	outs    []storage.NoticeOut
	names   []string // of whom each message goes to, as officers are shown
	groups  int      // messages to groups
	inGroup int      // people those stand for
	skipped map[string][]string
	carries bool // a picture or document follows each message
}

// sends is what the plan costs.
func (p *reachPlan) sends() int {
	if p.carries {
		return 2 * len(p.outs)
	}
	return len(p.outs)
}

// planner makes a plan for one text.
type planner struct {
	text     string
	audience storage.Audience
	orgs     map[int64]string
	plan     reachPlan
}

func planReach(text string, a storage.Audience, people []storage.Reachable, orgs []storage.Org) reachPlan {
	p := planner{text: text, audience: a, orgs: make(map[int64]string, len(orgs))}
	for _, o := range orgs {
		p.orgs[o.ID] = o.Name
	}
	byBranch := map[int64]int{}
	for _, r := range people {
		byBranch[r.BranchID]++
	}
	group := map[int64]int{} // branch → its message
	for _, r := range people {
		if p.byGroup(r, byBranch[r.BranchID]) {
			i, ok := group[r.BranchID]
			if !ok {
				i = p.toGroup(r)
				group[r.BranchID] = i
			}
			p.plan.outs[i].PersonIDs = append(p.plan.outs[i].PersonIDs, r.PersonID)
			p.plan.inGroup++
			p.plan.people = append(p.plan.people, storage.NoticeRecipient{PersonID: r.PersonID, Via: storage.ViaGroup, ContactID: &r.Groups[0].ContactID})
			continue
		}
		p.alone(r)
	}
	return p.plan
}

// byGroup decides whether somebody is reached through the group of their branch. A group is not disturbed for one person
// who can be told alone, nor by asking those again who have not answered, nor with what is personal.
func (p *planner) byGroup(r storage.Reachable, inBranch int) bool {
	if len(r.Groups) == 0 || p.audience.Via == storage.ViaPrivate || p.audience.Unanswered != 0 || strings.Contains(p.text, placeNo) {
		return false
	}
	return inBranch > 1 || !canSend(r.Chat) || p.audience.Via == storage.ViaGroup
}

func canSend(c *storage.Chat) bool {
	return c != nil && (c.State == storage.ContactActive || c.State == storage.ContactUnsure)
}

// toGroup adds the message to the group of a branch and returns which one it is.
func (p *planner) toGroup(r storage.Reachable) int {
	branch := p.orgs[r.BranchID]
	text := strings.NewReplacer(placeName, textEverybody, placeCollege, p.orgs[r.CollegeID], placeBranch, branch).Replace(p.text)
	g := r.Groups[0]
	p.plan.outs = append(p.plan.outs, storage.NoticeOut{Account: g.Account, ContactID: g.ContactID, Text: text + "\n" + textFootGroup})
	p.plan.names = append(p.plan.names, branch+textGroupSuffix)
	p.plan.groups++
	return len(p.plan.outs) - 1
}

// alone sends to one person, or says why not.
func (p *planner) alone(r storage.Reachable) {
	line := storage.NoticeRecipient{PersonID: r.PersonID}
	switch {
	case p.audience.Via == storage.ViaGroup:
		line.Reason = storage.SkipNoGroup
	case r.Chat == nil:
		line.Reason = storage.SkipStranger
	case r.Chat.State == storage.ContactGone:
		line.Reason = storage.SkipGone
	case !canSend(r.Chat):
		line.Reason = storage.SkipLost
	}
	if line.Reason != "" {
		if p.plan.skipped == nil {
			p.plan.skipped = map[string][]string{}
		}
		p.plan.skipped[line.Reason] = append(p.plan.skipped[line.Reason], p.label(r))
		p.plan.people = append(p.plan.people, line)
		return
	}
	line.Via, line.ContactID = storage.ViaPrivate, &r.Chat.ContactID
	p.plan.people = append(p.plan.people, line)
	p.plan.outs = append(p.plan.outs, storage.NoticeOut{
		Account: r.Chat.Account, ContactID: r.Chat.ContactID, PersonIDs: []int64{r.PersonID},
		Text: noticeFor(p.text, r, p.orgs[r.CollegeID], p.orgs[r.BranchID]),
	})
	p.plan.names = append(p.plan.names, p.label(r))
}

// noticeFor is a notice as one person reads it.
func noticeFor(text string, r storage.Reachable, college, branch string) string {
	return strings.NewReplacer(placeName, r.Name, placeNo, r.No, placeCollege, college, placeBranch, branch).Replace(text) + "\n" + textFootPrivate
}

func (p *planner) label(r storage.Reachable) string {
	if branch := p.orgs[r.BranchID]; branch != "" {
		return r.Name + "（" + branch + "）"
	}
	return r.Name
}

// longest are the messages with the most characters, the longest first.
func (p *reachPlan) longest(n int) []int {
	return p.first(n, func(a, b int) int {
		return cmp.Compare(utf8.RuneCountInString(p.outs[b].Text), utf8.RuneCountInString(p.outs[a].Text))
	})
}

// some are messages chosen without favour, the same ones for the same seed.
func (p *reachPlan) some(n int, seed int64) []int {
	draw := make([]uint64, len(p.outs))
	for i, o := range p.outs {
		h := fnv.New64a()
		_, _ = h.Write([]byte(strconv.FormatInt(seed, 10) + "/" + strconv.FormatInt(o.ContactID, 10)))
		draw[i] = h.Sum64()
	}
	return p.first(n, func(a, b int) int { return cmp.Compare(draw[a], draw[b]) })
}

func (p *reachPlan) first(n int, by func(a, b int) int) []int {
	order := make([]int, len(p.outs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, by)
	return order[:min(n, len(order))]
}
