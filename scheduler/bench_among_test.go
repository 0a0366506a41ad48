package scheduler_test

import (
	"database/sql"
	"fmt"
	"testing"

	"xianjie/storage/storagetest"
)

// BenchmarkTickAmong plans a thousand due reminders, among more and more duties that are open and not due, on MariaDB:
// neither the time nor the rows the server reads may grow with what is open. All sizes are measured in one run; slower is
// how many times the time of the first size a tick takes.
func BenchmarkTickAmong(b *testing.B) {
	const due = 1000
	o := storagetest.MariaDB(b)
	w, now := crowd(b, o, due, false)
	*now = local(b, w.season, "2020-06-09 09:00")
	db, err := sql.Open("mysql", o.DSN)
	w.ok(err)
	b.Cleanup(func() { _ = db.Close() })
	exec := func(query string, args ...any) {
		b.Helper()
		if _, err := db.Exec(query, args...); err != nil {
			b.Fatal(err)
		}
	}
	open := func() (n int) {
		w.ok(db.QueryRow(`SELECT COUNT(*) FROM duties WHERE closed_at IS NULL`).Scan(&n))
		return n
	}
	read := func() (n int) {
		w.ok(db.QueryRow(`SELECT CAST(SUM(VARIABLE_VALUE) AS UNSIGNED) FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME LIKE 'Handler_read%'`).Scan(&n))
		return n
	}
	first := 0.0
	for _, size := range []int{1_000, 10_000, 100_000, 1_000_000} {
		for n := open(); n < size; n = open() { // double what is there
			exec(`INSERT INTO duties (season, rule, subject, person_id, org_id, party, open_key, opened_at, due, lapses_at, outcome)
				SELECT season, 'later', subject, 0, org_id, party, NULL, opened_at, '2021-01-31', '2021-01-31 16:00:00', ''
				FROM duties ORDER BY id LIMIT ?`, min(n, size-n))
		}
		exec(`INSERT INTO duty_steps (duty_id, step, party, at, state)
			SELECT d.id, s.step, 'college', '2021-01-20 01:00:00', 'planned' FROM duties d
			JOIN (SELECT 'before-7' AS step UNION SELECT 'before-3') s
			WHERE d.rule = 'later' AND NOT EXISTS (SELECT 1 FROM duty_steps x WHERE x.duty_id = d.id)`)
		exec(`ANALYZE TABLE duties, duty_steps`)
		b.Run(fmt.Sprintf("%d open", size), func(b *testing.B) {
			rows := 0
			for b.Loop() {
				b.StopTimer()
				exec(`DELETE FROM reminders`)
				exec(`DELETE FROM outbox`)
				exec(`UPDATE duty_steps SET state = 'planned' WHERE state = 'done'`)
				w.tick() // today's look at organisations is over
				exec(`DELETE FROM reminders`)
				exec(`DELETE FROM outbox`)
				exec(`UPDATE duty_steps SET state = 'planned' WHERE state = 'done'`)
				before := read()
				b.StartTimer()
				r := w.tick()
				b.StopTimer()
				rows += read() - before
				if r.Reminders != due {
					b.Fatalf("ticked: %+v", r)
				}
				b.StartTimer()
			}
			each := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
			if first == 0 {
				first = each
			}
			b.ReportMetric(float64(rows)/float64(b.N), "rows/op")
			b.ReportMetric(each/first, "slower")
		})
	}
}
