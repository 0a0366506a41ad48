package main

import (
	"strings"
	"testing"

	"xianjie/seasons"
)

func TestUnderstandUnit(t *testing.T) {
	s, err := seasons.Load("cqu-2020")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	in := "深圳市腾讯计算机系统有限公司\r\n重庆大学<A区>\n\n华师\n香港大学\n四川成都"
	if err := understandUnits(strings.NewReader(in), &out, s.CrossSystem); err != nil {
		t.Fatal(err)
	}
	want := `{"text":"深圳市腾讯计算机系统有限公司","province":"广东","cross_system":true}
{"text":"重庆大学<A区>","province":"重庆","cross_system":false}
{"text":"","province":null,"cross_system":null}
{"text":"华师","province":null,"cross_system":null}
{"text":"香港大学","province":null,"cross_system":null}
{"text":"四川成都","province":"四川","cross_system":false}
`
	if out.String() != want {
		t.Errorf("got %s\nwant %s", out.String(), want)
	}
}

func TestUnderstandAsAProcess(t *testing.T) {
	cmd := xianjie(t.Context(), t.TempDir(), "understand", "--unit")
	cmd.Stdin = strings.NewReader("哈尔滨工业大学（深圳）\n")
	out, err := cmd.Output()
	if want := `{"text":"哈尔滨工业大学（深圳）","province":"广东","cross_system":true}` + "\n"; err != nil || string(out) != want {
		t.Errorf("printed %q, %v; want %q", out, err, want)
	}
}

func TestUnderstandWantsToKnowWhat(t *testing.T) {
	if code, _, stderr := call(t, "understand"); code != exitUsage || !strings.Contains(stderr, "--unit") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}
