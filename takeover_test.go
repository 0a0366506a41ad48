package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"xianjie/storage/storagetest"
	"xianjie/wechatsim"
)

// TestTakeover has several processes share one MariaDB and one Redis while members write, and takes the process that runs
// the account away from them in every way: killed, stopped and continued when another has long taken over, Redis emptied,
// Redis gone. Afterwards every message must have had exactly one effect and one answer.
//
// TEST_LEASE is the time to live of the lease, 3s by default here; TEST_TAKEOVERS how many kills and stops, 1 of each by
// default (make crash sets more).
func TestTakeover(t *testing.T) {
	c := newCluster(t)
	c.start()
	c.await("the first process runs the account", func() bool { return c.fence() == 1 && c.ready() })
	c.start()
	c.write(6)

	rounds := 1
	if _, err := fmt.Sscan(os.Getenv("TEST_TAKEOVERS"), &rounds); err == nil {
		t.Logf("%d rounds", rounds)
	}
	for range rounds {
		c.kill()
		c.stopAndContinue(func() {})
		c.stopAndContinue(c.loginAnew)
	}
	c.flush()
	c.withoutRedis()

	c.stopWriting()
	settled(t, c.db, c.sim)
	for _, p := range c.alive {
		stopProcess(t, p)
	}
	checkKilled(t, c.db, c.sim, c.books)
}

