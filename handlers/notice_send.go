package handlers

import (
	"context"
	"fmt"
	"slices"

	"xianjie/storage"
)

// sendNotice files the notice with everybody it is meant for and queues its messages, or has them wait until a second
// officer releases them. Whom it reaches is decided here, once: what is released is what was written.
func (t *turn) sendNotice() {
	heard, plan, ok := t.planned()
	if !ok {
		return
	}
	if len(plan.outs) == 0 {
		t.say(textNoticeNoSend)
		return
	}
	id, ok := want(t, "notices/next", func(ctx context.Context, s *storage.Store) (int64, error) { return s.NextNotice(ctx) })
	if !ok {
		return
	}
	n := storage.Notice{
		ID: id, Text: t.draft.Notice.Text, Audience: heard.Audience, Sentence: heard.said, State: storage.NoticeSending,
		ByPersonID: t.p.Person.ID, ContactID: t.p.Contact.ID,
	}
	if f := t.draft.Notice.Follows; f != 0 {
		n.Follows = &f
	}
	content := n.Text
	if f := t.draft.Notice.File; f != 0 {
		n.FileID = &f
		content += "\n" + fmt.Sprintf(textNoticeReleaseFile, t.draft.Notice.FileSaid)
	}
	if t.mustRelease(plan) {
		seconds, ok := t.seconds()
		switch {
		case !ok:
			return
		case len(seconds) == 0:
			t.say(textNoticeNoSecond, t.season.Notices.ReleaseAbove)
			return
		}
		n.State = storage.NoticeWaiting
		for _, c := range seconds {
			t.tell(c, storage.OutAlert, fmt.Sprintf(textNoticeRelease, id, t.p.Person.Name, heard.said, len(plan.people), plan.sends(), content, id, id))
			if n.FileID != nil {
				t.attachStored(c, storage.OutAlert, *n.FileID)
			}
		}
		t.say(textNoticeWaits, id)
	} else {
		t.say(textNoticeSends, id, plan.sends(), t.lasts(plan.sends()), id, id, id)
	}
	t.out.Notices.Plan = &storage.NoticePlan{Notice: n, Recipients: plan.people, Outs: plan.outs}
	t.draft.Notice = nil
	t.audit("notice", fmt.Sprintf("notice/%d", id), map[string]string{
		"state": n.State, "audience": n.Sentence, "people": fmt.Sprint(len(plan.people)), "sends": fmt.Sprint(plan.sends()),
	})
}

// seconds are the chats of the other officers of the committee.
func (t *turn) seconds() ([]storage.Contact, bool) {
	return want(t, "committee", func(ctx context.Context, s *storage.Store) ([]storage.Contact, error) {
		people, err := s.Officers(ctx, storage.OrgCommittee, 0)
		if err != nil {
			return nil, err
		}
		ids := make([]int64, 0, len(people))
		for _, p := range people {
			if p.ID != t.p.Person.ID {
				ids = append(ids, p.ID)
			}
		}
		chats, err := s.ContactsOf(ctx, ids)
		if err != nil {
			return nil, err
		}
		list := make([]storage.Contact, 0, len(chats))
		for _, id := range ids {
			if c, ok := chats[id]; ok {
				list = append(list, c)
			}
		}
		return list, nil
	})
}

// noticeMove is what a word does to a notice: from which states, to which.
type noticeMove struct {
	from []string
	to   string
	done string // what is said
}

var noticeMoves = map[string]noticeMove{
	"放行": {[]string{storage.NoticeWaiting}, storage.NoticeSending, textNoticeReleased},
	"退回": {[]string{storage.NoticeWaiting}, storage.NoticeStopped, textNoticeReturned},
	"暂停": {[]string{storage.NoticeSending}, storage.NoticePaused, textNoticePaused},
	"继续": {[]string{storage.NoticePaused}, storage.NoticeSending, textNoticeGoesOn},
	"停止": {[]string{storage.NoticeWaiting, storage.NoticeSending, storage.NoticePaused}, storage.NoticeStopped, textNoticeStopped},
}

// noticeFound is a notice that exists or not.
type noticeFound struct {
	notice storage.Notice
	ok     bool
}

func (t *turn) noticeNamed(id int64) (storage.Notice, bool) {
	f, ok := want(t, fmt.Sprintf("notice/%d", id), func(ctx context.Context, s *storage.Store) (noticeFound, error) {
		n, ok, err := s.NoticeNamed(ctx, id)
		return noticeFound{n, ok}, err
	})
	if ok && !f.ok {
		t.say(textNoNotice, id)
	}
	return f.notice, ok && f.ok
}

// moveNotice releases, pauses, continues or stops a notice. Nobody releases what they wrote themselves.
func (t *turn) moveNotice() {
	word, id, _ := t.wordAndNumber("放行", "退回", "暂停", "继续", "停止")
	n, ok := t.noticeNamed(id)
	if !ok {
		return
	}
	m := noticeMoves[word]
	switch {
	case !slices.Contains(m.from, n.State):
		t.say(textNoticeNotNow, id, noticeStates[n.State], word)
		return
	case word == "放行" && n.ByPersonID == t.p.Person.ID:
		t.say(textNoticeOwn)
		return
	}
	t.out.Notices.Moves = append(t.out.Notices.Moves, storage.NoticeMove{ID: id, From: m.from, To: m.to, By: t.p.Person.ID})
	t.audit("notice_"+m.to, fmt.Sprintf("notice/%d", id), map[string]string{"word": word})
	t.say(m.done, id)
	if (word == "放行" || word == "退回") && n.ContactID != t.p.Contact.ID {
		t.tell(storage.Contact{ID: n.ContactID, PersonID: &n.ByPersonID}, storage.OutAlert, fmt.Sprintf(textNoticeDecided, id, t.p.Person.Name, word))
	}
}

// followNotice writes a notice to those who have not answered an earlier one, whether it reached them or not.
func (t *turn) followNotice() {
	_, id, _ := t.wordAndNumber("跟进")
	n, ok := t.noticeNamed(id)
	if !ok {
		return
	}
	if n.State == storage.NoticeWaiting || n.State == storage.NoticeSending || n.State == storage.NoticePaused {
		t.say(textNoticeNotOver, id, noticeStates[n.State])
		return
	}
	said, ok := t.fileOf(n)
	if !ok {
		return
	}
	t.draft.Notice = &noticeDraft{Step: stepReady, Text: n.Text, Audience: fmt.Sprintf("通知%d未回复", id), Follows: id, FileSaid: said}
	if n.FileID != nil {
		t.draft.Notice.File = *n.FileID
	}
	t.previewNotice()
}

// resume lets the account of this chat send again after WeChat stopped it. With no such account the word means what it
// means to every officer.
func (t *turn) resume() {
	a, ok := want(t, "account", func(ctx context.Context, s *storage.Store) (storage.Account, error) {
		return s.AccountNamed(ctx, t.p.Contact.Account)
	})
	switch {
	case !ok:
	case a.StoppedAt == nil:
		t.nextPage()
	default:
		t.out.Notices.Resume = a.Name
		t.audit("resume", "account/"+a.Name, nil)
		t.say(textResumed)
	}
}
