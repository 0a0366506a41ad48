package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBackupRestoreResume(t *testing.T) {
	folder, config := installation(t, "")
	if code, _, stderr := call(t, "import", workbook(t, folder, 3, false), "--apply", "--config", config); code != exitOK {
		t.Fatal(stderr)
	}
	file := filepath.Join(folder, "b.gz")
	code, out, stderr := call(t, "backup", file, "--config", config)
	info, err := os.Stat(file)
	if code != exitOK || !strings.Contains(out, "不在里面") || err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("backup: exit %d\n%s%s%v", code, out, stderr, err)
	}
	elsewhere, other := installation(t, "")
	steps := []struct {
		name string
		args []string
		code int
		says string // in what is printed or complained of
	}{
		{"a file that is there", []string{"backup", file, "--config", config}, exitFault, "exists already"},
		{"into what holds data", []string{"restore", file, "--config", config}, exitFault, "holds data already"},
		{"without the key", []string{"restore", file, "--config", other}, exitFault, "put the one that belongs to the backup there"},
		{"restore", []string{"restore", file, "--config", other}, exitOK, "暂停状态"},
		{"a second time", []string{"restore", file, "--config", other}, exitFault, "holds data already"},
		{"what is no backup", []string{"restore", config, "--config", other}, exitFault, "no whole backup"},
		{"doctor", []string{"doctor", "--config", other}, exitFault, "还没有人放行"},
		{"one account", []string{"resume", "main", "--config", other}, exitFault, "without a name"},
		{"resume", []string{"resume", "--config", other}, exitOK, "已放行"},
		{"resume again", []string{"resume", "--config", other}, exitFault, "not stopped"},
		{"send what waits, where nothing was restored", []string{"resume", "--send", "--config", config}, exitUsage, "--send"},
		{"no file", []string{"backup", "--config", config}, exitUsage, "name the file"},
		{"no backup", []string{"restore", "--config", config}, exitUsage, "name a backup"},
	}
	for _, s := range steps {
		if s.name == "restore" {
			if err := os.WriteFile(filepath.Join(elsewhere, "key"), []byte(read(t, filepath.Join(folder, "key"))), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		code, out, stderr := call(t, s.args...)
		if code != s.code || !strings.Contains(out+stderr, s.says) {
			t.Errorf("%s: exit %d, want %d with %q\n%s%s", s.name, code, s.code, s.says, out, stderr)
		}
	}
	members := filepath.Join(elsewhere, "m.json")
	if code, _, stderr := call(t, "export", "members", "--out", members, "--config", other); code != exitOK || strings.Count(read(t, members), "机械学院") != 3 {
		t.Errorf("exit %d, %s", code, stderr)
	}
}
