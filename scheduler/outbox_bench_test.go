package scheduler

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"xianjie/seasons"
	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// BenchmarkOutbox has 20,000 trivial messages queued and sent at the same time, against hibiken/asynq doing the same with
// 20,000 trivial jobs on Redis, in turns in one run.
//
// ours: the outbox on MariaDB, every commit durable; 500 messages per transaction in, as a notice is queued, and a Sender
// without pace over a channel that takes everything at once. asynq: a client that enqueues from 8 goroutines while a server
// works, on a Redis that writes nothing to disk; how many workers it has makes no difference here. Pacing is off for the
// measurement only. ratio is asynq's time by ours, of the median round: above 1 ours is faster.
func BenchmarkOutbox(b *testing.B) {
	const n = 20_000
	r := startRedis(b)
	ours := newOutboxBench(b)
	theirs := asynqBench{addr: r.addr}
	var mine, other []time.Duration
	for b.Loop() {
		for range 5 {
			mine = append(mine, timed(func() { ours.carry(b, n) }))
			r.flush(b)
			var stop func() // ending a server takes asynq seconds that are no part of the work
			other = append(other, timed(func() { stop = theirs.carry(b, n) }))
			stop()
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(n/middle(mine), "ours/s")
	b.ReportMetric(n/middle(other), "asynq/s")
	b.ReportMetric(middle(other)/middle(mine), "ratio")
}

func timed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

func middle(ds []time.Duration) float64 {
	slices.Sort(ds)
	return ds[len(ds)/2].Seconds()
}

// outboxBench is a database with one chat that everything goes to.
type outboxBench struct {
	*storage.Store
	sender *Sender
	line   *taker
	msg    int
}

// taker is WeChat taking everything at once.
type taker struct {
	taken atomic.Int64
	want  int64
	done  chan struct{}
}

func (c *taker) Online() bool { return true }

func (c *taker) Send(context.Context, Address, Message) Outcome {
	n := c.taken.Add(1)
	if n == c.want {
		close(c.done)
	}
	return Outcome{Kind: Sent, MsgID: fmt.Sprint(n)}
}

func newOutboxBench(b *testing.B) *outboxBench {
	b.Helper()
	sn, err := seasons.Load("cqu-2020")
	if err != nil {
		b.Fatal(err)
	}
	o := storagetest.MariaDB(b)
	s := &outboxBench{Store: storagetest.Open(b, o), line: &taker{}}
	if err := s.BeginLogin(b.Context(), "main", "l"); err != nil {
		b.Fatal(err)
	}
	if err := s.SaveSnapshot(b.Context(), "main", "l", storage.Snapshot{Seen: []storage.Seen{{UserName: "@a", Kind: "friend", Nick: "甲"}}}); err != nil {
		b.Fatal(err)
	}
	s.sender = &Sender{
		Account: "main", Store: s.Store, Season: sn, Channel: s.line, Coord: NewMemory(time.Now), Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}
	return s
}

func (s *outboxBench) queue(b *testing.B, n int) {
	b.Helper()
	for range n / 500 {
		s.msg++
		if err := s.Receive(b.Context(), "main", "l", []storage.Received{{MsgID: fmt.Sprint(s.msg), User: "@a", ChatKind: "friend", Kind: "text", Text: "x", At: time.Now()}}); err != nil {
			b.Fatal(err)
		}
		ps, err := s.Pendings(b.Context(), 1)
		if err != nil || len(ps) != 1 {
			b.Fatal(len(ps), err)
		}
		t := storage.Turn{InboxID: ps[0].Inbox.ID, ContactID: ps[0].Contact.ID}
		for range 500 {
			t.Out = append(t.Out, storage.Out{ContactID: t.ContactID, Kind: storage.OutReply, Text: "好的，记下了。"})
		}
		if err := s.CommitTurns(b.Context(), []storage.Turn{t}); err != nil {
			b.Fatal(err)
		}
		if err := s.sender.Coord.Wake(b.Context(), TopicOutbox("main")); err != nil {
			b.Fatal(err)
		}
	}
}

// carry queues messages while a sender runs, until everything is sent and noted.
func (s *outboxBench) carry(b *testing.B, n int) {
	b.Helper()
	s.line.want, s.line.done = s.line.taken.Load()+int64(n), make(chan struct{})
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.sender.Run(ctx) }()
	s.queue(b, n)
	<-s.line.done
	cancel() // what was taken is noted before Run returns
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	if kind, err := s.OutReady(b.Context(), "main"); kind != "" || err != nil {
		b.Fatalf("left in the queue: %q, %v", kind, err)
	}
}

// asynqBench is the same with asynq.
type asynqBench struct{ addr string }

func (q asynqBench) queue(b *testing.B, n int) {
	b.Helper()
	const clients = 8
	var g sync.WaitGroup
	for range clients {
		g.Go(func() {
			c := asynq.NewClient(asynq.RedisClientOpt{Addr: q.addr})
			defer c.Close()
			for range n / clients {
				if _, err := c.EnqueueContext(b.Context(), asynq.NewTask("reply", []byte("好的，记下了。"))); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	g.Wait()
}

const asynqWorkers = 32

// carry returns when all jobs are done.
func (q asynqBench) carry(b *testing.B, n int) (stop func()) {
	b.Helper()
	srv := asynq.NewServer(asynq.RedisClientOpt{Addr: q.addr}, asynq.Config{Concurrency: asynqWorkers, LogLevel: asynq.FatalLevel})
	var taken atomic.Int64
	done := make(chan struct{})
	err := srv.Start(asynq.HandlerFunc(func(context.Context, *asynq.Task) error {
		if taken.Add(1) == int64(n) {
			close(done)
		}
		return nil
	}))
	if err != nil {
		b.Fatal(err)
	}
	q.queue(b, n)
	<-done
	return srv.Shutdown
}
