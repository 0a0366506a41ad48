package storage_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// secrets stand in everything that must not be readable in the database.
const (
	secretPhone   = "13912345678"
	secretContact = "王某某母亲"
	secretText    = "我的电话是13912345678"
)

// fill writes the secrets everywhere they can get.
func (w *world) fill() storage.Person {
	w.t.Helper()
	w.roster(storage.Listed{No: "20160009", Name: "孙九", College: "机械学院", Branch: "机械1班", Cohort: 2020, Phone: secretPhone})
	w.ok(w.SaveContacts(ctx, account, login, []storage.Seen{friend("@20160009", "孙")}))
	p := w.bound("20160009")
	w.ok(w.Receive(ctx, account, login, []storage.Received{{
		MsgID: "s", User: "@20160009", ChatKind: "friend", Kind: "text", Text: secretText, Raw: "<msg>" + secretText, Extra: `{"x":"` + secretText + `"}`, At: w.clock.now(),
	}}))
	ps, err := w.Pendings(ctx, 1)
	w.ok(err)
	m := ps[0]
	values := map[string]storage.Value{
		"abroad_place": {Value: "某国"}, "abroad_period": {Value: "两年"}, "leave_on": {Value: "2020-08-20"},
		"home_contact": {Value: secretContact, Text: secretContact + "吧", Personal: true},
		"home_phone":   {Value: secretPhone, Text: secretText, Personal: true},
	}
	c, _, err := w.member(p.ID).Declare(w.season, "abroad_study", values, storage.Said{}, w.clock.now())
	w.ok(err)
	w.ok(w.CommitTurns(ctx, []storage.Turn{{
		InboxID: m.Inbox.ID, ContactID: m.Contact.ID, Members: []storage.MemberChange{c},
		Dialogue: &storage.Dialogue{ContactID: m.Contact.ID, State: "s", Data: []byte(secretText)},
		Out:      []storage.Out{{ContactID: m.Contact.ID, Kind: storage.OutReply, Text: "手机号：" + secretPhone, Extra: secretText}, {ContactID: m.Contact.ID, Kind: storage.OutReply, Text: "旧"}},
		Matters:  []storage.Matter{{Kind: storage.MatterHuman, ContactID: m.Contact.ID, Text: secretText, CreatedAt: w.clock.now()}},
	}}))
	first, second := w.claim(), w.claim()
	w.ok(w.RewriteOut(ctx, second.ID, secretText))
	w.ok(w.ReleaseOut(ctx, first.ID, w.clock.now(), ""))
	matters, err := w.OpenMatters(ctx, nil)
	w.ok(err)
	w.ok(w.Receive(ctx, account, login, []storage.Received{text("t", "@20160001", secretText)}))
	ps, err = w.Pendings(ctx, 1)
	w.ok(err)
	w.ok(w.CommitTurns(ctx, []storage.Turn{{InboxID: ps[0].Inbox.ID, ContactID: ps[0].Contact.ID, Answered: []storage.MatterAnswer{{ID: matters[0].ID, By: p.ID, Answer: secretText}}}}))
	w.ok(w.SaveSession(ctx, account, []byte("cookie-"+secretPhone)))
	return p
}

func TestNothingPersonalIsReadableAtRest(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.fill()
		raw := dump(t, w.sql())
		for _, secret := range []string{secretPhone, secretContact, secretText, "手机号", "cookie"} {
			for line := range strings.Lines(raw) {
				if strings.Contains(line, secret) {
					t.Errorf("%s stands in clear in %.120s", secret, line)
				}
			}
		}
		if w.Driver() == storage.SQLite {
			for _, suffix := range []string{"", "-wal"} {
				if b, err := os.ReadFile(w.o.DSN + suffix); err == nil && bytes.Contains(b, []byte(secretPhone)) {
					t.Errorf("%s stands in clear in the file %s", secretPhone, suffix)
				}
			}
		}
		// And all of it comes back.
		m := w.member(p.ID)
		if m.Person.Phone != secretPhone || m.Answers()["home_phone"] != secretPhone || m.Answers()["home_contact"] != secretContact {
			t.Errorf("member: %+v", m)
		}
		if v := m.Declaration.Answers["home_phone"]; v.Text != "" {
			t.Errorf("the words around a personal answer are kept: %q", v.Text)
		}
		var texts []string
		for page, err := range storage.Pages[storage.Outbox](ctx, w.Store) {
			w.ok(err)
			for _, o := range page {
				texts = append(texts, o.Text)
			}
		}
		if got := strings.Join(texts, "|"); got != "手机号："+secretPhone+"|"+secretText {
			t.Errorf("outbox: %s", got)
		}
		for page, err := range storage.Pages[storage.Inbox](ctx, w.Store) {
			w.ok(err)
			for _, in := range page {
				if in.MsgID == "s" && (in.Text != secretText || in.Raw != "<msg>"+secretText || in.Extra != `{"x":"`+secretText+`"}`) {
					t.Errorf("inbox: %+v", in)
				}
			}
		}
	})
}

func TestAnotherKeyReadsNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.fill()
		w.ok(w.Receive(ctx, account, login, []storage.Received{text("u", "@20160002", secretText)}))
		o := w.o
		o.Key = []byte("another key of thirty-two bytes!")
		if _, err := storage.Open(ctx, o); !errors.Is(err, storage.ErrKey) {
			t.Errorf("opened with another key: %v", err)
		}
		_, err := w.sql().Exec("DELETE FROM meta WHERE name IN ('key', 'audit_key')") // the word that proves the key; each field proves it too
		w.ok(err)
		s := storagetest.Open(t, o)
		for what, f := range map[string]func() error{
			"person":   func() error { _, err := s.PersonByNo(ctx, "20160009"); return err },
			"member":   func() error { _, err := s.Members(ctx, []int64{p.ID}); return err },
			"inbox":    func() error { _, err := s.Pendings(ctx, 1); return err },
			"outbox":   func() error { _, err := s.ClaimOut(ctx, account); return err },
			"session":  func() error { _, err := s.LoadSession(ctx, account); return err },
			"matter":   func() error { _, err := s.Matter(ctx, 1); return err },
			"roster":   func() error { _, err := s.Directory(ctx); return err },
			"accounts": func() error { _, err := s.Accounts(ctx); return err },
		} {
			if err := f(); err == nil || !strings.Contains(err.Error(), "another key") {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

// What SQLite keeps is for its owner alone, whatever the folder lets in.
func TestTheDatabaseFileIsPrivate(t *testing.T) {
	o := storagetest.SQLite(t)
	storagetest.Open(t, o)
	for _, path := range []string{o.DSN, o.DSN + "-wal"} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
	}
}

// The same text is sealed differently every time, and what was tampered with is refused.
func TestSealedFieldsAreRandomAndProtected(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.ok(w.SaveSession(ctx, "a", []byte("x")))
		w.ok(w.SaveSession(ctx, "b", []byte("x")))
		if n := w.count("accounts a JOIN accounts b ON a.session = b.session AND a.name <> b.name AND a.session <> ''"); n != 0 {
			t.Error("equal texts can be told at rest")
		}
		for _, c := range []struct{ name, stored, want string }{
			{"in clear", "x", "unknown scheme"},
			{"no base64", "s1:?", "damaged"},
			{"short", "s1:AAAA", "damaged"},
			{"of no key", "s2:AAAA", "unknown scheme"},
			{"of an unknown key", "s2:00000000:" + strings.Repeat("A", 64), "another key"},
			{"tampered with", "s1:" + strings.Repeat("A", 64), "another key"},
		} {
			_, err := w.sql().Exec("UPDATE accounts SET session = ? WHERE name = 'a'", c.stored)
			w.ok(err)
			if _, err := w.LoadSession(ctx, "a"); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "accounts.session") {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	})
}

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "key")
	keys := make([][]byte, 16)
	var g sync.WaitGroup
	for i := range keys { // processes that start at once agree on one key
		g.Go(func() {
			made, err := storage.LoadOrCreateKeys(path)
			if err != nil || len(made) != 1 {
				t.Error(err)
				return
			}
			keys[i] = made[0]
		})
	}
	g.Wait()
	for _, key := range keys {
		if len(key) != storage.KeySize || !bytes.Equal(key, keys[0]) {
			t.Fatal("two keys for one database")
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, err := filepath.Glob(path + "*"); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := os.WriteFile(path, []byte("c2hvcnQ=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := storage.LoadOrCreateKeys(path); err == nil || !strings.Contains(err.Error(), "restore it from the backup") {
		t.Errorf("a damaged key file: %v", err)
	}
	if _, err := storage.LoadOrCreateKeys(filepath.Dir(path)); err == nil {
		t.Error("a folder is no key file")
	}
}

// What former versions left in clear is read as it stands, and what is written now is sealed.
func TestReasonsAndWordsAreSealed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		m := w.member(p.ID)
		values := map[string]storage.Value{}
		for k, v := range self {
			v.Text = "我说的" + k
			values[k] = v
		}
		c, _, err := m.Declare(w.season, "employed", values, storage.Said{}, w.clock.now())
		w.ok(err)
		c.Events[0].Note = "老师说的原因"
		w.commit(c)
		for _, words := range []string{"我说的", "老师说的原因"} {
			if strings.Contains(dump(t, w.sql()), words) {
				t.Errorf("%s stands in clear", words)
			}
		}
		check := func(when string) {
			t.Helper()
			for page, err := range storage.Pages[storage.TransferEvent](ctx, w.Store) {
				w.ok(err)
				if page[0].Note != "老师说的原因" {
					t.Errorf("%s: the note reads %q", when, page[0].Note)
				}
			}
			for page, err := range storage.Pages[storage.Declaration](ctx, w.Store) {
				w.ok(err)
				if got := page[0].Answers["work_town"].Text; got != "我说的work_town" {
					t.Errorf("%s: the words read %q", when, got)
				}
			}
		}
		check("sealed")
		_, err = w.sql().Exec("UPDATE transfer_events SET note = '老师说的原因'")
		w.ok(err)
		_, err = w.sql().Exec(`UPDATE declarations SET answers = '{"work_town":{"value":"x","text":"我说的work_town"}}'`)
		w.ok(err)
		check("in clear")
	})
}
