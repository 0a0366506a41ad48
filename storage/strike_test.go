package storage_test

import (
	"slices"
	"testing"

	"xianjie/storage"
)

// Words that must not be kept are taken out of what one chat said and was told, and of no other.
func TestStrike(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const name = "某某光电研究所"
		first := w.says("20160001", "我去"+name)
		w.ok(w.CommitTurns(ctx, []storage.Turn{{
			InboxID: first.Inbox.ID, ContactID: first.Contact.ID, Outcome: "answered",
			Out: []storage.Out{{ContactID: first.Contact.ID, Kind: storage.OutReply, Text: "单位名称：" + name}},
		}}))
		second := w.says("20160001", name+"，7月报到")
		w.ok(w.Receive(ctx, account, login, []storage.Received{text("next", "@20160001", "就是"+name)}))
		w.says("20160002", name+"是什么")
		w.ok(w.CommitTurns(ctx, []storage.Turn{{
			InboxID: second.Inbox.ID, ContactID: second.Contact.ID, Outcome: "answered", Strike: []string{name},
		}}))
		ps, err := w.Pendings(ctx, 64)
		w.ok(err)
		var waiting []string
		for _, p := range ps {
			waiting = append(waiting, p.Inbox.Text)
		}
		slices.Sort(waiting)
		if want := []string{"就是■■", name + "是什么"}; !slices.Equal(waiting, want) {
			t.Errorf("what waits is %q, want %q", waiting, want)
		}
		var kept []string
		for page, err := range storage.Pages[storage.Inbox](ctx, w.Store) {
			w.ok(err)
			for _, m := range page {
				kept = append(kept, m.Text)
			}
		}
		for page, err := range storage.Pages[storage.Outbox](ctx, w.Store) {
			w.ok(err)
			for _, m := range page {
				kept = append(kept, m.Text)
			}
		}
		for _, text := range []string{"我去■■", "■■，7月报到", "单位名称：■■"} {
			if !slices.Contains(kept, text) {
				t.Errorf("%q is not among %q", text, kept)
			}
		}
	})
}
