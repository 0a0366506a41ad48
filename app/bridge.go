package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"xianjie/bot"
	"xianjie/scheduler"
	"xianjie/storage"
)

// botStore gives an account what it needs remembered, in the database.
type botStore struct{ *storage.Store }

// Receive implements [bot.Store].
func (s botStore) Receive(ctx context.Context, account, login string, batch []bot.Incoming) error {
	rows := make([]storage.Received, len(batch))
	for i, in := range batch {
		extra, err := json.Marshal(in.Extra)
		if err != nil {
			return fmt.Errorf("message %s: %w", in.MsgID, err)
		}
		rows[i] = storage.Received{
			MsgID: in.MsgID, User: in.Chat, ChatKind: string(in.ChatKind), Sender: in.Sender, FromSelf: in.FromSelf,
			Kind: string(in.Kind), Text: in.Text, Raw: in.Raw, Extra: string(extra), At: in.At,
		}
	}
	return s.Store.Receive(ctx, account, login, rows)
}

// Contacts implements [bot.Store]: people of former logins are found again among those of this one. Whoever this login
// has been bound to already is known by its user name and takes no part.
func (s botStore) Contacts(ctx context.Context, account, login string, all []bot.Contact) error {
	stored, err := s.Known(ctx, account)
	if err != nil {
		return err
	}
	var known []bot.Known
	settled := make(map[string]bool)
	for _, c := range stored {
		switch {
		case c.Login != login:
			known = append(known, bot.Known{ID: c.ID, Contact: contactOf(c)})
		case c.PersonID != nil:
			settled[c.UserName] = true
		}
	}
	snap := storage.Snapshot{Seen: seenOf(all)}
	var open []bot.Contact
	for _, c := range all {
		if !settled[c.UserName] {
			open = append(open, c)
		}
	}
	r := bot.Recognise(known, open)
	snap.Matches, snap.Unsure = r.Matches, r.Unsure
	return s.SaveSnapshot(ctx, account, login, snap)
}

// ContactsChanged implements [bot.Store].
func (s botStore) ContactsChanged(ctx context.Context, account, login string, changed []bot.Contact, deleted []string) error {
	if err := s.SaveContacts(ctx, account, login, seenOf(changed)); err != nil {
		return err
	}
	return s.ContactsDeleted(ctx, account, login, deleted)
}

func seenOf(cs []bot.Contact) []storage.Seen {
	seen := make([]storage.Seen, len(cs))
	for i, c := range cs {
		seen[i] = storage.Seen{
			UserName: c.UserName, Kind: string(c.Kind), Nick: c.Nick, Remark: c.Remark, Alias: c.Alias, Avatar: c.Avatar,
			Signature: c.Signature, Province: c.Province, City: c.City, Sex: c.Sex,
		}
	}
	return seen
}

func contactOf(c storage.Contact) bot.Contact {
	return bot.Contact{
		UserName: c.UserName, Kind: bot.ContactKind(c.Kind), Nick: c.Nick, Remark: c.Remark, Alias: c.Alias, Avatar: c.Avatar,
		Signature: c.Signature, Province: c.Province, City: c.City, Sex: c.Sex,
	}
}

// channel lets a sender speak through an account.
type channel struct {
	account *bot.Account
	holds   func() bool // this process may speak
}

// Online implements [scheduler.Channel].
func (c channel) Online() bool {
	st := c.account.State()
	return st.Phase == bot.PhaseOnline && st.Ready && c.holds()
}

// Send implements [scheduler.Channel].
func (c channel) Send(ctx context.Context, to scheduler.Address, m scheduler.Message) scheduler.Outcome {
	if !c.holds() {
		return scheduler.Outcome{Kind: scheduler.NotSent, Err: errors.New("this process does not run the account any more")}
	}
	if m.Kind == storage.OutAccept {
		return c.accept(ctx, to, m)
	}
	at := bot.Address{Login: to.Login, UserName: to.UserName}
	var r bot.Receipt
	var err error
	if f := m.File; f != nil {
		r, err = c.account.SendFile(ctx, at, bot.File{Name: f.Name, Picture: f.Picture, Data: f.Data})
	} else {
		r, err = c.account.SendText(ctx, at, m.Text)
	}
	if err == nil {
		return scheduler.Outcome{Kind: scheduler.Sent, MsgID: r.MsgID}
	}
	return scheduler.Outcome{Kind: outcomeOf(err), Err: err}
}

// accept accepts a friend request. Accepting twice does no harm and WeChat refuses it now and then for no reason, so
// whatever is not accepted is tried again.
func (c channel) accept(ctx context.Context, to scheduler.Address, m scheduler.Message) scheduler.Outcome {
	var extra bot.Extra
	if err := json.Unmarshal([]byte(m.Extra), &extra); err != nil || extra.Friend == nil {
		return scheduler.Outcome{Kind: scheduler.Refused, Err: errors.New("the friend request holds nothing to accept")}
	}
	err := c.account.AcceptFriend(ctx, to.Login, *extra.Friend)
	if err == nil {
		return scheduler.Outcome{Kind: scheduler.Sent}
	}
	kind := outcomeOf(err)
	if kind != scheduler.TooOften {
		kind = scheduler.NotSent
	}
	return scheduler.Outcome{Kind: kind, Err: err}
}

// outcomeOf sorts the error of a send.
func outcomeOf(err error) scheduler.OutcomeKind {
	var refused *bot.Refused
	var unknown *bot.Unknown
	switch {
	case errors.Is(err, bot.ErrOffline), errors.Is(err, bot.ErrStale), errors.Is(err, bot.ErrUpload):
		return scheduler.NotSent
	case errors.As(err, &refused) && refused.TooOften():
		return scheduler.TooOften
	case errors.As(err, &unknown):
		return scheduler.Unknown
	}
	return scheduler.Refused
}
