package storage_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/glebarez/sqlite"
	mysqldriver "github.com/go-sql-driver/mysql"
	"gorm.io/driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"

	"xianjie/seasons"
	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// BenchmarkTurns compares messages carried through their turns per second.
//
// ours: Receive and CommitTurns of 256 messages at a time, as the desk gathers them, the next batch being received while
// the turns of the last are committed, as in the product. Every message is received once and only once, filed under its
// chat, taken once, the version of its dialogue checked, dialogue and answer written; text, dialogue and answer are
// sealed; its share is two durable commits.
//
// plain: database/sql with the same drivers, the same tables and the same durability writes the message, the dialogue and
// the answer in one transaction per message, on 8 goroutines with 8 connections; nothing is looked up, checked or sealed.
//
// ratio is ours/plain. whole-ratio counts on our side what plain does not do at all: Pendings, which reads everything
// known about who wrote. SQLite has one writer, and 8 connections wait for it by polling: ratio1 is against a single plain
// connection. The sides take turns, and of each the median round counts, so that what else the machine does matters little.
func BenchmarkTurns(b *testing.B) {
	eachDatabase(b, func(b *testing.B, o storage.Options) {
		const batch, n, rounds = 256, 1024, 6
		ours := benchOurs(b, o, n)
		eight, one := openPlain(b, o, 8), openPlain(b, o, 1)
		var writing, whole, eightTime, oneTime []time.Duration
		for b.Loop() {
			for range rounds {
				whole = append(whole, timed(func() { writing = append(writing, ours.carry(b, n, batch)) }))
				eightTime = append(eightTime, timed(func() { eight.turns(b, n) }))
				if o.Driver == storage.SQLite {
					oneTime = append(oneTime, timed(func() { one.turns(b, n) }))
				}
			}
		}
		b.ReportMetric(n/median(writing), "ours/s")
		b.ReportMetric(n/median(eightTime), "plain/s")
		b.ReportMetric(median(eightTime)/median(writing), "ratio")
		b.ReportMetric(median(eightTime)/median(whole), "whole-ratio")
		if o.Driver == storage.SQLite {
			b.ReportMetric(median(oneTime)/median(writing), "ratio1")
		}
	})
}

// BenchmarkLoneTurn compares what a member waits for who writes alone: one turn.
//
// ours: CommitTurns of a single turn. gorm: message, dialogue and answer in one transaction of a GORM opened with its
// defaults and the driver's, but for the same durability; without version check or sealing. whole is Receive, Pendings
// and CommitTurns together, two durable commits in place of one. Ratios are gorm/ours, medians: above 1 ours is faster.
func BenchmarkLoneTurn(b *testing.B) {
	eachDatabase(b, func(b *testing.B, o storage.Options) {
		ours := benchOurs(b, o, 64)
		theirs := openGORM(b, o)
		var commit, whole, lone []time.Duration
		for b.Loop() {
			whole = append(whole, timed(func() {
				ours.receive(b, 1)
				turns := ours.decide(b, 1)
				commit = append(commit, timed(func() { ours.commit(b, turns) }))
			}))
			lone = append(lone, timed(func() { theirs.turn(b) }))
		}
		b.ReportMetric(median(commit)*1e6, "ours-µs")
		b.ReportMetric(median(whole)*1e6, "whole-µs")
		b.ReportMetric(median(lone)*1e6, "gorm-µs")
		b.ReportMetric(median(lone)/median(commit), "ratio")
		b.ReportMetric(median(lone)/median(whole), "whole-ratio")
	})
}

func median(ds []time.Duration) float64 {
	slices.Sort(ds)
	return ds[len(ds)/2].Seconds()
}

func eachDatabase(b *testing.B, f func(*testing.B, storage.Options)) {
	b.Run("mariadb", func(b *testing.B) { f(b, storagetest.MariaDB(b)) })
	b.Run("sqlite", func(b *testing.B) { f(b, storagetest.SQLite(b)) })
}

func timed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

const benchText = "我签了某某公司，单位有团委，电话13900000000，七月一号去报到"

// bench is our side: members on the roster whose chats are bound.
type bench struct {
	*storage.Store
	chats int
	msg   int
}

