package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"xianjie/roster"
	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// TestKeyRotateKilled kills a rotation with SIGKILL at random moments. After each kill every telephone number can be read;
// at the end the old key opens nothing. A failing run prints the seed that repeats its moments.
func TestKeyRotateKilled(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		testKeyRotateKilled(t, 12, storage.Options{Driver: storage.SQLite, DSN: filepath.Join(t.TempDir(), "k.db")})
	})
	t.Run("mariadb", func(t *testing.T) { testKeyRotateKilled(t, 6, storagetest.MariaDB(t)) })
}

func testKeyRotateKilled(t *testing.T, kills int, db storage.Options) {
	const members = 2500
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	folder := t.TempDir()
	text := fmt.Sprintf("database: {driver: %s, dsn: %q}\nsecrets: {key_file: key}\nlog: {level: warn}\n", db.Driver, db.DSN)
	if err := os.WriteFile(filepath.Join(folder, "xianjie.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	book := filepath.Join(folder, "roster.xlsx")
	f, err := os.Create(book)
	if err != nil {
		t.Fatal(err)
	}
	var ms []roster.Member
	for i := range members {
		ms = append(ms, roster.Member{No: fmt.Sprintf("2016%04d", i), Name: memberName(i), College: "机械学院", Branch: "一班", Cohort: 2020, Phone: fmt.Sprintf("1540000%04d", i)})
	}
	if err := roster.Write(f, ms, nil); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	do := func(args ...string) string {
		t.Helper()
		out, err := xianjie(t.Context(), folder, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	do("import", book, "--apply")
	first := strings.TrimSpace(read(t, filepath.Join(folder, "key")))

	start := time.Now()
	do("key", "rotate")
	whole := time.Since(start)
	interrupted := 0
	for n := range kills {
		cmd := xianjie(t.Context(), folder, "key", "rotate")
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitFor(t.Context(), time.Duration(rng.Int64N(int64(whole))))
		_ = cmd.Process.Kill() // it may have ended by itself
		if err := cmd.Wait(); err != nil && cmd.ProcessState.Exited() {
			t.Fatalf("kill %d: it failed by itself: %v\n%s", n, err, out.String())
		}
		if len(strings.Fields(read(t, filepath.Join(folder, "key")))) == 2 {
			interrupted++
		}
		do("export", "members", "--out", "m.json")
		var rows []struct{ No, Phone string }
		if err := json.Unmarshal([]byte(read(t, filepath.Join(folder, "m.json"))), &rows); err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if want := "1540000" + strings.TrimPrefix(r.No, "2016"); r.Phone != want {
				t.Fatalf("kill %d: %s has the telephone %q, want %s", n, r.No, r.Phone, want)
			}
		}
		if len(rows) != members {
			t.Fatalf("kill %d: %d members of %d", n, len(rows), members)
		}
	}
	do("key", "rotate")
	keys := strings.Fields(read(t, filepath.Join(folder, "key")))
	if len(keys) != 1 || keys[0] == first {
		t.Errorf("%d keys at the end", len(keys))
	}
	if left, err := filepath.Glob(filepath.Join(folder, "key.*")); err != nil || len(left) != 1 { // key.lock
		t.Errorf("left behind: %v, %v", left, err)
	}
	look := openPlain(t, db)
	if n := number(t, look, "SELECT COUNT(DISTINCT SUBSTR(phone, 1, 12)) FROM people WHERE phone <> ''"); n != 1 {
		t.Errorf("%d keys are in use at the end", n)
	}
	do("audit", "verify")
	t.Logf("a rotation takes %v; %d of %d kills interrupted one", whole.Round(time.Millisecond), interrupted, kills)
}
