package demo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"xianjie/season"
	"xianjie/storage"
	"xianjie/wechatsim"
)

// How much of each kind a snapshot shows.
const (
	shownMessages = 100
	shownRows     = 40
	shownWakes    = 12
	maxDuties     = 10_000
)

// Snapshot implements Stage.
func (t *Theatre) Snapshot(ctx context.Context) (Snapshot, error) {
	sn := t.app.Season
	t.mu.Lock()
	moving := t.moving // read first: when it has ended, all that follows is as of its end
	t.mu.Unlock()
	s := Snapshot{
		Moving: moving, Title: sn.Title, Account: accountName, Now: t.clock.now().In(sn.Zone),
		Opens: sn.Opens.String(), Closes: sn.Closes.String(),
	}
	var members []storage.Member
	err := t.app.Store.EachMember(ctx, func(page []storage.Member) error {
		members = append(members, page...)
		return nil
	})
	if err != nil {
		return s, err
	}
	t.people(&s, members)
	t.progress(&s, members)
	duties, err := t.app.Store.OpenDuties(ctx, maxDuties)
	if err != nil {
		return s, err
	}
	steps, err := t.app.Store.StepsBetween(ctx, t.clock.now(), sn.EndOf(sn.Closes))
	if err != nil {
		return s, err
	}
	byID := make(map[int64]storage.Member, len(members))
	for _, m := range members {
		byID[m.Person.ID] = m
	}
	t.duties(&s, duties, steps, byID)
	t.wakes(&s, steps)
	if err := t.sent(ctx, &s); err != nil {
		return s, err
	}
	t.mu.Lock()
	s.Log = slices.Clone(t.events)
	t.mu.Unlock()
	t.phones(&s, members, duties)
	s.Done = t.done
	return s, nil
}

// people lists who can hold the member phone, and the members who have declared, the latest first.
func (t *Theatre) people(s *Snapshot, members []storage.Member) {
	for _, m := range members {
		c := Choice{
			ID: m.Person.No, Name: m.Person.Name, Initial: initialOf(m.Person.Name), No: m.Person.No,
			Where: m.College.Name + " " + m.Branch.Name, State: "未登记", Open: true,
		}
		if d, ok := t.app.Season.Destination(m.Transfer.Destination); ok && m.Declaration != nil {
			st := t.app.Season.TrackState(m.Transfer.Track, m.Transfer.State)
			c.State, c.Open = d.Short+" · "+st.Name, false
			at := m.Declaration.ConfirmedAt
			if m.Transfer.EnteredAt.After(at) {
				at = m.Transfer.EnteredAt
			}
			s.Members = append(s.Members, Row{
				ID: m.Person.No, Name: m.Person.Name, Branch: m.Branch.Name, Destination: d.Short, State: st.Name,
				Settled: st.Done, Goes: m.Declaration.Target, At: at.In(t.app.Season.Zone),
			})
		}
		s.People = append(s.People, c)
	}
	slices.SortStableFunc(s.Members, func(a, b Row) int { return b.At.Compare(a.At) })
	s.Members = s.Members[:min(len(s.Members), shownRows)]
}

func initialOf(name string) string {
	if name == "" {
		return ""
	}
	return string([]rune(name)[:1])
}

// progress counts by college and by destination. What must be initiated is what the season's first rate counts, what
// counts as received its second.
func (t *Theatre) progress(s *Snapshot, members []storage.Member) {
	sn := t.app.Season
	colleges := map[int64]*Progress{}
	var order []int64
	destinations := map[string]int{}
	counts := func(rate int, m storage.Member) (must, done bool) {
		if rate >= len(sn.Rates) {
			return false, false
		}
		c := season.Count{Cohort: m.Person.Cohort, Destination: m.Transfer.Destination, State: m.Transfer.State, N: 1}
		if m.Declaration != nil {
			c.Route = m.Declaration.Route
		}
		score := sn.Measure([]season.Count{c})[rate]
		return score.All > 0, score.Done > 0
	}
	for _, m := range members {
		c := colleges[m.College.ID]
		if c == nil {
			c = &Progress{Name: m.College.Name}
			colleges[m.College.ID] = c
			order = append(order, m.College.ID)
		}
		c.Total++
		if m.Declaration == nil {
			continue
		}
		c.Declared++
		destinations[m.Transfer.Destination]++
		if must, done := counts(0, m); must {
			c.Must++
			if done {
				c.Initiated++
			}
			if _, received := counts(1, m); received {
				c.Received++
			}
		}
	}
	for _, id := range order {
		s.Colleges = append(s.Colleges, *colleges[id])
	}
	for _, d := range sn.Destinations {
		if n := destinations[d.Key]; n > 0 {
			s.Destinations = append(s.Destinations, Tally{d.Short, n})
		}
	}
	slices.SortStableFunc(s.Destinations, func(a, b Tally) int { return b.Count - a.Count })
}

