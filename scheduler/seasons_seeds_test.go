package scheduler_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// Simulated seasons prove the deadline contract: a made-up university plays a whole season, from 1 June to 31 January,
// with the product's own store, planner, sender and desk, in virtual time and by a seed that decides what everybody does
// and what breaks. A checker that uses nothing of the product then judges the database and WeChat's ledger.
//
//	XIANJIE_SEASONS=N       plays the seeds 1 … N
//	XIANJIE_SEASON_SEED=K   plays the seed K alone
//	XIANJIE_SEASON_SIZE=    whole: 40 colleges and 5,000 members; small: 6 and 300; tiny: 3 and 90
//	XIANJIE_SEASON_DAY=06-09   tells what the world did on that day
//	XIANJIE_SEASON_KEEP=FILE   keeps the database of the season
//
// A failure names the seed, the commit and the command that plays it again.

// Fifty seeds, the first three with more people.
func TestSeasons(t *testing.T) {
	for i, seed := range seeds(t, 50) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			usual := tiny
			if i < 3 {
				usual = small
			}
			o := storage.Options{Driver: storage.SQLite, DSN: swift(t) + "/season.db", Key: storagetest.Key}
			playSeason(t, seed, sizeOf(t, usual), o, "SQLite")
		})
	}
}

func TestSeasonsOnMariaDB(t *testing.T) {
	few := seeds(t, 5)
	for _, seed := range few[:min(5, len(few))] {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			playSeason(t, seed, sizeOf(t, tiny), storagetest.MariaDB(t), "MariaDB")
		})
	}
}

// A seed decides everything, or a failure could not be played again.
func TestSeasonIsDeterministic(t *testing.T) {
	var told [2][]string
	for i := range told {
		o := storage.Options{Driver: storage.SQLite, DSN: swift(t) + "/season.db", Key: storagetest.Key}
		for _, h := range play(t, 7, tiny, o, false).ledger {
			told[i] = append(told[i], fmt.Sprintln(h.At.UTC().Format(time.DateTime), h.User, h.Kind, h.Answer, h.Text))
		}
	}
	for i := range min(len(told[0]), len(told[1])) {
		if told[0][i] != told[1][i] {
			t.Fatalf("line %d of the ledger:\n%s\nand the second time:\n%s", i, told[0][i], told[1][i])
		}
	}
	if len(told[0]) != len(told[1]) || len(told[0]) == 0 {
		t.Errorf("%d messages, and %d the second time", len(told[0]), len(told[1]))
	}
}

func playSeason(t *testing.T, seed uint64, z size, o storage.Options, on string) {
	t.Helper()
	begun := time.Now()
	e := play(t, seed, z, o, false)
	played := time.Since(begun)
	found, err := judge(e)
	if err != nil {
		t.Fatal(err)
	}
	report(t, found)
	t.Logf("%d colleges, %d members on %s: played in %v, judged in %v: %d duties, %d reminders, %d messages handed over, %v",
		z.colleges, z.members, on, played.Round(time.Millisecond), (time.Since(begun) - played).Round(time.Millisecond), len(e.duties), len(e.reminders), len(e.ledger), e.states)
	for _, k := range slices.Sorted(maps.Keys(e.counts)) {
		t.Logf("  %s: %d", k, e.counts[k])
	}
	if len(found) > 0 {
		commit, _ := exec.Command("git", "describe", "--always", "--dirty").Output()
		t.Errorf("%d violations with seed %d at commit %s; play it again with\n\tXIANJIE_SEASON_SEED=%d XIANJIE_SEASON_SIZE=%s go test ./scheduler -run '^%s$'",
			len(found), seed, strings.TrimSpace(string(commit)), seed, sizeName(z), strings.Split(t.Name(), "/")[0])
	}
}

// report shows some violations of each kind.
func report(t *testing.T, found []violation) {
	t.Helper()
	const most = 6
	n := map[string]int{}
	for _, v := range found {
		if n[v.invariant]++; n[v.invariant] <= most {
			t.Errorf("%s: %s", v.invariant, v.text)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(n)) {
		if n[k] > most {
			t.Errorf("%s: %d in all", k, n[k])
		}
	}
}

func seeds(t *testing.T, usual int) []uint64 {
	t.Helper()
	n := usual
	if testing.Short() {
		n = min(n, 2)
	}
	if one := os.Getenv("XIANJIE_SEASON_SEED"); one != "" {
		seed, err := strconv.ParseUint(one, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return []uint64{seed}
	}
	if all := os.Getenv("XIANJIE_SEASONS"); all != "" {
		var err error
		if n, err = strconv.Atoi(all); err != nil {
			t.Fatal(err)
		}
	}
	list := make([]uint64, n)
	for i := range list {
		list[i] = uint64(i + 1)
	}
	return list
}

// sizes are the universities that can be played, by the name the environment gives them.
var sizes = map[string]size{"tiny": tiny, "small": small, "whole": whole}

func sizeOf(t *testing.T, usual size) size {
	t.Helper()
	name := os.Getenv("XIANJIE_SEASON_SIZE")
	if name == "" {
		return usual
	}
	z, ok := sizes[name]
	if !ok {
		t.Fatalf("XIANJIE_SEASON_SIZE is %q", name)
	}
	return z
}

func sizeName(z size) string {
	for name, s := range sizes {
		if s == z {
			return name
		}
	}
	return ""
}
