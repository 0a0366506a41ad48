package scheduler_test

import (
	"crypto/aes"
	"crypto/cipher"
	"database/sql"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
)

// This file uses nothing of the product: it looks at the database while a season is played, through a connection of its
// own, and writes down what later cannot be read from it any more.

// What WeChat answered.
const (
	answerSent     = "sent"
	answerUnknown  = "unknown" // it was handed over; nobody learned whether it arrived
	answerNotSent  = "not sent"
	answerTooOften = "too often"
)

// handed is one line of WeChat's ledger: one message handed over, with the answer.
type handed struct {
	At, True    time.Time // by the product's clock, and really
	Login, User string
	Kind, Text  string
	Answer      string
	MsgID       string
	Seen        sighting
}

// arrived reports that WeChat has the message, as far as anybody can know.
func (h handed) arrived() bool { return h.Answer == answerSent || h.Answer == answerUnknown }

// sighting is what the database held about a message at the moment it was handed over.
type sighting struct {
	Outbox int64 // 0: no message in flight there has this text
	Person int64
	Name   string
	Cohort int
	Items  []sightedItem // of a digest, every log line
}

// sightedItem is one line of the notification log with its duty as it stood then.
type sightedItem struct {
	Duty          int64
	Step, Party   string
	StepAt        time.Time
	Rule, Due     string
	Lapses        time.Time
	Lapsed        bool
	Closed        bool
	Outcome       string
	About         int64
	Name, College string
	Concerned     bool // the reader still is whom it was meant for, or above, or has taken it over
	Answered      bool // somebody has answered since it was queued
}

// kind is what kind of step the product made itself; "" for a step of the season file.
func (i sightedItem) kind() string {
	kind, _, made := strings.Cut(i.Step, ":")
	if made || i.Step == "lapsed" {
		return kind
	}
	return ""
}

// holds reports that the line still said what was so, to somebody whose business it was.
func (i sightedItem) holds(at time.Time) bool {
	if !i.Concerned {
		return false
	}
	switch i.kind() {
	case "lapsed":
		return i.Lapsed && (!i.Closed || i.Outcome == "approved_by_default")
	case "overdue":
		return !i.Closed && i.Lapsed
	case "handed":
		return !i.Closed && (i.Lapsed || at.Before(i.Lapses))
	case "unanswered":
		return !i.Closed && !i.Lapsed && at.Before(i.Lapses) && !i.Answered
	}
	return !i.Closed && !i.Lapsed && at.Before(i.Lapses)
}

// asks reports that the line asks for something that can still be done in time.
func (i sightedItem) asks(at time.Time) bool {
	return i.holds(at) && !i.Lapsed && i.kind() != "unreached"
}

// dated is when a duty was due from an instant on.
type dated struct {
	From   time.Time
	Due    string
	Lapses time.Time
	Closed bool
}

// witness looks at the database.
type witness struct {
	db    *sql.DB
	open  cipher.AEAD
	dates map[int64][]dated // by duty
	last  int64             // the last duty looked at
	acks  bool              // the database knows answers to digests
	fault error             // the first thing that went wrong in looking
}

func newWitness(driver, dsn string, key []byte) (*witness, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	w := &witness{db: db, open: aead, dates: map[int64][]dated{}}
	_, none := db.Exec(`SELECT id FROM acknowledgements WHERE id = 0`)
	w.acks = none == nil
	return w, err
}

// plain opens a text that is sealed at rest.
func (w *witness) plain(sealed string) string {
	raw, err := base64.RawStdEncoding.DecodeString(sealed[strings.LastIndexByte(sealed, ':')+1:])
	n := w.open.NonceSize()
	if err != nil || len(raw) < n {
		return ""
	}
	text, err := w.open.Open(nil, raw[:n], raw[n:], nil)
	w.note(err)
	return string(text)
}

func (w *witness) note(err error) {
	if err != nil && w.fault == nil {
		w.fault = err
	}
}

// each reads rows.
func (w *witness) each(query string, args []any, f func(scan func(...any))) {
	rows, err := w.db.Query(query, args...)
	if err != nil {
		w.note(fmt.Errorf("%s: %w", query, err))
		return
	}
	defer rows.Close()
	for rows.Next() {
		f(func(into ...any) { w.note(rows.Scan(into...)) })
	}
	w.note(rows.Err())
}

