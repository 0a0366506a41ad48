package handlers

import (
	"regexp"
	"strings"
	"testing"

	"xianjie/storage"
)

func TestConsoleLink(t *testing.T) {
	linked := func(token string) string { return "https://xianjie.example.edu.cn/in/" + token }
	for _, c := range []struct {
		name, no string
		link     func(string) string
		says     string // part of the answer
		in       bool
	}{
		{"committee officer", "900001", linked, "5分钟内有效，只能用一次", true},
		{"college secretary", "900002", linked, "5分钟内有效，只能用一次", true},
		{"branch secretary, who graduates", "20160005", linked, "5分钟内有效，只能用一次", true},
		{"an officer where there is no console", "900001", nil, "没有开通控制台", false},
		{"a member", "20160001", linked, "没有看懂", false},
		{"somebody who held an office once", "900009", linked, "韩冬", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newSchool(t)
			w.desk.Turner = w.desk.Turner.Linked(c.link)
			p, err := w.PersonByNo(ctx, c.no)
			w.ok(err)
			w.bind("某人", c.no)
			answer := strings.Join(texts(w.says("某人", "控制台"), "某人"), "\n")
			if !strings.Contains(answer, c.says) {
				t.Errorf("answered %q", answer)
			}
			token := regexp.MustCompile(`https://xianjie\.example\.edu\.cn/in/(\w{20,})`).FindStringSubmatch(answer)
			if (token != nil) != c.in {
				t.Fatalf("a link is there: %v; answer %q", token != nil, answer)
			}
			if !c.in {
				return
			}
			w.ok(w.SignIn(ctx, token[1], "session", "browser"))
			v, err := w.Visitor(ctx, "session")
			w.ok(err)
			if v.Person.ID != p.ID {
				t.Errorf("the link let %s in", v.Person.Name)
			}
			if err := w.SignIn(ctx, token[1], "again", "browser"); err != storage.ErrLink { //nolint:errorlint // it is returned as it is
				t.Errorf("used again: %v", err)
			}
		})
	}
}
