package scheduler_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// A checker that cannot fail proves nothing: a season that went well is spoilt in one place, in the database or in
// WeChat's ledger, and the checker must say which invariant is violated.

// spoilt is one way to spoil a season.
type spoilt struct {
	name      string
	invariant string
	sql       string          // run on a copy of the database
	change    func(*evidence) // done to what was read
}

var spoils = []spoilt{
	{"reminders of a duty that lapsed were never given", invSilent, `DELETE FROM reminders WHERE step <> 'lapsed' AND duty_id =
		(SELECT MIN(id) FROM duties WHERE rule = 'declare' AND lapsed_at IS NOT NULL)`, nil},
	{"one reminder was never given", invSilent, `DELETE FROM reminders WHERE step = 'before-7' AND party = 'branch' AND duty_id =
		(SELECT MIN(id) FROM duties WHERE rule = 'declare' AND lapsed_at IS NOT NULL)`, nil},
	{"one of two officers was not told", invSilent, `DELETE FROM reminders WHERE id = (SELECT MAX(id) FROM reminders WHERE party = 'committee' AND step <> 'lapsed')`, nil},
	{"nobody could be told, nor the committee", invSilent, `UPDATE reminders SET person_id = 0, outbox_id = NULL, reason = 'nobody' WHERE id =
		(SELECT MIN(id) FROM reminders WHERE step <> 'lapsed' AND party = 'college')`, nil},
	{"a digest was never handed over", invSilent, "", func(e *evidence) {
		i := digest(e, nil)
		o := e.outbox[e.ledger[i].Seen.Outbox]
		o.state = "failed"
		e.outbox[o.id] = o
		e.ledger = slices.Delete(e.ledger, i, i+1)
	}},
	{"a digest left after the lapse", invLate, "", func(e *evidence) {
		i := digest(e, asking)
		e.ledger[i].At = e.ledger[i].Seen.Items[0].Lapses.Add(10 * time.Hour)
	}},
	{"a digest asks for what is overdue", invInhibit, "", func(e *evidence) {
		i := digest(e, asking)
		e.ledger[i].At = e.ledger[i].At.AddDate(0, 0, 60)
	}},
	{"a duty had been closed before it was asked for", invNothing, `UPDATE duties SET closed_at = '2020-06-02 00:00:00+00:00' WHERE id =
		(SELECT MIN(duty_id) FROM reminders WHERE step <> 'lapsed' AND party = 'member' AND person_id <> 0)`, nil},
	{"a digest asks for what the database knew to be done", invNothing, "", func(e *evidence) {
		i := digest(e, asking)
		for k := range e.ledger[i].Seen.Items {
			e.ledger[i].Seen.Items[k].Closed = true
		}
	}},
	{"a message was handed over twice", invTwice, "", func(e *evidence) {
		e.ledger = append(e.ledger, e.ledger[digest(e, nil)])
	}},
	{"two digests in one slot", invTwice, "", func(e *evidence) { again(e, digest(e, nil), time.Hour) }},
	{"two digests after an outage", invOutage, "", func(e *evidence) {
		i := digest(e, nil)
		at := e.ledger[i].At
		o := e.outbox[e.ledger[i].Seen.Outbox]
		o.created = at.Add(-20 * time.Hour)
		e.outbox[o.id] = o
		again(e, i, time.Minute)
		e.spans = []span{{e.spans[0].from, at.Add(-10 * time.Hour)}, {at.Add(-time.Minute), e.end}}
	}},
	{"a digest took twenty minutes", invOutage, "", func(e *evidence) {
		i := digest(e, asking)
		e.ledger[i].At = e.ledger[i].At.Add(20 * time.Minute)
	}},
	{"a number is wrong", invText, "", func(e *evidence) {
		i := digest(e, func(h handed) bool { return strings.Contains(h.Text, "人还没登记") })
		e.ledger[i].Text = regexp.MustCompile(`\d+人还没登记`).ReplaceAllStringFunc(e.ledger[i].Text, func(s string) string {
			n, _ := strconv.Atoi(strings.TrimSuffix(s, "人还没登记"))
			return strconv.Itoa(n+1) + "人还没登记"
		})
	}},
	{"a name is wrong", invText, "", func(e *evidence) {
		i := digest(e, func(h handed) bool {
			return len(h.Seen.Items) == 1 && strings.Contains(h.Text, h.Seen.Items[0].Name+"\n")
		})
		e.ledger[i].Text = strings.Replace(e.ledger[i].Text, e.ledger[i].Seen.Items[0].Name+"\n", "欧阳某某\n", 1)
	}},
	{"a name is missing", invText, "", func(e *evidence) {
		two := regexp.MustCompile(`(）：\p{Han}+)、\p{Han}+\n`)
		i := digest(e, func(h handed) bool { return asking(h) && two.MatchString(h.Text) })
		e.ledger[i].Text = two.ReplaceAllString(e.ledger[i].Text, "$1\n")
	}},
	{"a thing that is due is left out", invText, "", func(e *evidence) {
		i := digest(e, func(h handed) bool { return strings.Contains(h.Text, "\n2. ") })
		e.ledger[i].Text = regexp.MustCompile(`(?m)^2\. .*\n`).ReplaceAllString(e.ledger[i].Text, "")
	}},
	{"a day is wrong", invText, "", func(e *evidence) {
		i := digest(e, func(h handed) bool { return asking(h) && strings.Contains(h.Text, "明天截止") })
		e.ledger[i].Text = strings.ReplaceAll(e.ledger[i].Text, "明天截止", "还有2天截止")
	}},
	{"a message is too long", invLength, "", func(e *evidence) {
		i := digest(e, nil)
		e.ledger[i].Text += strings.Repeat("长", 600)
	}},
	{"a digest left at night", invQuiet, "", func(e *evidence) {
		i := digest(e, asking)
		e.ledger[i].At = e.ledger[i].At.Add(14 * time.Hour)
	}},
	{"a lapse was not noticed", invReported, `UPDATE duties SET lapsed_at = NULL WHERE id = (SELECT MIN(id) FROM duties WHERE lapsed_at IS NOT NULL AND closed_at IS NULL)`, nil},
	{"a lapse was not reported", invReported, `DELETE FROM reminders WHERE step = 'lapsed' AND party = 'committee' AND duty_id =
		(SELECT MIN(id) FROM duties WHERE lapsed_at IS NOT NULL AND closed_at IS NULL)`, nil},
	{"an approval by default is somebody's", invReported, `UPDATE transfer_events SET by_person_id = 1 WHERE event = 'defaulted'`, nil},
	{"an approval by default is not on record", invReported, `DELETE FROM transfer_events WHERE event = 'defaulted'`, nil},
	{"a message counts as dropped that was sent", invLedger, `UPDATE outbox SET state = 'dropped' WHERE id = (SELECT MIN(id) FROM outbox WHERE kind = 'digest' AND state = 'sent')`, nil},
	{"a message counts as sent that never was", invLedger, "", func(e *evidence) {
		i := digest(e, nil)
		e.ledger = slices.Delete(e.ledger, i, i+1)
	}},
	{"WeChat has a message nobody queued", invLedger, "", func(e *evidence) {
		h := e.ledger[digest(e, nil)]
		h.Seen = sighting{}
		e.ledger = append(e.ledger, h)
	}},
}

