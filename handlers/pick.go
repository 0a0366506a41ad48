package handlers

import (
	"context"
	"fmt"

	"xianjie/storage"
	"xianjie/understand"
)

// Several members may carry the name an officer typed: the officer is asked which, and answers with a number.

// askWhich asks which of several members of one name is meant.
func (t *turn) askWhich(p pendingRecord, n named) {
	var lines []string
	for _, m := range n.twice {
		p.IDs, p.Names = append(p.IDs, m.Person.ID), append(p.Names, m.Person.Name)
		lines = append(lines, t.label(m.Person, &m.Branch)+" "+t.nameOf(m.Transfer))
	}
	t.viewed(n.twice...)
	t.draft.Pending = &p
	t.say(textWhichMember+"\n%s", n.name, numbered(lines))
}

func (t *turn) picksCandidate() bool {
	if t.draft.Pending == nil {
		return false
	}
	_, ok := understand.Number(t.word, len(t.draft.Pending.IDs))
	return ok
}

func (t *turn) pickCandidate() {
	n, _ := understand.Number(t.word, len(t.draft.Pending.IDs))
	p := *t.draft.Pending
	id, sc := p.IDs[n-1], t.scope()
	ms, ok := want(t, fmt.Sprintf("members/%d", id), func(ctx context.Context, s *storage.Store) ([]storage.Member, error) {
		return s.MembersMeant(ctx, sc, []int64{id}, nil, nil)
	})
	if !ok {
		return
	}
	t.draft.Pending = nil
	switch {
	case len(ms) == 0: // out of the scope meanwhile
		t.sayUnknown(p.Names[n-1 : n])
	case p.For:
		t.beginFor(ms[0])
	case p.Why:
		t.groundsOf(ms[0])
	default:
		t.apply(p, ms, func(m storage.Member) string { return t.label(m.Person, &m.Branch) })
	}
}

func (t *turn) dropPending() {
	if t.draft.Pending.For || t.draft.Pending.Why {
		t.say(textForDropped)
	} else {
		t.say(textDropped)
	}
	t.draft.Pending = nil
}
