package bot

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// maxPages bounds the pages of a contact list; the official client stops at 16.
	maxPages = 64
	// emptyLists is how often an empty contact list is asked for again before it is believed: right after a login, and
	// when asked too often, WeChat answers with less than there is.
	emptyLists = 3
)

// keepContacts fetches the contact list after the login and now and then. Until the first list is stored messages wait,
// so it is tried again soon when it fails.
func (s *session) keepContacts() {
	wait, empty := time.Second, 0
	for {
		var err error
		if !s.do(s.ctx, func() { err = s.fetchContacts(empty >= emptyLists) }) {
			return
		}
		if errors.Is(err, errEmptyList) {
			empty++
		}
		next := s.a.c.Refresh
		if err != nil {
			s.a.c.Log.Warn("contact list is fetched again", "account", s.a.c.Name, "in", wait, "err", bare(err))
			next, wait = wait, min(2*wait, 5*time.Minute)
		} else {
			wait, empty = time.Second, 0
			s.a.change(func(st *State) { st.Ready = true })
		}
		if sleep(s.ctx, next) != nil {
			return
		}
	}
}

var errEmptyList = errors.New("the contact list is empty")

// fetchContacts stores everybody on the contact list and the groups of the recent chats.
func (s *session) fetchContacts(believeEmpty bool) error {
	all, err := s.listContacts(s.ctx)
	if err != nil {
		return err
	}
	if len(all) == 0 && !believeEmpty {
		return errEmptyList
	}
	seen := make(map[string]bool, len(all)+len(s.wire.recent))
	unique := all[:0]
	for _, c := range append(all, s.wire.recent...) {
		if !seen[c.UserName] {
			seen[c.UserName] = true
			unique = append(unique, c)
		}
	}
	return s.a.c.Store.Contacts(s.ctx, s.a.c.Name, s.wire.login, unique)
}

// listContacts asks for the contact list page by page. The library would do so too, but one odd field would spoil the
// whole list for it.
func (s *session) listContacts(ctx context.Context) ([]Contact, error) {
	var all []Contact
	var seq int64
	for range maxPages {
		o, err := s.contactPage(ctx, seq)
		if err != nil {
			return nil, err
		}
		page := o.list("MemberList")
		if n := o.num("MemberCount"); n > int64(len(all)+len(page)) {
			return nil, fmt.Errorf("contact list: %d of %d came", len(all)+len(page), n)
		}
		for _, c := range page {
			if c.str("UserName") != "" {
				all = append(all, contactOf(c, s.wire.self))
			}
		}
		next := o.num("Seq")
		if next == 0 || next == seq {
			return all, nil
		}
		seq = next
	}
	return nil, fmt.Errorf("contact list: more than %d pages", maxPages)
}

func (s *session) contactPage(ctx context.Context, seq int64) (object, error) {
	resp, err := s.lib.Caller.Client.WebWxGetContact(ctx, s.lib.Storage.LoginInfo.SKey, seq)
	if err != nil {
		return nil, err
	}
	body, err := readAll(resp)
	if err != nil {
		return nil, err
	}
	o := parseObject(body)
	base := parseObject(o["BaseResponse"])
	switch ret := base.num("Ret"); {
	case base.str("Ret") == "":
		return nil, errors.New("contact list: the reply holds no return code")
	case lostRet(ret):
		err := &SessionLost{ret}
		s.cancel(err)
		return nil, err
	case ret != 0:
		return nil, fmt.Errorf("contact list: ret %d", ret)
	}
	return o, nil
}