// cluster is several processes of one installation with everything around them.
type cluster struct {
	t      *testing.T
	folder string
	sim    *wechatsim.Server
	bot    *wechatsim.Account
	db     *sql.DB
	redis  *redisServer
	lease  time.Duration
	alive  []*exec.Cmd // the first of them runs the account
	books  []*writer
	stop   context.CancelFunc
	wg     sync.WaitGroup
	gate   sync.RWMutex // held for reading by whoever writes

	relogged time.Time // when WeChat last wanted a new login
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{t: t, folder: t.TempDir(), redis: startRedis(t), lease: 3 * time.Second}
	if d, err := time.ParseDuration(os.Getenv("TEST_LEASE")); err == nil {
		c.lease = d
	}
	o := storagetest.MariaDB(t)
	c.sim = wechatsim.New(wechatsim.Options{})
	c.bot = c.sim.AddAccount("bot", "助手")
	c.sim.AutoConfirm(c.bot)
	l, err := c.sim.ListenTLS("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	serveSettings(t, c.folder, o, l)
	c.realTime()
	c.setting("redis: {addr: %q, lease: %s}\n", c.redis.addr, c.lease)
	if out, err := xianjie(t.Context(), c.folder, "import", workbook(t, c.folder, writers, false), "--apply").CombinedOutput(); err != nil {
		t.Fatalf("import: %v\n%s", err, out)
	}
	c.db = openPlain(t, o)
	return c
}

// realTime takes the clock out of the settings: it begins with each process, and processes that share a database must
// agree on the time.
func (c *cluster) realTime() {
	c.t.Helper()
	path := filepath.Join(c.folder, "xianjie.yaml")
	text := regexp.MustCompile(`(?m)^clock:.*\n`).ReplaceAllString(read(c.t, path), "")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// setting adds a line to the settings.
func (c *cluster) setting(format string, args ...any) {
	c.t.Helper()
	f, err := os.OpenFile(filepath.Join(c.folder, "xianjie.yaml"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close()
	if _, err := fmt.Fprintf(f, format, args...); err != nil {
		c.t.Fatal(err)
	}
}

func (c *cluster) start() { c.alive = append(c.alive, serveProcess(c.t, c.folder)) }

// fence is how often the account was taken.
func (c *cluster) fence() int {
	return number(c.t, c.db, "SELECT COALESCE(MAX(number), 0) FROM fences WHERE name = 'account/main'")
}

func (c *cluster) ready() bool {
	return number(c.t, c.db, "SELECT COUNT(*) FROM accounts WHERE ready AND session <> ''") == 1
}

// await looks until something is so, and returns how long that took.
func (c *cluster) await(what string, is func() bool) time.Duration {
	c.t.Helper()
	began := time.Now()
	for !is() {
		if time.Since(began) > 30*time.Second+5*c.lease {
			c.t.Fatalf("it never came about that %s", what)
		}
		waitFor(c.t.Context(), 20*time.Millisecond)
	}
	return time.Since(began)
}

// write has members write from now on, whether anybody reads it or not.
func (c *cluster) write(n int) {
	seed := rand.Uint64()
	c.t.Logf("seed %d", seed)
	var ctx context.Context
	ctx, c.stop = context.WithCancel(c.t.Context())
	c.t.Cleanup(func() { c.stop(); c.wg.Wait() })
	for i := range n {
		p := c.sim.AddPerson(fmt.Sprintf("2016%04d", i), wechatsim.Profile{Nick: fmt.Sprintf("写信人%d", i)})
		c.bot.AddFriend(p)
		w := &writer{person: p, account: c.bot, i: i}
		c.books = append(c.books, w)
		pause := rand.New(rand.NewPCG(seed, uint64(i)))
		c.wg.Go(func() {
			next := func() bool {
				c.gate.RLock()
				defer c.gate.RUnlock()
				return w.next()
			}
			for next() && waitFor(ctx, time.Duration(100+pause.IntN(300))*time.Millisecond) {
			}
		})
	}
	c.answers("members are answered", 20)
}

func (c *cluster) stopWriting() {
	c.stop()
	c.wg.Wait()
}

// answers waits until so many more answers have left.
func (c *cluster) answers(what string, more int) time.Duration {
	c.t.Helper()
	before := len(c.sim.Ledger())
	return c.await(what, func() bool { return len(c.sim.Ledger()) >= before+more })
}

// takenOver waits until another process has taken the account and answers.
func (c *cluster) takenOver(fence int, how string) {
	c.t.Helper()
	taken := c.await("another process takes the account over", func() bool { return c.fence() > fence })
	said := c.answers("the other process answers", 1)
	c.t.Logf("%s: taken over after %s, answers after %s", how, taken.Round(10*time.Millisecond), (taken + said).Round(10*time.Millisecond))
	if most := max(c.lease, 10*time.Second) + 10*time.Second; taken+said > most { // with the 20 s of a real installation: half a minute
		c.t.Errorf("%s: members waited %s, more than %s", how, taken+said, most)
	}
}

// kill ends the process that runs the account, and starts another one, which waits.
func (c *cluster) kill() {
	fence, victim := c.fence(), c.alive[0]
	if err := victim.Process.Signal(syscall.SIGKILL); err != nil {
		c.t.Fatal(err)
	}
	_ = victim.Wait() // it was killed
	c.takenOver(fence, "SIGKILL")
	c.alive = c.alive[1:]
	c.start()
	c.answers("members are answered", 20)
}

// stopAndContinue stops the process that runs the account for longer than its lease lives, and lets it go on when another
// one has taken over and something more has happened: it must not write or say anything any more.
func (c *cluster) stopAndContinue(meanwhile func()) {
	fence, victim := c.fence(), c.alive[0]
	if err := victim.Process.Signal(syscall.SIGSTOP); err != nil {
		c.t.Fatal(err)
	}
	c.takenOver(fence, "SIGSTOP")
	meanwhile()
	login, logins := c.login(), c.bot.Logins()
	if err := victim.Process.Signal(syscall.SIGCONT); err != nil {
		c.t.Fatal(err)
	}
	c.answers("members are answered while the former process wakes up", 40)
	if now := c.fence(); now != fence+1 {
		c.t.Errorf("the account was taken %d times more after the former process woke up", now-fence-1)
	}
	if c.login() != login || !c.ready() || c.bot.Logins() != logins {
		c.t.Errorf("the former process woke up and touched the login: %s was %s, stored %v, %d logins were %d", c.login(), login, c.ready(), c.bot.Logins(), logins)
	}
	c.alive = append(c.alive[1:], victim)
}

// login is the one WeChat's ids in the database belong to.
func (c *cluster) login() (login string) {
	c.t.Helper()
	if err := c.db.QueryRow("SELECT login FROM accounts").Scan(&login); err != nil {
		c.t.Fatal(err)
	}
	return login
}

// loginAnew has WeChat end the session and the account log in by a code: a process that still has the old session
// finds it dead, and would forget the stored one, which is the new one. Nobody writes meanwhile: what is said between two
// sessions WeChat delivers to neither.
func (c *cluster) loginAnew() {
	c.gate.Lock()
	settled(c.t, c.db, c.sim)
	before := c.login()
	c.bot.Relogin()
	c.await("the account logs in anew", func() bool { return c.login() != before && c.ready() })
	c.gate.Unlock()
	c.answers("members are answered after the new login", 10)
}

// flush empties Redis: whoever takes the account, members are answered.
func (c *cluster) flush() {
	client := redis.NewClient(&redis.Options{Addr: c.redis.addr})
	defer client.Close()
	fence := c.fence()
	if err := client.FlushAll(c.t.Context()).Err(); err != nil {
		c.t.Fatal(err)
	}
	c.takenOver(fence, "Redis emptied")
	c.answers("members are answered after Redis was emptied", 40)
}

// withoutRedis takes Redis away for longer than the lease lives: everything pauses, and goes on when it is back.
func (c *cluster) withoutRedis() {
	c.redis.stop()
	c.await("nothing leaves without Redis", func() bool {
		before := len(c.sim.Ledger())
		waitFor(c.t.Context(), c.lease)
		return len(c.sim.Ledger()) == before
	})
	c.redis.start(c.t)
	waited := c.answers("members are answered when Redis is back", 20)
	c.t.Logf("Redis gone and back: answers after %s", waited.Round(10*time.Millisecond))
}

// redisServer is a Redis of this test alone, which keeps nothing on disk.
type redisServer struct {
	addr, dir string
	cmd       *exec.Cmd
}

func startRedis(t *testing.T) *redisServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		storagetest.Missing(t, "redis-server")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &redisServer{addr: l.Addr().String(), dir: t.TempDir()}
	l.Close()
	r.start(t)
	t.Cleanup(r.stop)
	return r
}

func (r *redisServer) start(t *testing.T) {
	t.Helper()
	_, port, _ := net.SplitHostPort(r.addr)
	r.cmd = exec.Command("redis-server", "--bind", "127.0.0.1", "--port", port, "--dir", r.dir, "--save", "", "--logfile", filepath.Join(r.dir, "log"))
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(&redis.Options{Addr: r.addr, MaxRetries: -1})
	defer client.Close()
	for deadline := time.Now().Add(10 * time.Second); client.Ping(t.Context()).Err() != nil; waitFor(t.Context(), 10*time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("redis-server does not answer")
		}
	}
}

// stop kills the server; stopping it again does nothing.
func (r *redisServer) stop() {
	if r.cmd != nil {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
		r.cmd = nil
	}
}
