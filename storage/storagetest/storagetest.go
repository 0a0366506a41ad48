// Package storagetest gives tests real databases that belong to nobody else: a fresh SQLite file, and a fresh schema on
// a MariaDB server started for the test process on a temporary folder and a free loopback port.
package storagetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql" // to make schemas

	"xianjie/storage"
)

// All says that nothing may be skipped: what is missing fails the test (make test sets it).
func All() bool { return os.Getenv("XIANJIE_TEST_ALL") == "1" }

// Missing skips the test because a program is not installed, or fails it under make test.
func Missing(t testing.TB, what string) {
	t.Helper()
	if All() {
		t.Fatalf("%s is missing; make test installs it", what)
	}
	t.Skipf("%s is not installed", what)
}

// Key encrypts the data of tests.
var Key = []byte("0123456789abcdef0123456789abcdef")

// Each runs a test on SQLite and on MariaDB.
func Each(t *testing.T, f func(*testing.T, *storage.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, Open(t, SQLite(t))) })
	t.Run("mariadb", func(t *testing.T) { f(t, Open(t, MariaDB(t))) })
}

// Open opens a store and closes it with the test.
func Open(t testing.TB, o storage.Options) *storage.Store {
	t.Helper()
	s, err := storage.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// SQLite names a new database file.
func SQLite(t testing.TB) storage.Options {
	t.Helper()
	return storage.Options{Driver: storage.SQLite, DSN: filepath.Join(t.TempDir(), "test.db"), Key: Key}
}

// MariaDB names a new, empty schema on the server of this test process, which is started on first use.
func MariaDB(t testing.TB) storage.Options {
	t.Helper()
	s, err := shared()
	if errors.Is(err, exec.ErrNotFound) {
		Missing(t, "mariadbd (package mariadb-server-core)")
	}
	if err != nil {
		t.Fatal(err)
	}
	dsn, err := s.Schema()
	if err != nil {
		t.Fatal(err)
	}
	return storage.Options{Driver: storage.MySQL, DSN: dsn, Key: Key}
}

var (
	used   atomic.Bool
	shared = sync.OnceValues(func() (*Server, error) {
		used.Store(true)
		return Start("")
	})
)

// Server is a running MariaDB server of our own.
type Server struct {
	Addr string
	dir  string
	own  bool
	cmd  *exec.Cmd
	mu   sync.Mutex
	next int
}

// Start starts a server on a data folder, a new temporary one when dir is "". The server dies with this process.
func Start(dir string) (*Server, error) {
	daemon, err := lookPath("mariadbd")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir}
	if dir == "" {
		if s.dir, err = os.MkdirTemp("", "xianjie-mariadb-"); err != nil {
			return nil, err
		}
		s.own = true
	}
	data := filepath.Join(s.dir, "data")
	if _, err := os.Stat(data); err != nil {
		if err := bootstrap(daemon, s.dir, data); err != nil {
			return nil, err
		}
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s.Addr = fmt.Sprintf("127.0.0.1:%d", port)
	s.cmd = exec.Command(daemon, "--no-defaults", "--datadir="+data, "--bind-address=127.0.0.1",
		fmt.Sprintf("--port=%d", port), "--socket="+filepath.Join(s.dir, "s"), "--pid-file="+filepath.Join(s.dir, "pid"),
		"--skip-name-resolve", "--skip-grant-tables", "--innodb-buffer-pool-size=128M", "--log-error="+filepath.Join(s.dir, "log"), "--user="+user())
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() { // Pdeathsig belongs to the thread: the one that starts the server must live as long as the process
		runtime.LockOSThread()
		started <- s.cmd.Start()
		select {}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return s, s.wait()
}

// bootstrap makes an empty data folder.
func bootstrap(daemon, dir, data string) error {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	script := "CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\n"
	for _, name := range []string{"mysql_system_tables.sql", "mariadb_system_tables.sql"} {
		for _, share := range []string{"/usr/share/mysql/", "/usr/share/mariadb/"} {
			if b, err := os.ReadFile(share + name); err == nil {
				script += string(b) + "\n"
			}
		}
	}
	cmd := exec.Command(daemon, "--no-defaults", "--bootstrap", "--datadir="+data, "--user="+user(),
		"--log-error="+filepath.Join(dir, "bootstrap.log"))
	cmd.Stdin = strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("mariadbd --bootstrap: %w: %s", err, out)
	}
	return nil
}

func user() string {
	if os.Getuid() == 0 {
		return "root"
	}
	return os.Getenv("USER")
}

func lookPath(name string) (string, error) {
	for _, dir := range []string{"/usr/sbin/", "/usr/local/sbin/", "/usr/libexec/"} {
		if _, err := os.Stat(dir + name); err == nil {
			return dir + name, nil
		}
	}
	return exec.LookPath(name)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// wait returns when the server answers.
func (s *Server) wait() error {
	db, err := sql.Open("mysql", s.dsn(""))
	if err != nil {
		return err
	}
	defer db.Close()
	deadline := time.Now().Add(60 * time.Second)
	for {
		if err = db.Ping(); err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("mariadbd does not answer: %w\n%s", err, log)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *Server) dsn(schema string) string { return fmt.Sprintf("root@tcp(%s)/%s", s.Addr, schema) }

// Schema makes a new schema and returns its DSN.
func (s *Server) Schema() (string, error) {
	s.mu.Lock()
	s.next++
	name := fmt.Sprintf("t%d", s.next)
	s.mu.Unlock()
	db, err := sql.Open("mysql", s.dsn(""))
	if err != nil {
		return "", err
	}
	defer db.Close()
	_, err = db.Exec("CREATE DATABASE " + name)
	return s.dsn(name), err
}

// Kill ends the server as a power cut would.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill()
	_, _ = s.cmd.Process.Wait()
}

// Close ends the server and removes its folder if it is a temporary one.
func (s *Server) Close() {
	s.Kill()
	if s.own {
		_ = os.RemoveAll(s.dir)
	}
}

// Main runs the tests of a package that uses MariaDB and removes the server afterwards: call it from TestMain.
func Main(m *testing.M) {
	code := m.Run()
	if used.Load() {
		if s, err := shared(); err == nil {
			s.Close()
		}
	}
	os.Exit(code)
}
