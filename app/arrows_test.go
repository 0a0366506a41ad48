package app_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestArrowsPointDown sees that no package knows one above it, as docs/architecture.md draws them.
func TestArrowsPointDown(t *testing.T) {
	may := map[string][]string{
		"season":      nil,
		"understand":  {"season"},
		"wechatsim":   nil,
		"config":      nil,
		"alert":       nil,
		"seasons":     {"season", "understand"},
		"storage":     {"season"},
		"bot":         nil,
		"roster":      {"storage", "understand", "season"},
		"handlers":    {"handlers/chart", "roster", "storage", "understand", "season"},
		"chart":       nil,
		"scheduler":   {"storage", "season"},
		"storagetest": {"storage"},
		"app":         {"alert", "bot", "config", "handlers", "roster", "scheduler", "season", "seasons", "storage"},
		"console":     {"app", "bot", "config", "season", "storage"},
		"demo":        {"app", "config", "console", "roster", "season", "storage", "wechatsim"},
	}
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "xianjie/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		path, ok := strings.CutPrefix(fields[0], "xianjie/")
		if !ok {
			continue // main may know everybody
		}
		name := path[strings.LastIndex(path, "/")+1:]
		allowed, known := may[name]
		if !known {
			t.Errorf("package %s has no place in the drawing", path)
		}
		for _, im := range fields[1:] {
			if to, ok := strings.CutPrefix(im, "xianjie/"); ok && !slices.Contains(allowed, to) {
				t.Errorf("%s imports %s", path, to)
			}
		}
	}
}
