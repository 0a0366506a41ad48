package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"xianjie/storage"
)

// In a group the bot is silent unless a member addresses it, and never says anything personal. What it does there: it
// becomes the group of a class (绑定班级群), and takes 收到 to a notice.

// The words that are heard in a group.
const (
	groupBind   = "绑定班级群"
	groupUnbind = "解除班级群"
)

// isAddressed recognises a text in a group that begins or ends with @ and our own name.
func isAddressed(t *turn) bool {
	_, ok := t.addressed()
	return ok
}

// addressed is what is said to us in a group, without our name.
func (t *turn) addressed() (string, bool) {
	if t.p.Contact.Kind != "group" || t.p.Inbox.FromSelf || t.p.Inbox.Kind != kindText || t.long || !strings.Contains(t.text, "@") {
		return "", false
	}
	nick, ok := want(t, "self", func(ctx context.Context, s *storage.Store) (string, error) {
		return s.SelfNick(ctx, t.p.Contact.Account)
	})
	if !ok || nick == "" {
		return "", false
	}
	if rest, ok := strings.CutPrefix(t.text, "@"+nick); ok {
		return strings.Trim(rest, aroundWords), true
	}
	if rest, ok := strings.CutSuffix(t.text, "@"+nick); ok {
		return strings.Trim(rest, aroundWords), true
	}
	return "", false
}

// speaker is who wrote in a group, with their offices; a nil person is nobody we know.
type speaker struct {
	person *storage.Person
	roles  []storage.RoleIn
}

func (t *turn) speaker() (speaker, bool) {
	in := t.p.Inbox
	return want(t, "speaker", func(ctx context.Context, s *storage.Store) (speaker, error) {
		id, err := s.SpeakerIn(ctx, in.Account, in.Login, in.Sender)
		if err != nil || id == 0 {
			return speaker{}, err
		}
		p, err := s.Person(ctx, id)
		if err != nil {
			return speaker{}, err
		}
		roles, err := s.RolesOf(ctx, []int64{id})
		return speaker{&p, roles[id]}, err
	})
}

// inGroup answers what was said to us in a group. To what it does not do there it says so once, and is silent from then
// on: a group that plays with the bot must not use up what others wait for.
func (t *turn) inGroup() {
	said, _ := t.addressed()
	who, ok := t.speaker()
	if !ok {
		return
	}
	rest, bind := strings.CutPrefix(said, groupBind)
	switch {
	case bind && len(who.roles) > 0:
		t.bindGroup(who, strings.Trim(rest, aroundWords))
	case said == groupUnbind && len(who.roles) > 0:
		t.unbindGroup(who)
	case who.person != nil && slices.Contains(wordsReceipt, said):
		if open, ok := t.unanswered(who.person.ID); ok {
			t.out.Notices.Answered = &storage.NoticeAnswer{PersonID: who.person.ID, NoticeIDs: open}
			t.out.Outcome = "receipt"
		}
	case t.draft.Greeted:
		t.skip("ignored")
	default:
		t.draft.Greeted = true
		t.say(textGroupPrivate)
	}
}

// bindGroup makes the chat the group of a branch: the secretary's own, or the one that is named by an officer above it.
func (t *turn) bindGroup(who speaker, name string) {
	branches, ok := t.branches()
	if !ok {
		return
	}
	var mine []storage.Org
	for _, o := range branches {
		if governs(who.roles, o) && (name == "" || o.Name == name) {
			mine = append(mine, o)
		}
	}
	now, ok := t.groupOf(branches)
	if !ok {
		return
	}
	if len(mine) != 1 || now.ok && !governs(who.roles, now.branch) { // nobody takes a group from another class
		t.say(textGroupWhich)
		return
	}
	t.out.Notices.Bind = &storage.ClassGroup{ContactID: t.p.Contact.ID, BranchID: mine[0].ID, ByPersonID: who.person.ID}
	t.out.Audit = append(t.out.Audit, storage.Audit{
		At: t.now, ActorID: &who.person.ID, ContactID: &t.p.Contact.ID, InboxID: &t.p.Inbox.ID,
		Action: "bind_group", Subject: fmt.Sprintf("branch/%d", mine[0].ID),
	})
	t.say(textGroupBound, mine[0].Name)
}

func (t *turn) branches() ([]storage.Org, bool) {
	return want(t, "orgs/branch", func(ctx context.Context, s *storage.Store) ([]storage.Org, error) {
		return s.Orgs(ctx, storage.OrgBranch)
	})
}

// classOf is the branch whose group a chat is, if it is one.
type classOf struct {
	branch storage.Org
	ok     bool
}

func (t *turn) groupOf(branches []storage.Org) (classOf, bool) {
	return want(t, "group", func(ctx context.Context, s *storage.Store) (classOf, error) {
		g, ok, err := s.GroupOf(ctx, t.p.Contact.ID)
		i := slices.IndexFunc(branches, func(o storage.Org) bool { return o.ID == g.BranchID })
		if err != nil || !ok || i < 0 {
			return classOf{}, err
		}
		return classOf{branches[i], true}, nil
	})
}

// governs reports whether one of the roles is that of a branch, or above it.
func governs(roles []storage.RoleIn, branch storage.Org) bool {
	for _, r := range roles {
		switch r.Party {
		case storage.OrgCommittee:
			return true
		case storage.OrgCollege:
			if branch.ParentID != nil && *branch.ParentID == r.OrgID {
				return true
			}
		case storage.OrgBranch:
			if branch.ID == r.OrgID {
				return true
			}
		}
	}
	return false
}

// unbindGroup takes it back. Whoever may not, and a chat that is no group of a class, get the same answer as for any word.
func (t *turn) unbindGroup(who speaker) {
	branches, ok := t.branches()
	if !ok {
		return
	}
	b, ok := t.groupOf(branches)
	switch {
	case !ok:
	case !b.ok || !governs(who.roles, b.branch):
		t.skip("ignored")
	default:
		t.out.Notices.Unbind = t.p.Contact.ID
		t.out.Audit = append(t.out.Audit, storage.Audit{
			At: t.now, ActorID: &who.person.ID, ContactID: &t.p.Contact.ID, InboxID: &t.p.Inbox.ID,
			Action: "unbind_group", Subject: fmt.Sprintf("branch/%d", b.branch.ID),
		})
		t.say(textGroupUnbound)
	}
}