// dueKey is what duties shown as one have in common.
type dueKey struct {
	rule, due string
	whom      int64 // college; the person for what a member does
}

// duties shows open duties: those alike of one college in one line, those of members with who it is.
func (t *Theatre) duties(s *Snapshot, duties []storage.Duty, steps []storage.DueStep, members map[int64]storage.Member) {
	next := make(map[int64]time.Time)
	for _, st := range steps { // in order of time
		if _, ok := next[st.Duty.ID]; !ok {
			next[st.Duty.ID] = st.Step.At
		}
	}
	today := t.app.Season.DateOf(t.clock.now())
	at := map[dueKey]int{}
	var list []Due
	for _, d := range duties {
		rule, ok := t.app.Season.DutyRule(d.Rule)
		due, err := season.ParseDate(d.Due)
		if !ok || err != nil {
			continue
		}
		m := members[d.PersonID]
		key := dueKey{d.Rule, d.Due, d.OrgID}
		whom := m.College.Name
		switch d.Party {
		case storage.OrgCommittee:
			whom = t.cast.Committee
		case storage.SubjectMember:
			whom += "的毕业生"
		}
		i, ok := at[key]
		if !ok {
			i = len(list)
			at[key] = i
			list = append(list, Due{Name: rule.Name, Whom: whom, Due: d.Due, Days: today.DaysUntil(due)})
		}
		list[i].Count++
		if n, ok := next[d.ID]; ok && (list[i].Next == nil || n.Before(*list[i].Next)) {
			local := n.In(t.app.Season.Zone)
			list[i].Next = &local
		}
	}
	slices.SortStableFunc(list, func(a, b Due) int { return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(b.Count, a.Count)) })
	s.Duties = list[:min(len(list), shownRows)]
}

// wakes shows the mornings on which something will be sent, and what about.
func (t *Theatre) wakes(s *Snapshot, steps []storage.DueStep) {
	for _, st := range steps {
		rule, ok := t.app.Season.DutyRule(st.Duty.Rule)
		if !ok {
			continue
		}
		at := st.Step.At.In(t.app.Season.Zone)
		n := len(s.Next)
		if n == 0 || !s.Next[n-1].At.Equal(at) {
			if n == shownWakes {
				return
			}
			s.Next = append(s.Next, Wake{At: at, Text: rule.Name})
			continue
		}
		if w := &s.Next[n-1]; !slices.Contains(strings.Split(w.Text, "、"), rule.Name) {
			w.Text += "、" + rule.Name
		}
	}
}

// kinds names what the product sends.
var kinds = map[string]string{
	storage.OutReply: "回复", storage.OutDigest: "提醒", storage.OutNudge: "通知", storage.OutNotice: "公告", storage.OutAlert: "警报", storage.OutAccept: "通过好友",
}

func (t *Theatre) sent(ctx context.Context, s *Snapshot) error {
	outs, err := t.app.Store.LatestSent(ctx, shownRows)
	if err != nil {
		return err
	}
	for _, o := range outs {
		to := t.nameOf(ctx, o.PersonID)
		if to == "" {
			to = "还不认识的人"
		}
		text := gist(o.Kind, o.Text)
		if o.FileID != nil {
			text = fileGist
		}
		at := o.CreatedAt
		if o.DoneAt != nil {
			at = *o.DoneAt
		}
		s.Sent = append(s.Sent, Sending{
			ID: fmt.Sprint(o.ID), At: at.In(t.app.Season.Zone), To: to, Kind: kinds[o.Kind], Text: text,
		})
	}
	return nil
}

// gist is what a message is about: its first line, or of a reminder, which begins with a greeting, the second.
func gist(kind, text string) string {
	lines := strings.SplitN(text, "\n", 3)
	if kind == storage.OutDigest && len(lines) > 1 {
		return lines[1]
	}
	return lines[0]
}

