package console

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"xianjie/storage"
)

// auditView is 审计: who did and saw what, the latest first.
type auditView struct {
	page
	Actions []choice
	No      string
	Lines   []auditLine
	Next    string
	First   string
}

func (c *Console) audit(w http.ResponseWriter, v *visit) error {
	q := v.URL.Query()
	before, _ := strconv.ParseInt(q.Get("before"), 10, 64) // nonsense begins at the end
	f := storage.AuditFilter{Action: q.Get("action")}
	no := strings.TrimSpace(q.Get("no"))
	var lines []storage.Audit
	known, err := c.actor(v, no, &f)
	if err != nil {
		return err
	}
	if known {
		if lines, err = c.Store.AuditPage(v.Context(), f, before, listPage+1); err != nil {
			return err
		}
	}
	view := auditView{page: c.frame(v, "审计"), No: no}
	at := func(id int64) string {
		p := url.Values{}
		for k, v := range map[string]string{"action": f.Action, "no": no, "before": strconv.FormatInt(id, 10)} {
			if v != "" && v != "0" {
				p.Set(k, v)
			}
		}
		return strings.TrimSuffix("/audit?"+p.Encode(), "?")
	}
	if len(lines) > listPage {
		lines = lines[:listPage]
		view.Next = at(lines[listPage-1].ID)
	}
	if before != 0 {
		view.First = at(0)
	}
	if view.Lines, err = c.auditLines(v.Context(), lines); err != nil {
		return err
	}
	for _, key := range slices.SortedFunc(maps.Keys(actions), func(a, b string) int { return cmp.Compare(actions[a], actions[b]) }) {
		view.Actions = append(view.Actions, choice{key, actions[key], key == f.Action})
	}
	if len(lines) > 0 {
		if err := c.seen(v, "audit", map[string]string{"lines": strconv.Itoa(len(lines))}); err != nil {
			return err
		}
	}
	return c.render(w, http.StatusOK, "audit", view)
}

// actor narrows the audit to the person with a number; false when there is none.
func (c *Console) actor(v *visit, no string, f *storage.AuditFilter) (bool, error) {
	if no == "" {
		return true, nil
	}
	p, err := c.Store.PersonByNo(v.Context(), no)
	if storage.NotFound(err) {
		return false, nil
	}
	f.Actor = p.ID
	return err == nil, err
}