func benchOurs(b *testing.B, o storage.Options, chats int) *bench {
	b.Helper()
	ctx := context.Background()
	sn, err := seasons.Load("cqu-2020")
	if err != nil {
		b.Fatal(err)
	}
	o.Now = func() time.Time { return sn.Morning(sn.Opens) }
	s := &bench{Store: storagetest.Open(b, o), chats: chats}
	r := storage.Roster{Committee: "校团委"}
	var snap storage.Snapshot
	for i := range chats {
		no := fmt.Sprintf("2016%04d", i)
		r.People = append(r.People, storage.Listed{No: no, Name: "张三", College: "机械学院", Branch: fmt.Sprintf("机械%d班", i%8), Cohort: 2020})
		snap.Seen = append(snap.Seen, storage.Seen{UserName: "@" + no, Kind: "friend", Nick: "张三"})
	}
	err = errors.Join(s.ApplyRoster(ctx, sn, r), s.BeginLogin(ctx, account, login), s.SaveSnapshot(ctx, account, login, snap))
	if err != nil {
		b.Fatal(err)
	}
	s.receive(b, chats)
	turns := s.decide(b, chats)
	for i := range turns {
		p, err := s.PersonByNo(ctx, fmt.Sprintf("2016%04d", i))
		if err != nil {
			b.Fatal(err)
		}
		turns[i].Bind = &storage.Bind{ContactID: turns[i].ContactID, PersonID: p.ID}
	}
	s.commit(b, turns)
	return s
}

// carry receives n messages of different chats in batches and carries them through their turns meanwhile. It returns the
// time without Pendings.
func (s *bench) carry(b *testing.B, n, batch int) time.Duration {
	writing := timed(func() { s.receive(b, batch) })
	for left := n - batch; left >= 0; left -= batch {
		turns := s.decide(b, batch)
		writing += timed(func() {
			var g sync.WaitGroup
			if left > 0 {
				g.Go(func() { s.receive(b, batch) })
			}
			s.commit(b, turns)
			g.Wait()
		})
	}
	return writing
}

func (s *bench) receive(b *testing.B, n int) {
	batch := make([]storage.Received, n)
	for i := range batch {
		s.msg++
		batch[i] = storage.Received{
			MsgID: fmt.Sprint(s.msg), User: fmt.Sprintf("@2016%04d", i%s.chats), ChatKind: "friend", Kind: "text", Text: benchText,
			Raw: benchText, Extra: "{}", At: time.Now(),
		}
	}
	if err := s.Receive(context.Background(), account, login, batch); err != nil {
		b.Error(err)
	}
}

// decide answers every pending message the same: what a turn costs to decide is not storage's.
func (s *bench) decide(b *testing.B, n int) []storage.Turn {
	ps, err := s.Pendings(context.Background(), n)
	if err != nil || len(ps) != n {
		b.Errorf("%d of %d pending, %v", len(ps), n, err)
	}
	turns := make([]storage.Turn, len(ps))
	for i, p := range ps {
		d := p.Dialogue
		d.State, d.Data = "asking", []byte(`{"destination":"employed","answers":{"employ_form":"unit"}}`)
		turns[i] = storage.Turn{
			InboxID: p.Inbox.ID, ContactID: p.Contact.ID, Outcome: "asked", Dialogue: &d,
			Out: []storage.Out{{ContactID: p.Contact.ID, Kind: storage.OutReply, Text: "单位的全称是什么？和就业协议、劳动合同上写的一样。"}},
		}
	}
	return turns
}

func (s *bench) commit(b *testing.B, turns []storage.Turn) {
	if err := s.CommitTurns(context.Background(), turns); err != nil {
		b.Fatal(err)
	}
}

// The three statements of a plain turn.
const (
	plainInbox = `INSERT INTO inbox (account, msg_id, login, contact_id, sender, from_self, kind, text, raw, extra, at, received_at, state, done_at, outcome)
		VALUES ('main', ?, 'l', ?, '', FALSE, 'text', ?, ?, '{}', ?, ?, 'done', ?, 'asked')`
	upsertMySQL = `INSERT INTO dialogues (contact_id, state, data, version, updated_at) VALUES (?, 'asking', ?, 1, ?)
		ON DUPLICATE KEY UPDATE state = VALUES(state), data = VALUES(data), version = version + 1, updated_at = VALUES(updated_at)`
	upsertSQLite = `INSERT INTO dialogues (contact_id, state, data, version, updated_at) VALUES (?, 'asking', ?, 1, ?)
		ON CONFLICT (contact_id) DO UPDATE SET state = excluded.state, data = excluded.data, version = version + 1, updated_at = excluded.updated_at`
	plainOutbox = `INSERT INTO outbox (account, contact_id, kind, priority, part, text, extra, created_at, not_before, state, msg_id, attempts, reason)
		VALUES ('main', ?, 'reply', 1, 0, ?, '', ?, ?, 'queued', '', 0, '')`
)

// plain is the other side: database/sql on a schema of its own.
type plain struct {
	db      *sql.DB
	upsert  string
	workers int
	msg     *atomic.Int64
}

