package season_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xianjie/season"
)

var update = flag.Bool("update", false, "write golden files anew")

func TestWriteShowsTheSeasonForReading(t *testing.T) {
	each(t, func(t *testing.T, s *season.Season, b builtin) {
		var text bytes.Buffer
		if err := s.Write(&text); err != nil {
			t.Fatal(err)
		}
		golden := "testdata/" + b.key + ".txt"
		if *update {
			if err := os.WriteFile(golden, text.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), text.String()); diff != "" {
			t.Errorf("season show differs from %s (run with -update when that is meant):\n%s", golden, diff)
		}
	})
}

// Every optional part of a file has its words too.
func TestWriteOfASmallSeason(t *testing.T) {
	const want = `小季
small · 2031届 · 2031年6月1日至2031年12月31日 · UTC

跨系统省份：除四川、重庆以外的省份。转往这些省份，一律由学院团委发起。
提醒时间：每天08:30；周末不提醒。
`
	var b bytes.Buffer
	if err := load(t, small).Write(&b); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got[:min(len(got), len(want))] != want {
		t.Errorf("head:\n%s\nwant:\n%s", got, want)
	}
	for _, line := range []string{
		"     2) 去哪里：哪里？（留下吗为“走”或“不知道”时问）\n",
		"   ▸ 省份为四川或重庆，不跨系统 → 家\n",
		"   ▸ 转往跨系统省份 → 远方\n",
		"   ▸ 其余情况 → 此处\n",
		"1. 交表：学院团委负责，登记去向或已寄后10天内\n",
		"   提醒：开始后3天学院团委；2031年7月1日学院团委、本人；当天学院团委\n",
		"   适用：走开　处于：待寄\n",
		"2. 送行：学院团委负责，哪天走之后2天截止\n",
		"   逾期：系统默认通过，不算任何人批准\n",
	} {
		if !bytes.Contains(b.Bytes(), []byte(line)) {
			t.Errorf("%q is missing in:\n%s", line, b.String())
		}
	}
}

type full struct{}

var errFull = errors.New("disk full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriteReportsItsWriter(t *testing.T) {
	if err := cqu(t).Write(full{}); !errors.Is(err, errFull) {
		t.Errorf("Write = %v, want %v", err, errFull)
	}
}