// phones shows the three chats, and says how far the guide has been followed.
func (t *Theatre) phones(s *Snapshot, members []storage.Member, duties []storage.Duty) {
	officers := map[string]Person{}
	for _, o := range t.cast.Officers {
		where := o.College
		if where == "" {
			where = t.cast.Committee
		}
		officers[o.No] = Person{ID: o.No, Name: o.Name, Initial: initialOf(o.Name), Where: where, No: o.No}
	}
	memberNo := t.holder(PhoneMember)
	i := slices.IndexFunc(members, func(m storage.Member) bool { return m.Person.No == memberNo })
	if i < 0 {
		return
	}
	m := members[i]
	phone := t.phone(PhoneMember, "毕业生", Person{
		ID: m.Person.No, Name: m.Person.Name, Initial: initialOf(m.Person.Name), Where: m.College.Name + " " + m.Branch.Name, No: m.Person.No,
	}, "状态", "修改", "上一步", "取消", "帮助", "人工")
	bound := t.bound(memberNo)
	if phone.Friend && !bound {
		phone.Hint = &Hint{Text: "先告诉助手你是谁", Send: memberNo + " " + m.Person.Name}
	}
	if bound && phone.Hint == nil {
		phone.Hint = t.paperHint(m)
	}
	secretary := t.phone(PhoneSecretary, "学院书记", officers[t.holder(PhoneSecretary)], "进度", "进度图", "名单", "名单 待发起", "待答复", "帮助")
	secretary.Hint = t.reviewHint(members, duties, secretary.Person.Where)
	committee := t.phone(PhoneCommittee, "校团委", officers[t.holder(PhoneCommittee)], t.committeeWords()...)
	s.Phones = []Phone{phone, secretary, committee}

	t.mu.Lock()
	defer t.mu.Unlock()
	t.done.Bound = t.done.Bound || bound
	t.done.Declared = t.done.Declared || bound && m.Declaration != nil
	t.done.Reminded = t.done.Reminded || t.done.Declared && slices.ContainsFunc(t.events, func(h Happened) bool {
		return strings.HasPrefix(h.Text, "提醒"+secretary.Person.Name+"：")
	})
}

// bound reports that a member on the page has been recognised by the product.
func (t *Theatre) bound(no string) bool {
	person, err := t.app.Store.PersonByNo(context.Background(), no)
	if err != nil {
		return false
	}
	contacts, err := t.app.Store.BoundTo(context.Background(), person.ID)
	return err == nil && len(contacts) > 0
}

func (t *Theatre) phone(key, title string, holder Person, words ...string) Phone {
	ph := Phone{Key: key, Title: title, Person: holder, Words: words}
	p := t.sim.Person(holder.No)
	if p == nil {
		return ph
	}
	ph.Friend = t.bot.IsFriend(p)
	chat := p.Chat(t.bot)
	first := max(0, len(chat)-shownMessages)
	for i, m := range chat[first:] {
		grey := m.From == ""
		f := fileOf(m)
		ph.Messages = append(ph.Messages, Message{
			ID: messageID(holder.No, first+i), Mine: m.From == p.ID(), Grey: grey, Text: shown(m), At: m.At.In(t.app.Season.Zone),
			File: f.Name, Show: m.Kind == wechatsim.KindImage,
		})
	}
	if n := len(ph.Messages); n > 0 && !ph.Messages[n-1].Mine {
		ph.Chips = Choices(ph.Messages[n-1].Text)
	}
	return ph
}

// reviewHint shows how a secretary records that the application which lapses next has been reviewed.
func (t *Theatre) reviewHint(members []storage.Member, duties []storage.Duty, college string) *Hint {
	for _, d := range duties {
		rule, ok := t.app.Season.DutyRule(d.Rule)
		if !ok || rule.Lapse != season.LapseApproved || d.LapsedAt != nil {
			continue
		}
		i := slices.IndexFunc(members, func(m storage.Member) bool { return m.Person.ID == d.PersonID && m.College.Name == college })
		if i < 0 {
			continue
		}
		m := members[i]
		for _, mv := range t.app.Season.Tracks[m.Transfer.Track].Moves {
			e, ok := t.app.Season.EventNamed(mv.On)
			if ok && len(e.Words) > 0 && slices.Contains(mv.From, m.Transfer.State) {
				return &Hint{Text: "审核好了就这样告诉助手", Send: e.Words[0] + " " + m.Person.Name}
			}
		}
	}
	return nil
}