// handed finds the message in flight that is being handed over, and what it is about.
func (w *witness) handed(h handed) sighting {
	var s sighting
	var created time.Time
	w.each(`SELECT o.id, o.text, o.created_at, p.id, p.name, p.cohort FROM outbox o JOIN contacts c ON c.id = o.contact_id
		LEFT JOIN people p ON p.id = o.person_id WHERE o.account = ? AND o.state = 'sending' AND c.login = ? AND c.user_name = ?`, []any{account, h.Login, h.User}, func(scan func(...any)) {
		var id int64
		var text string
		var person, cohort sql.NullInt64
		var name sql.NullString
		var at time.Time
		scan(&id, &text, &at, &person, &name, &cohort)
		if w.plain(text) == h.Text {
			created = at
			s.Outbox, s.Person, s.Name, s.Cohort = id, person.Int64, name.String, int(cohort.Int64)
		}
	})
	if h.Kind != "digest" || s.Outbox == 0 {
		return s
	}
	type seat struct {
		party string
		org   int64
	}
	var seats []seat
	w.each(`SELECT party, org_id FROM roles WHERE person_id = ? AND until IS NULL`, []any{s.Person}, func(scan func(...any)) {
		var st seat
		scan(&st.party, &st.org)
		seats = append(seats, st)
	})
	type answer struct {
		duty, to int64
		party    string
		at       time.Time
	}
	var answers []answer
	if w.acks {
		w.each(`SELECT DISTINCT a.id, a.duty_id, COALESCE(a.to_person_id, 0), a.party, a.at FROM reminders r JOIN acknowledgements a ON a.duty_id = r.duty_id
			WHERE r.outbox_id = ?`, []any{s.Outbox}, func(scan func(...any)) {
			var id int64
			var a answer
			scan(&id, &a.duty, &a.to, &a.party, &a.at)
			answers = append(answers, a)
		})
	}
	w.each(`SELECT r.duty_id, r.step, r.party, st.at, d.rule, d.due, d.lapses_at, d.lapsed_at, d.closed_at, d.outcome,
		CASE WHEN d.subject = 'member' THEN d.person_id ELSE -d.org_id END, COALESCE(p.name, u.name, ''), p.left_at,
		CASE WHEN d.subject = 'member' THEN COALESCE(p.branch_id, 0) ELSE u.id END,
		CASE WHEN d.subject = 'member' THEN COALESCE(p.college_id, d.org_id) WHEN d.subject = 'branch' THEN u.parent_id ELSE u.id END,
		COALESCE(c.name, up.name, u.name, '')
		FROM reminders r JOIN duties d ON d.id = r.duty_id JOIN duty_steps st ON st.id = r.step_id
		LEFT JOIN people p ON p.id = d.person_id LEFT JOIN orgs c ON c.id = p.college_id
		LEFT JOIN orgs u ON u.id = d.org_id LEFT JOIN orgs up ON up.id = u.parent_id AND d.subject = 'branch'
		WHERE r.outbox_id = ? AND r.reason NOT LIKE 'passed on%' ORDER BY r.id`, []any{s.Outbox}, func(scan func(...any)) {
		var i sightedItem
		var lapsed, closed, left sql.NullTime
		var branch, college int64
		scan(&i.Duty, &i.Step, &i.Party, &i.StepAt, &i.Rule, &i.Due, &i.Lapses, &lapsed, &closed, &i.Outcome, &i.About, &i.Name, &left, &branch, &college, &i.College)
		i.Lapsed, i.Closed = lapsed.Valid, closed.Valid
		i.Concerned = i.Party == "member" && i.About == s.Person || slices.ContainsFunc(seats, func(st seat) bool {
			switch st.party {
			case "branch":
				return st.org == branch && (i.Party == "member" || i.Party == "branch")
			case "college":
				return st.org == college && i.Party != "committee"
			}
			return st.party == "committee"
		})
		for _, a := range answers {
			i.Answered = i.Answered || a.duty == i.Duty && !a.at.Before(created)
			i.Concerned = i.Concerned || len(seats) > 0 && a.duty == i.Duty && a.to == s.Person && takes(a.party, i.Party)
		}
		i.Concerned = i.Concerned && !left.Valid
		s.Items = append(s.Items, i)
	})
	return s
}

// takes reports that what was meant for a party reaches whoever took it over from another: nobody of the lower one can be
// reached, so that the upper one was told.
func takes(from, party string) bool {
	order := []string{"member", "branch", "college", "committee"}
	return slices.Index(order, from) >= slices.Index(order, party)
}

// look notes the dates of duties that are new, and of all duties about some people; of everybody when all is set.
func (w *witness) look(now time.Time, all bool, people ...int64) {
	take := func(scan func(...any)) {
		var id int64
		var d dated
		var closed sql.NullTime
		scan(&id, &d.Due, &d.Lapses, &closed)
		d.From, d.Closed = now, closed.Valid
		fresh := id > w.last
		w.last = max(w.last, id)
		if closed.Valid && !fresh {
			return
		}
		old := w.dates[id]
		if n := len(old); n == 0 || old[n-1].Due != d.Due {
			w.dates[id] = append(old, d)
		}
	}
	const columns = `SELECT id, due, lapses_at, closed_at FROM duties WHERE `
	if all {
		w.each(columns+`closed_at IS NULL OR id > ?`, []any{w.last}, take)
		return
	}
	w.each(columns+`id > ? ORDER BY id`, []any{w.last}, take)
	for some := range slices.Chunk(people, 400) {
		args := make([]any, len(some))
		for i, p := range some {
			args[i] = p
		}
		w.each(columns+`person_id IN (?`+strings.Repeat(",?", len(some)-1)+`)`, args, take)
	}
}
