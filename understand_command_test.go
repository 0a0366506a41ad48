package main

import (
	"bytes"
	"strings"
	"testing"
)

// understood is what `understand` prints for the lines of an input.
func understood(t *testing.T, input string, args ...string) string {
	t.Helper()
	var out, err bytes.Buffer
	if code := run(t.Context(), append([]string{"understand"}, args...), nil, strings.NewReader(input), &out, &err); code != exitOK {
		t.Fatalf("exit %d: %s", code, err.String())
	}
	return out.String()
}

func TestUnderstandMessages(t *testing.T) {
	got := understood(t, "签了深圳腾讯,7月入职\r\n\n上岸了\n团费<要交>多少？\n去英国读研")
	want := `{"text":"签了深圳腾讯,7月入职","kind":"declaration","destination":"employed","candidates":[],"slots":{"city":"深圳市","employer":"腾讯","province":"广东"},"cross_system":true,"question":""}
{"text":"","kind":"none","destination":"","candidates":[],"slots":{},"cross_system":null,"question":""}
{"text":"上岸了","kind":"ambiguous","destination":"","candidates":["employed","further_study"],"slots":{},"cross_system":null,"question":""}
{"text":"团费<要交>多少？","kind":"none","destination":"","candidates":[],"slots":{},"cross_system":null,"question":"dues"}
{"text":"去英国读研","kind":"declaration","destination":"abroad_study","candidates":[],"slots":{"country":"英国"},"cross_system":null,"question":""}
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestUnderstandUnits(t *testing.T) {
	got := understood(t, "深圳市腾讯计算机系统有限公司\r\n重庆大学<A区>\n\n华师\n香港大学\n四川成都", "--unit")
	want := `{"text":"深圳市腾讯计算机系统有限公司","province":"广东","cross_system":true}
{"text":"重庆大学<A区>","province":"重庆","cross_system":false}
{"text":"","province":null,"cross_system":null}
{"text":"华师","province":null,"cross_system":null}
{"text":"香港大学","province":null,"cross_system":null}
{"text":"四川成都","province":"四川","cross_system":false}
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestUnderstandFields(t *testing.T) {
	for _, c := range []struct{ field, in, want string }{
		{"student_no", "学号：２０１６ ０００１", `"ok":true,"value":"20160001","reason":""`},
		{"student_no", "2016000l", `"ok":false,"value":"","reason":"no number"`},
		{"phone", "+86 154-1234-5678", `"ok":true,"value":"15412345678","reason":""`},
		{"name", "我叫买买提.艾力", `"ok":true,"value":"买买提·艾力","reason":""`},
		{"date", "二〇二〇年七月", `"ok":true,"value":"2020-07","reason":""`},
		{"date", "下个月5号", `"ok":true,"value":"2020-07-05","reason":""`},
		{"date", "2019年7月1日", `"ok":false,"value":"","reason":"out of range"`},
	} {
		if got := understood(t, c.in, "--field", c.field, "--today", "2020-06-10"); !strings.Contains(got, c.want) {
			t.Errorf("%s %q: got %s, want %s", c.field, c.in, got, c.want)
		}
	}
	for _, args := range [][]string{{"understand", "--field", "age"}, {"understand", "--unit", "--field", "name"}, {"understand", "--field", "date", "--today", "soon"}} {
		if code, _, stderr := call(t, args...); code != exitUsage {
			t.Errorf("%v: exit %d: %s", args, code, stderr)
		}
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
