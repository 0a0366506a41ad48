package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"xianjie/bot"
	"xianjie/storage"
)

const (
	// fetchPause is how long a file that WeChat does not have yet is left alone.
	fetchPause = 10 * time.Second
	// fetchFor is how long it is tried, from the message on; what its sender writes waits meanwhile.
	fetchFor = 2 * time.Minute
)

// pictureName is what a picture is called: WeChat gives them no names, and hands all of them out as JPEG.
const pictureName = "图片.jpg"

// fetchFiles wakes the accounts of this process: a turn has asked for a file.
func (a *App) fetchFiles() {
	for _, acc := range a.accounts {
		nudge(acc.wanted)
	}
}

// fetch brings in the pictures and documents that turns have asked for, until ctx ends. WeChat hands them out to the login
// they were sent to only, so what a former login left is told to its turn as gone.
func (acc *account) fetch(ctx context.Context) error {
	poll := acc.app.o.Poll
	for ctx.Err() == nil {
		next := poll
		ms, err := acc.app.Store.Fetching(ctx, acc.name)
		if err != nil && ctx.Err() == nil {
			acc.app.Log.Error("files wait to be fetched", "account", acc.name, "err", err)
		}
		for _, m := range ms {
			done, err := acc.fetchOne(ctx, m)
			switch {
			case ctx.Err() != nil:
				return nil
			case err != nil:
				acc.app.Log.Warn("file was not fetched", "account", acc.name, "inbox", m.ID, "err", err)
			}
			if done {
				nudge(acc.app.arrived)
			} else {
				next = min(next, fetchPause)
			}
		}
		waitFor(ctx, next, acc.wanted)
	}
	return nil
}

// fetchOne brings in the file of one message. It is not done while WeChat may still have it later.
func (acc *account) fetchOne(ctx context.Context, m storage.Inbox) (done bool, err error) {
	state := acc.bot.State()
	if state.Phase != bot.PhaseOnline {
		return false, nil
	}
	f := storage.File{Kind: m.Kind}
	var extra bot.Extra
	if err := json.Unmarshal([]byte(m.Extra), &extra); err != nil { // it will not get better: what is sent later goes on
		f.Reason = storage.FileGone
		return true, errors.Join(acc.app.Store.SaveFetched(ctx, m.ID, f), fmt.Errorf("extra of message %d: %w", m.ID, err))
	}
	contacts, err := acc.app.Store.ContactsByID(ctx, []int64{m.ContactID})
	if err != nil {
		return false, err
	}
	if f.Name = extra.Name; f.Name == "" && m.Kind == storage.FilePicture {
		f.Name = pictureName // it is forwarded under one
	}
	var why error
	if m.Login != state.Login {
		why = bot.ErrStale
	} else {
		f.Content, why = acc.bot.Download(ctx, m.Login, bot.Attached{
			Kind: bot.Kind(m.Kind), MsgID: m.MsgID, Sender: contacts[m.ContactID].UserName, Extra: extra,
		})
	}
	switch {
	case why == nil:
	case errors.Is(why, bot.ErrTooLarge):
		f.Reason = storage.FileTooLarge
	case errors.Is(why, bot.ErrStale), errors.Is(why, bot.ErrNoFile), acc.app.Now().Sub(m.ReceivedAt) > fetchFor:
		f.Reason = storage.FileGone
	default:
		return false, why
	}
	return true, errors.Join(acc.app.Store.SaveFetched(ctx, m.ID, f), why)
}

// waitFor waits for a time, a wake-up or the end.
func waitFor(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-wake:
	case <-t.C:
	}
}
