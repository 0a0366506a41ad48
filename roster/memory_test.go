package roster

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"xianjie/seasons"
	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// memoryLimit is what an import of 100,000 rows may take of the machine.
const memoryLimit = 256 << 20

// childVar names the work a child process is to do instead of the tests.
const childVar = "XIANJIE_ROSTER_CHILD"

func TestMain(m *testing.M) {
	if what := os.Getenv(childVar); what != "" {
		if err := child(context.Background(), what, os.Args[len(os.Args)-1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	storagetest.Main(m)
}

// child does one piece of work with the roster at path and prints its result and its peak memory in bytes.
func child(ctx context.Context, what, path string) error {
	works := map[string]func(context.Context, string) (int, error){"import": importAll, "reject": rejectAll, "export": exportAll}
	n, err := works[what](ctx, path)
	if err != nil {
		return err
	}
	peak, err := peakMemory()
	fmt.Println(n, peak)
	return err
}

// importAll imports a roster into an empty store, and plans the import again: everybody is there, unchanged.
func importAll(ctx context.Context, path string) (int, error) {
	sn, err := seasons.Load("cqu-2020")
	if err != nil {
		return 0, err
	}
	s, err := storage.Open(ctx, storage.Options{Driver: storage.SQLite, DSN: path + ".db", Key: make([]byte, storage.KeySize)})
	if err != nil {
		return 0, err
	}
	defer s.Close()
	diff, err := planAgainst(ctx, s, path)
	if err == nil {
		err = diff.WriteText(io.Discard)
	}
	if err == nil {
		err = s.ApplyRoster(ctx, sn, diff.Roster("校团委", storage.Audit{At: time.Now(), Action: "import", Subject: "roster"}))
	}
	if err == nil {
		diff, err = planAgainst(ctx, s, path)
	}
	return diff.Unchanged, err
}

func planAgainst(ctx context.Context, s *storage.Store, path string) (Diff, error) {
	book, err := Read(ctx, path)
	if err != nil {
		return Diff{}, err
	}
	dir, err := s.Directory(ctx)
	return Plan(book, dir), err
}

// rejectAll refuses every row of a roster and writes them back.
func rejectAll(ctx context.Context, path string) (int, error) {
	book, err := Read(ctx, path)
	if err != nil {
		return 0, err
	}
	for _, m := range book.Members {
		book.Rejects = append(book.Rejects, Reject{m.At, m.No, m.Name, []string{"学号" + m.No + "不对。"}})
	}
	return len(book.Rejects), WriteRejected(ctx, io.Discard, path, book, book.Rejects)
}

// exportAll exports a million rows of eight columns.
func exportAll(context.Context, string) (int, error) {
	const n = 1_000_000
	columns := make([]Column, 8)
	row := make([]any, len(columns))
	for i := range columns {
		columns[i] = Column{Key: fmt.Sprint("column_", i)}
		row[i] = fmt.Sprintf("第 %d 列的内容", i)
	}
	return n, Export(io.Discard, XLSX, columns, func(yield func([]any, error) bool) {
		for i := range n {
			row[0] = i
			if !yield(row, nil) {
				return
			}
		}
	})
}

// peakMemory is the most resident memory this process ever had, in bytes. Only Linux tells it.
func peakMemory() (int, error) {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		if rest, ok := strings.CutPrefix(in.Text(), "VmHWM:"); ok {
			kib, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("the kernel does not tell the peak memory of this process")
}

func TestMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("peak memory is measured on Linux")
	}
	const rows = 100_000
	for _, c := range []struct {
		work   string
		shared bool // texts of the workbook in the shared table
		rows   int
		limit  int
	}{
		{"import", true, rows, memoryLimit},
		{"reject", false, rows, memoryLimit},
		{"export", false, 1_000_000, memoryLimit / 2},
	} {
		t.Run(fmt.Sprintf("%s/shared=%t", c.work, c.shared), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "none.xlsx")
			if c.work != "export" {
				path = bigRoster(t, rows, c.shared)
			}
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), self, path)
			cmd.Env = append(os.Environ(), childVar+"="+c.work)
			begin := time.Now()
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v: %s", err, err.(*exec.ExitError).Stderr)
			}
			var n, peak int
			if _, err := fmt.Sscan(string(out), &n, &peak); err != nil {
				t.Fatalf("the child says %q: %v", out, err)
			}
			t.Logf("%d rows: %d MiB at most, %.1f s", n, peak>>20, time.Since(begin).Seconds())
			if n != c.rows {
				t.Errorf("%d rows came through, want %d", n, c.rows)
			}
			if peak > c.limit {
				t.Errorf("peak memory is %d MiB, want at most %d", peak>>20, c.limit>>20)
			}
		})
	}
}
