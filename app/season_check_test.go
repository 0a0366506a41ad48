package app_test

import (
	"database/sql"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/glebarez/go-sqlite" // reads the database without the product's code

	"xianjie/wechatsim"
)

// syncGroup waits for goroutines.
type syncGroup = sync.WaitGroup

// check reads what came of a season from outside: the database by plain SQL, the simulator's ledger, and the chats on
// the phones.
func check(t *testing.T, w *world, members []player) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+w.config.Database.DSN+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	checkEnds(t, w, db, members)
	checkLapses(t, db, w.sim.Ledger())
	checkReminders(t, db, w.sim.Ledger())
}

// query reads rows of texts; NULL is "".
func query(t *testing.T, db *sql.DB, q string, args ...any) [][]string {
	t.Helper()
	rows, err := db.Query(q, args...)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for rows.Next() {
		cells := make([]sql.NullString, len(columns))
		ptrs := make([]any, len(columns))
		for i := range cells {
			ptrs[i] = &cells[i]
		}
		if err := rows.Scan(ptrs...); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		row := make([]string, len(cells))
		for i, c := range cells {
			row[i] = c.String
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// instant reads a time as the database holds it.
func instant(t *testing.T, s string) time.Time {
	t.Helper()
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999-07:00", "2006-01-02 15:04:05.999999999 -0700 MST", "2006-01-02 15:04:05.999999999Z07:00"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at
		}
	}
	t.Fatalf("%q is no time", s)
	return time.Time{}
}

// checkEnds sees that every member ended where the season's table says, and was told so.
func checkEnds(t *testing.T, w *world, db *sql.DB, members []player) {
	t.Helper()
	ends := map[string][]string{}
	for _, r := range query(t, db, `SELECT p.no, t.destination, t.state, COALESCE(d.target, ''), COUNT(d.id)
		FROM people p JOIN transfers t ON t.person_id = p.id LEFT JOIN declarations d ON d.id = t.declaration_id GROUP BY p.id`) {
		ends[r[0]] = r[1:]
	}
	if len(ends) != len(members) {
		t.Errorf("%d members have a transfer, want %d", len(ends), len(members))
	}
	wrong := 0
	for _, m := range members {
		e := ends[m.No]
		chat := w.sim.Person(m.No).Received(w.bot)
		told := outcomeTold(chat)
		ok := len(e) == 4 && e[0] == m.destination && e[1] == m.state && told != ""
		for _, part := range m.goes {
			ok = ok && strings.Contains(e[2], part) && strings.Contains(told, part)
		}
		if m.initiators != "" {
			ok = ok && strings.Contains(told, "由谁发起："+m.initiators+"\n")
		} else {
			ok = ok && !strings.Contains(told, "由谁发起")
		}
		if !ok && wrong < 5 {
			wrong++
			t.Errorf("%s %s (%s): ended as %q, told %q", m.No, m.Name, m.name, e, told)
			for _, line := range w.sim.Person(m.No).Chat(w.bot) {
				t.Logf("  %s %s %s", line.At.In(zone).Format("01-02 15:04"), line.From, line.Text)
			}
		}
	}
}

// outcomeTold is the message that told a member where the relation goes.
func outcomeTold(chat []wechatsim.Message) string {
	for i := len(chat) - 1; i >= 0; i-- {
		if strings.Contains(chat[i].Text, "登记好了") {
			return chat[i].Text + "\n"
		}
	}
	return ""
}

// checkLapses sees that no duty lapsed without a reminder of it having been accepted by WeChat before, for somebody who
// could still act.
func checkLapses(t *testing.T, db *sql.DB, ledger []wechatsim.Sent) {
	t.Helper()
	sent := map[string]time.Time{}
	for _, s := range ledger {
		sent[s.MsgID] = s.At
	}
	lapsed := query(t, db, `SELECT id, rule, lapses_at, outcome FROM duties WHERE lapsed_at IS NOT NULL`)
	if len(lapsed) < 10 {
		t.Errorf("only %d duties lapsed; the negligent college should have made more", len(lapsed))
	}
	rules, defaulted := map[string]int{}, 0
	for _, d := range lapsed {
		rules[d[1]]++
		if d[3] == "approved_by_default" {
			defaulted++
		}
		reminded := false
		for _, r := range query(t, db, `SELECT o.msg_id FROM reminders r JOIN outbox o ON o.id = r.outbox_id
			WHERE r.duty_id = ? AND r.step <> 'lapsed' AND o.state = 'sent'`, d[0]) {
			at, ok := sent[r[0]]
			reminded = reminded || ok && at.Before(instant(t, d[2]))
		}
		if !reminded {
			t.Errorf("duty %s (%s) lapsed at %s without a reminder before", d[0], d[1], d[2])
		}
	}
	if defaulted == 0 {
		t.Error("no review was approved by default")
	}
	by := query(t, db, `SELECT COUNT(*) FROM transfer_events WHERE event = 'defaulted' AND by_person_id IS NOT NULL`)
	if by[0][0] != "0" {
		t.Errorf("%s approvals by default are shown as somebody's", by[0][0])
	}
	open := query(t, db, `SELECT rule, COUNT(*) FROM duties WHERE closed_at IS NULL AND lapsed_at IS NULL AND lapses_at < '2021-01-31' GROUP BY rule`)
	if len(open) > 0 {
		t.Errorf("duties passed their date unnoticed: %v", open)
	}
	t.Logf("lapsed: %v", rules)
}

// checkReminders sees that nothing was reminded twice, in quiet hours, too late, or for a matter that was closed.
func checkReminders(t *testing.T, db *sql.DB, ledger []wechatsim.Sent) {
	t.Helper()
	at := map[string]wechatsim.Sent{}
	for _, s := range ledger {
		at[s.MsgID] = s
	}
	perMorning := map[string]int{}
	digests := 0
	for _, o := range query(t, db, `SELECT id, msg_id, contact_id FROM outbox WHERE kind = 'digest' AND state = 'sent'`) {
		s, ok := at[o[1]]
		if !ok {
			t.Errorf("digest %s counts as sent, but WeChat never accepted it", o[0])
			continue
		}
		digests++
		local := s.At.In(zone)
		if h := local.Hour(); h >= 22 || h < 8 {
			t.Errorf("digest %s left at %s", o[0], local.Format("01-02 15:04"))
		}
		key := s.To + local.Format(" 2006-01-02")
		if perMorning[key]++; perMorning[key] > 1 {
			t.Errorf("%s got more than one digest on that day", key)
		}
		if n := len([]rune(s.Content)); n > 600 {
			t.Errorf("digest %s has %d characters", o[0], n)
		}
	}
	if digests < 150 {
		t.Errorf("only %d digests in a whole season", digests)
	}
	for _, r := range query(t, db, `SELECT r.id, o.msg_id, d.rule, d.lapses_at, d.closed_at, r.step FROM reminders r JOIN duties d ON d.id = r.duty_id
		JOIN outbox o ON o.id = r.outbox_id WHERE o.state = 'sent' AND r.step <> 'lapsed'`) {
		s := at[r[1]]
		if overdue := strings.HasPrefix(r[5], "overdue:"); overdue == s.At.Before(instant(t, r[3])) {
			t.Errorf("reminder %s (%s %s) left at %s; it lapsed at %s", r[0], r[2], r[5], s.At, r[3])
		}
		if r[4] != "" && s.At.Sub(instant(t, r[4])) > time.Minute {
			t.Errorf("reminder %s (%s) left at %s although the matter was closed at %s", r[0], r[2], s.At, r[4])
		}
	}
	t.Logf("%d digests, %d messages accepted by WeChat", digests, len(ledger))
}