// another makes a database with our tables beside the one of o.
func another(b *testing.B, o storage.Options) storage.Options {
	b.Helper()
	other := storagetest.SQLite(b)
	if o.Driver == storage.MySQL {
		other = storagetest.MariaDB(b)
	}
	storagetest.Open(b, other)
	return other
}

func sqliteDSN(path string, settings ...string) string {
	q := url.Values{"_pragma": append([]string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)"}, settings...), "_txlock": {"immediate"}}
	return "file:" + path + "?" + q.Encode()
}

func openPlain(b *testing.B, o storage.Options, workers int) plain {
	b.Helper()
	o = another(b, o)
	p := plain{workers: workers, upsert: upsertSQLite, msg: new(atomic.Int64)}
	driver, dsn := "sqlite", sqliteDSN(o.DSN)
	if o.Driver == storage.MySQL {
		c, err := mysqldriver.ParseDSN(o.DSN)
		if err != nil {
			b.Fatal(err)
		}
		c.InterpolateParams, c.ParseTime = true, true
		driver, dsn, p.upsert = "mysql", c.FormatDSN(), upsertMySQL
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(workers)
	db.SetMaxIdleConns(workers)
	p.db = db
	return p
}

func (p plain) turns(b *testing.B, n int) {
	var g sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(n))
	for range p.workers {
		g.Go(func() {
			for {
				i := left.Add(-1)
				if i < 0 {
					return
				}
				if err := p.turn(i + 1); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	g.Wait()
}

func (p plain) turn(contact int64) error {
	now := time.Now().UTC()
	tx, err := p.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	if _, err := tx.Exec(plainInbox, fmt.Sprint(p.msg.Add(1)), contact, benchText, benchText, now, now, now); err != nil {
		return err
	}
	if _, err := tx.Exec(p.upsert, contact, `{"destination":"employed","answers":{"employ_form":"unit"}}`, now); err != nil {
		return err
	}
	if _, err := tx.Exec(plainOutbox, contact, "单位的全称是什么？和就业协议、劳动合同上写的一样。", now, now); err != nil {
		return err
	}
	return tx.Commit()
}

// theirs is GORM as its documentation opens it.
type theirs struct {
	db  *gorm.DB
	msg int
}

// The same rows without our serializers.
type (
	gormInbox struct {
		ID                                                    int64
		Account, MsgID, Login, Sender, Kind, Text, Raw, Extra string
		ContactID                                             int64
		FromSelf                                              bool
		At, ReceivedAt                                        time.Time
		State, Outcome                                        string
		DoneAt                                                *time.Time
	}
	gormDialogue struct {
		ContactID   int64 `gorm:"primaryKey;autoIncrement:false"`
		State, Data string
		Version     int64
		UpdatedAt   time.Time
	}
	gormOutbox struct {
		ID, ContactID                     int64
		Account, Kind, Text, Extra, State string
		Priority, Part, Attempts          int
		CreatedAt, NotBefore              time.Time
		MsgID, Reason                     string
	}
)

func (gormInbox) TableName() string    { return "inbox" }
func (gormDialogue) TableName() string { return "dialogues" }
func (gormOutbox) TableName() string   { return "outbox" }

func openGORM(b *testing.B, o storage.Options) *theirs {
	b.Helper()
	o = another(b, o)
	dialector := sqlite.Open(sqliteDSN(o.DSN))
	if o.Driver == storage.MySQL {
		dialector = mysql.Open(o.DSN + "?parseTime=true")
	}
	db, err := gorm.Open(dialector, &gorm.Config{Logger: logger.Discard})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if db, err := db.DB(); err == nil {
			_ = db.Close()
		}
	})
	return &theirs{db: db}
}

func (g *theirs) turn(b *testing.B) {
	now := time.Now().UTC()
	g.msg++
	err := g.db.Transaction(func(tx *gorm.DB) error {
		return errors.Join(
			tx.Create(&gormInbox{
				Account: account, MsgID: fmt.Sprint(g.msg), Login: login, ContactID: 1, Kind: "text", Text: benchText, Raw: benchText, Extra: "{}",
				At: now, ReceivedAt: now, State: "done", Outcome: "asked", DoneAt: &now,
			}).Error,
			tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&gormDialogue{
				ContactID: 1, State: "asking", Data: `{"destination":"employed","answers":{"employ_form":"unit"}}`, Version: int64(g.msg), UpdatedAt: now,
			}).Error,
			tx.Create(&gormOutbox{
				Account: account, ContactID: 1, Kind: "reply", Priority: 1, Text: "单位的全称是什么？和就业协议、劳动合同上写的一样。", State: "queued",
				CreatedAt: now, NotBefore: now,
			}).Error,
		)
	})
	if err != nil {
		b.Fatal(err)
	}
}
