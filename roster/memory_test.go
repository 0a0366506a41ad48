package roster

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
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

// works are what a child process can do; each gives the number of rows that came through.
var works = map[string]func(ctx context.Context, path string) (int, error){
	"import": importAll, "import again": importAgain, "move": moveAll, "reject": rejectAll, "export": exportAll, "hoard": hoard,
}

// child does one piece of work with the roster at path and prints its result and its peak memory in bytes.
func child(ctx context.Context, what, path string) error {
	n, err := works[what](ctx, path)
	if err != nil {
		return err
	}
	peak, err := peakMemory()
	fmt.Println(n, peak)
	return err
}

// importInto is what the command import does: it plans the import of a roster, prints the plan and applies it. The
// database stands beside the workbook, for the next child to find. change has a last word on what the workbook says.
func importInto(ctx context.Context, path string, change func(*Book)) (Diff, error) {
	sn, err := seasons.Load("cqu-2020")
	if err != nil {
		return Diff{}, err
	}
	s, err := storage.Open(ctx, storage.Options{Driver: storage.SQLite, DSN: path + ".db", Key: make([]byte, storage.KeySize)})
	if err != nil {
		return Diff{}, err
	}
	defer s.Close()
	book, err := Read(ctx, path)
	if err != nil {
		return Diff{}, err
	}
	change(book)
	dir, err := s.Directory(ctx)
	if err != nil {
		return Diff{}, err
	}
	diff := Plan(book, dir)
	if err := diff.WriteText(io.Discard); err != nil {
		return Diff{}, err
	}
	return diff, s.ApplyRoster(ctx, sn, diff.Roster("校团委", storage.Audit{At: time.Now(), Action: "import", Subject: "roster"}))
}

// importAll imports a roster into an empty store.
func importAll(ctx context.Context, path string) (int, error) {
	diff, err := importInto(ctx, path, func(*Book) {})
	return len(diff.Added), err
}

// importAgain imports the same roster once more: everybody is there, unchanged.
func importAgain(ctx context.Context, path string) (int, error) {
	diff, err := importInto(ctx, path, func(*Book) {})
	if err == nil && !diff.Empty() {
		err = fmt.Errorf("the second import changes %s", countsOf(diff))
	}
	return diff.Unchanged, err
}

// moveAll imports the roster once more with everybody in another branch.
func moveAll(ctx context.Context, path string) (int, error) {
	diff, err := importInto(ctx, path, func(b *Book) {
		for i := range b.Members {
			b.Members[i].Branch = "合并" + b.Members[i].Branch
		}
	})
	return len(diff.Changed), err
}

// hoard takes more memory than any import may: what TestMemory measures must notice.
func hoard(context.Context, string) (int, error) {
	all := make([]byte, memoryLimit+(16<<20))
	for i := range all {
		all[i] = 1
	}
	return len(all), nil
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
	n := 1_000_000
	if raced {
		n = 10_000
	}
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
	rows := 100_000
	if raced {
		rows = 1000 // the race detector takes many times the memory and the time; only the work itself is checked then
	}
	for _, c := range []struct {
		name   string
		shared bool     // texts of the workbook in the shared table
		works  []string // one child process after the other
		rows   int
		limit  int
	}{
		{"import", true, []string{"import", "import again"}, rows, memoryLimit},
		{"everybody moves", false, []string{"import", "move"}, rows, memoryLimit},
		{"reject", false, []string{"reject"}, rows, memoryLimit},
		{"export", false, []string{"export"}, 10 * rows, memoryLimit / 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := bigRoster(t, rows, c.shared)
			for _, work := range c.works {
				begin := time.Now()
				n, peak := inChild(t, work, path)
				t.Logf("%s, %d rows: %d MiB at most, %.1f s", work, n, peak>>20, time.Since(begin).Seconds())
				if n != c.rows {
					t.Errorf("%s: %d rows came through, want %d", work, n, c.rows)
				}
				if peak > c.limit && !raced {
					t.Errorf("%s: peak memory is %d MiB, want at most %d", work, peak>>20, c.limit>>20)
				}
			}
		})
	}
	t.Run("the measure can fail", func(t *testing.T) {
		if _, peak := inChild(t, "hoard", ""); peak <= memoryLimit {
			t.Errorf("a process with more than %d MiB in its hands is measured as %d MiB", memoryLimit>>20, peak>>20)
		}
	})
}

// inChild does a piece of work in a process of its own and gives its result and peak memory.
func inChild(t *testing.T, work, path string) (rows, peak int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, path)
	cmd.Env = append(os.Environ(), childVar+"="+work)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", work, err, said.String())
	}
	if _, err := fmt.Sscan(string(out), &rows, &peak); err != nil {
		t.Fatalf("%s: the child says %q: %v", work, out, err)
	}
	return rows, peak
}
