package season_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowed are literals that look like facts of the season and are none.
var allowed = []string{
	"cqu-2020",         // the setting's default: which season, not what is in it
	"2020-06-20 09:30", // shows how to write a time
	"2020-09-01",       // shows how to write a date
	"9月1日",             // the same
}

// A season is data: no literal of the program, tests apart, names a year, a date, a cross-system province or a key of a
// built-in season. Only the gazetteer of understand knows provinces. Comments may give examples.
func TestNoSeasonFactsInCode(t *testing.T) {
	look := lookFor(t)
	files := 0
	err := filepath.WalkDir("..", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := e.Name()
		if e.IsDir() {
			if name == "testdata" || name == "understand" || strings.HasPrefix(name, ".") && name != ".." {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(filepath.Dir(path), "test") {
			return nil
		}
		files++
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Errorf("%s cannot be checked: %v", path, err)
			return nil
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok {
				if fact := look.in(lit); fact != "" {
					t.Errorf("%s: %s is a fact of the season; it belongs into the season file", set.Position(lit.Pos()), fact)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 20 {
		t.Errorf("only %d files were looked at", files)
	}
}

// facts are what only the season file may know.
type facts struct {
	keys  []string // whole literals
	parts []string // anywhere in a literal
	years *regexp.Regexp
}

func lookFor(t *testing.T) facts {
	t.Helper()
	var f facts
	years := map[string]bool{}
	for _, b := range builtins {
		s := shipped(t, b.key)
		f.parts = append(f.parts, s.School)
		f.parts = append(f.parts, slices.Concat(s.CrossSystem.Inside, s.CrossSystem.Outside)...)
		for y := s.Cohort - 2; y <= s.Cohort+1; y++ {
			years[strconv.Itoa(y)] = true
		}
		for _, d := range s.Destinations {
			f.keys = append(f.keys, d.Key)
		}
		for k, d := range s.Dates {
			f.keys = append(f.keys, k)
			f.parts = append(f.parts, d.Date.Chinese())
		}
	}
	f.years = regexp.MustCompile(`(^|[^0-9])(` + strings.Join(slices.Sorted(maps.Keys(years)), "|") + `)([^0-9]|$)`)
	return f
}

func (f facts) in(lit *ast.BasicLit) string {
	text := lit.Value
	switch lit.Kind {
	case token.INT:
		return f.years.FindString(text)
	case token.STRING:
		text, _ = strconv.Unquote(text)
		for _, a := range allowed {
			text = strings.ReplaceAll(text, a, "")
		}
		if slices.Contains(f.keys, text) {
			return text
		}
		for _, p := range f.parts {
			if strings.Contains(text, p) {
				return p
			}
		}
		return f.years.FindString(text)
	}
	return ""
}

// The check itself must see what it is for.
func TestFactsAreSeen(t *testing.T) {
	look := lookFor(t)
	for _, c := range []struct {
		kind token.Token
		text string
		want string
	}{
		{token.INT, "2020", "2020"},
		{token.INT, "120200", ""},
		{token.STRING, `"by 2020-07-31"`, " 2020-"},
		{token.STRING, `"7月31日前"`, "7月31日"},
		{token.STRING, `"military"`, "military"},
		{token.STRING, `"paramilitary"`, ""},
		{token.STRING, "`转往北京`", "北京"},
		{token.STRING, "`重庆大学的`", "重庆大学"},
		{token.STRING, `"initiate_by"`, "initiate_by"},
		{token.STRING, `"like 2020-09-01"`, ""},
		{token.STRING, `"你好"`, ""},
		{token.CHAR, "'2'", ""},
	} {
		if got := look.in(&ast.BasicLit{Kind: c.kind, Value: c.text}); got != c.want {
			t.Errorf("%s: %q, want %q", c.text, got, c.want)
		}
	}
}
