package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"xianjie/storage"
)

func TestAuditVerify(t *testing.T) {
	folder, config := installation(t, "")
	for i := range 3 {
		if code, _, stderr := call(t, "import", workbook(t, folder, 3+i, false), "--apply", "--config", config); code != exitOK {
			t.Fatal(stderr)
		}
	}
	code, out, stderr := call(t, "audit", "verify", "--config", config)
	end := strings.TrimSpace(strings.TrimPrefix(strings.Split(out+"\n", "\n")[1], "末尾："))
	if code != exitOK || !strings.Contains(out, "共 3 条，没有被改动") || !strings.HasPrefix(end, "3-3-") {
		t.Fatalf("exit %d\n%s%s", code, out, stderr)
	}
	if code, out, stderr := call(t, "audit", "verify", "--since", end, "--config", config); code != exitOK {
		t.Errorf("its own end: exit %d\n%s%s", code, out, stderr)
	}
	db := openPlain(t, storage.Options{Driver: storage.SQLite, DSN: filepath.Join(folder, "x.db")})
	if _, err := db.Exec("DELETE FROM audit WHERE id = 3; UPDATE audit SET subject = 'x' WHERE id = 2"); err != nil {
		t.Fatal(err)
	}
	code, out, stderr = call(t, "audit", "verify", "--since", end, "--config", config)
	for _, want := range []string{"第 2 条对不上", "末尾的第 3 至 3 条被删掉了", "整份记录可能被换成了旧的"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not said:\n%s", want, out)
		}
	}
	if code != exitFault || !strings.Contains(stderr, "3 place(s)") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if code, out, stderr := call(t, "audit", "verify", "--accept", "--config", config); code != exitOK || !strings.Contains(out, "以上 2 处已写进操作记录") {
		t.Errorf("accept: exit %d\n%s%s", code, out, stderr)
	}
	if code, out, stderr := call(t, "audit", "verify", "--config", config); code != exitOK || !strings.Contains(out, "共 3 条") {
		t.Errorf("after accept: exit %d\n%s%s", code, out, stderr)
	}
	for _, args := range [][]string{{"audit"}, {"audit", "burn"}, {"audit", "verify", "--since", "3-3"}, {"audit", "verify", "--since", end, "--accept"}} {
		if code, _, stderr := call(t, append(args, "--config", config)...); code != exitUsage {
			t.Errorf("%s: exit %d, %s", fmt.Sprint(args), code, stderr)
		}
	}
}