// asking is a digest that asks for something that is due.
func asking(h handed) bool {
	return len(h.Seen.Items) > 0 && !slices.ContainsFunc(h.Seen.Items, func(i sightedItem) bool { return i.Step == "lapsed" })
}

// digest is the first digest in the ledger of which something holds.
func digest(e *evidence, f func(handed) bool) int {
	return slices.IndexFunc(e.ledger, func(h handed) bool { return h.Kind == "digest" && h.arrived() && (f == nil || f(h)) })
}

// again hands over a digest once more, as another message.
func again(e *evidence, i int, after time.Duration) {
	h := e.ledger[i]
	o := e.outbox[h.Seen.Outbox]
	o.id += 1_000_000
	h.At, h.Seen.Outbox = h.At.Add(after), o.id
	e.outbox[o.id] = o
	e.ledger = slices.Insert(e.ledger, i+1, h)
}

func TestSeasonCheckerCanFail(t *testing.T) {
	o := storage.Options{Driver: storage.SQLite, DSN: swift(t) + "/season.db", Key: storagetest.Key}
	good := play(t, 5, size{3, 90}, o, true)
	found, err := judge(good)
	if err != nil {
		t.Fatal(err)
	}
	report(t, found)
	database, err := os.ReadFile(o.DSN)
	if err != nil {
		t.Fatal(err)
	}
	rows := spoils
	if strings.Contains(string(good.files[0].data), "\n  escalate:") {
		rows = append(rows, spoilt{"nobody heard of what nobody answered", invEscalate, `DELETE FROM reminders WHERE step LIKE 'unanswered:%'`, nil})
	}
	for _, s := range rows {
		t.Run(s.name, func(t *testing.T) {
			e := good.clone()
			if s.sql != "" {
				path := filepath.Join(swift(t), "spoilt.db")
				if err := os.WriteFile(path, database, 0o600); err != nil {
					t.Fatal(err)
				}
				w, err := newWitness("sqlite", "file:"+path, storagetest.Key)
				if err != nil {
					t.Fatal(err)
				}
				defer w.db.Close()
				r, err := w.db.Exec(s.sql)
				if err != nil {
					t.Fatal(err)
				}
				if n, _ := r.RowsAffected(); n == 0 {
					t.Fatal("there was nothing to spoil")
				}
				e.load(w)
				if w.fault != nil {
					t.Fatal(w.fault)
				}
			} else {
				s.change(e)
			}
			found, err := judge(e)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(found, func(v violation) bool { return v.invariant == s.invariant }) {
				t.Errorf("the checker found %d violations, none of %q: %.3v", len(found), s.invariant, found)
			}
		})
	}
}
