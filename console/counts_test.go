package console_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"xianjie/storage"
)

// The overview shows at once what was counted a while ago, says so, and has the new figures in a moment. What is older is
// never shown.
func TestFiguresAreRecent(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o storage.Options) {
		w := newWorld(t, o, 5)
		r := w.in(committeeNo)
		missing := func() string {
			return fmt.Sprintf(`登记率还</span>缺%d</a>`, w.count("SELECT COUNT(*) FROM transfers WHERE state = 'undeclared'"))
		}
		declare := func() {
			t.Helper()
			ms, err := w.MembersPage(ctx, storage.Scope{}, storage.Filter{Undeclared: true}, 0, 1)
			w.ok(err)
			c, _, err := ms[0].Declare(w.season, "unsettled", map[string]storage.Value{
				"home_kind": {Value: "registered"}, "home_province": {Value: "重庆"}, "home_town": {Value: "某某县某某镇"},
			}, storage.Said{By: &ms[0].Person.ID}, w.Now())
			w.ok(err)
			_, err = w.CommitMembers(ctx, []storage.MemberChange{c})
			w.ok(err)
		}
		before := missing()
		if page := r.page("/"); !strings.Contains(page, before) || strings.Contains(page, "正在更新") {
			t.Fatal("the first look is not exact")
		}
		declare()
		w.at(w.Now().Add(time.Minute))
		page := r.page("/")
		if !strings.Contains(page, before) || !strings.Contains(page, "正在更新") || !strings.Contains(page, `hx-trigger="load delay:1s"`) {
			t.Error("a look after a minute waits, or does not say that its figures are old")
		}
		for strings.Contains(page, "正在更新") {
			page = r.page("/")
		}
		if !strings.Contains(page, missing()) {
			t.Error("the figures were not counted anew")
		}
		declare()
		w.at(w.Now().Add(time.Hour))
		if page := r.page("/"); !strings.Contains(page, missing()) || strings.Contains(page, "正在更新") {
			t.Error("figures of an hour ago are shown")
		}
		declare()
		w.at(w.Now().Add(-time.Hour))
		if page := r.page("/"); !strings.Contains(page, missing()) {
			t.Error("figures of the future are shown")
		}
	})
}
