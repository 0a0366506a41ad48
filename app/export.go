package app

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"xianjie/handlers"
	"xianjie/roster"
	"xianjie/season"
	"xianjie/storage"
)

// table is one kind of export. Keys of columns are a promise to people's scripts: they are added to, never changed.
type table struct {
	columns func(*season.Season) []roster.Column
	rows    func(context.Context, *Data) iter.Seq2[[]any, error]
}

var tables = map[string]table{
	"members":      {fixed("no", "学号", "name", "姓名", "college", "二级团组织", "branch", "团支部", "cohort", "毕业年份", "phone", "手机号", "political", "政治面貌", "wechat", "微信已绑定", "destination", "去向", "state", "进展", "left_at", "离开名册时间", "former", "原团组织"), memberRows},
	"declarations": {declarationColumns, declarationRows},
	"transfers":    {fixed("no", "学号", "name", "姓名", "college", "二级团组织", "branch", "团支部", "destination", "去向", "route", "路径", "target", "转往", "cross_system", "跨系统", "track", "流程", "state", "状态", "state_name", "进展", "entered_at", "进入该状态时间"), transferRows},
	"duties":       {fixed("id", "编号", "rule", "规则", "name", "事项", "party", "责任方", "no", "学号", "person", "姓名", "opened_at", "开始时间", "due", "截止日", "lapses_at", "失效时间", "lapsed_at", "已失效时间", "closed_at", "办结时间", "outcome", "结果", "subject", "对象", "org", "组织"), dutyRows},
	"reminders":    {fixed("id", "编号", "duty_id", "事项编号", "rule", "规则", "step", "提醒", "party", "提醒对象", "no", "学号/工号", "person", "姓名", "slot", "时段", "at", "时间", "message_id", "消息编号", "reason", "未送达原因"), reminderRows},
	"register":     {handlers.RegisterColumns, registerRows},
	"notices":      {fixed("notice", "通知", "sentence", "发给", "state", "通知状态", "no", "学号/工号", "name", "姓名", "via", "途径", "result", "结果", "reason", "原因", "answered_at", "回复时间"), noticeRows},
	"messages":     {fixed("direction", "方向", "id", "编号", "account", "账号", "at", "时间", "no", "学号/工号", "person", "姓名", "nick", "昵称", "kind", "类型", "state", "状态", "done_at", "处理时间", "outcome", "结果", "text", "内容"), messageRows},
	"audit":        {fixed("id", "编号", "at", "时间", "no", "学号/工号", "person", "姓名", "action", "操作", "subject", "对象", "message_id", "消息编号", "detail", "详情"), auditRows},
}

// Kinds are what can be exported.
func Kinds() []string { return slices.Sorted(maps.Keys(tables)) }

// Export writes one kind of table. An unknown kind is an error that names the known ones.
func Export(ctx context.Context, d *Data, w io.Writer, f roster.Format, kind string) error {
	t, ok := tables[kind]
	if !ok {
		return fmt.Errorf("there is no export %q; there are %s", kind, strings.Join(Kinds(), ", "))
	}
	return roster.Export(w, f, t.columns(d.Season), t.rows(ctx, d))
}

// fixed makes columns of pairs of key and title.
func fixed(pairs ...string) func(*season.Season) []roster.Column {
	return func(*season.Season) []roster.Column {
		cs := make([]roster.Column, 0, len(pairs)/2)
		for i := 0; i < len(pairs); i += 2 {
			cs = append(cs, roster.Column{Key: pairs[i], Title: pairs[i+1]})
		}
		return cs
	}
}

// eachMember walks all members on the roster, 500 at a time.
func eachMember(ctx context.Context, d *Data, row func(page []storage.Member) ([][]any, error)) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		stop := fmt.Errorf("stopped by the reader")
		err := d.Store.EachMember(ctx, func(ms []storage.Member) error {
			rows, err := row(ms)
			if err != nil {
				return err
			}
			for _, r := range rows {
				if !yield(r, nil) {
					return stop
				}
			}
			return nil
		})
		if err != nil && err != stop { //nolint:errorlint // made above
			yield(nil, err)
		}
	}
}

// paged walks a table, turning a page of rows into rows of the export.
func paged[T any](pages iter.Seq2[[]T, error], rows func(page []T) ([][]any, error)) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for page, err := range pages {
			var out [][]any
			if err == nil {
				out, err = rows(page)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for _, r := range out {
				if !yield(r, nil) {
					return
				}
			}
		}
	}
}

// peopleOf loads the people a page of rows is about.
func peopleOf[T any](ctx context.Context, d *Data, page []T, id func(T) *int64) (map[int64]storage.Person, error) {
	var ids []int64
	for _, r := range page {
		if p := id(r); p != nil && *p != 0 {
			ids = append(ids, *p)
		}
	}
	slices.Sort(ids)
	return d.Store.PeopleByID(ctx, slices.Compact(ids))
}

// who is number and name of a person, nothing for nobody.
func who(people map[int64]storage.Person, id *int64) (no, name any) {
	if id == nil {
		return nil, nil
	}
	p, ok := people[*id]
	if !ok {
		return nil, nil
	}
	return p.No, p.Name
}

// local shows an instant in the season's zone; nothing for none.
func (d *Data) local(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.In(d.Season.Zone)
}

func (d *Data) localAt(t *time.Time) any {
	if t == nil {
		return nil
	}
	return d.local(*t)
}

func memberRows(ctx context.Context, d *Data) iter.Seq2[[]any, error] {
	return eachMember(ctx, d, func(ms []storage.Member) ([][]any, error) {
		ids := make([]int64, len(ms))
		for i, m := range ms {
			ids[i] = m.Person.ID
		}
		bound, err := d.Store.ContactsOf(ctx, ids)
		if err != nil {
			return nil, err
		}
		rows := make([][]any, len(ms))
		for i, m := range ms {
			_, wechat := bound[m.Person.ID]
			p := m.Person
			rows[i] = []any{
				p.No, p.Name, m.College.Name, m.Branch.Name, p.Cohort, string(p.Phone), p.Political, wechat,
				m.Transfer.Destination, m.Transfer.State, d.localAt(p.LeftAt), p.Former,
			}
		}
		return rows, nil
	})
}

func transferRows(ctx context.Context, d *Data) iter.Seq2[[]any, error] {
	return eachMember(ctx, d, func(ms []storage.Member) ([][]any, error) {
		rows := make([][]any, len(ms))
		for i, m := range ms {
			t := m.Transfer
			var route, target, cross any
			if m.Declaration != nil {
				route, target, cross = m.Declaration.Route, m.Declaration.Target, m.Declaration.CrossSystem
			}
			rows[i] = []any{
				m.Person.No, m.Person.Name, m.College.Name, m.Branch.Name, t.Destination, route, target, cross,
				t.Track, t.State, d.Season.TrackState(t.Track, t.State).Name, d.local(t.EnteredAt),
			}
		}
		return rows, nil
	})
}

// questionKeys are the season's questions in a fixed order, one column of the declarations each.
func questionKeys(s *season.Season) []string { return slices.Sorted(maps.Keys(s.Questions)) }

func declarationColumns(s *season.Season) []roster.Column {
	cs := fixed("id", "编号", "no", "学号", "name", "姓名", "seq", "第几次", "season", "毕业季", "destination", "去向", "route", "路径", "target", "转往",
		"cross_system", "跨系统", "confirmed_at", "确认时间", "by_no", "代填人工号", "superseded_at", "被替换时间", "message_id", "消息编号")(s)
	for _, k := range questionKeys(s) {
		cs = append(cs, roster.Column{Key: "answer_" + k, Title: s.Questions[k].Label})
	}
	return cs
}

func declarationRows(ctx context.Context, d *Data) iter.Seq2[[]any, error] {
	return paged(storage.Pages[storage.Declaration](ctx, d.Store), func(page []storage.Declaration) ([][]any, error) {
		people, err := peopleOf(ctx, d, page, func(x storage.Declaration) *int64 { return &x.PersonID })
		if err != nil {
			return nil, err
		}
		helpers, err := peopleOf(ctx, d, page, func(x storage.Declaration) *int64 { return x.ByPersonID })
		if err != nil {
			return nil, err
		}
		rows := make([][]any, len(page))
		for i, x := range page {
			no, name := who(people, &x.PersonID)
			by, _ := who(helpers, x.ByPersonID)
			r := []any{
				x.ID, no, name, x.Seq, x.Season, x.Destination, x.Route, x.Target, x.CrossSystem,
				d.local(x.ConfirmedAt), by, d.localAt(x.SupersededAt), x.InboxID,
			}
			for _, k := range questionKeys(d.Season) {
				if v, ok := x.Answers[k]; ok {
					r = append(r, v.Value)
				} else {
					r = append(r, nil)
				}
			}
			rows[i] = r
		}
		return rows, nil
	})
}

func (d *Data) ruleName(key string) any {
	if r, ok := d.Season.DutyRule(key); ok {
		return r.Name
	}
	return nil
}

func dutyRows(ctx context.Context, d *Data) iter.Seq2[[]any, error] {
	return paged(storage.Pages[storage.Duty](ctx, d.Store), func(page []storage.Duty) ([][]any, error) {
		people, err := peopleOf(ctx, d, page, func(x storage.Duty) *int64 { return &x.PersonID })
		if err != nil {
			return nil, err
		}
		orgs := make([]int64, len(page))
		for i, x := range page {
			orgs[i] = x.OrgID
		}
		units, err := d.Store.Units(ctx, orgs)
		if err != nil {
			return nil, err
		}
		names := make(map[int64]string, len(units))
		for _, u := range units {
			names[u.Org.ID] = u.Org.Name
		}
		rows := make([][]any, len(page))
		for i, x := range page {
			no, name := who(people, &x.PersonID)
			rows[i] = []any{
				x.ID, x.Rule, d.ruleName(x.Rule), x.Party, no, name, d.local(x.OpenedAt), x.Due, d.local(x.LapsesAt),
				d.localAt(x.LapsedAt), d.localAt(x.ClosedAt), x.Outcome, x.Subject, names[x.OrgID],
			}
		}
		return rows, nil
	})
}

func reminderRows(ctx context.Context, d *Data) iter.Seq2[[]any, error] {
	return paged(storage.Pages[storage.Reminder](ctx, d.Store), func(page []storage.Reminder) ([][]any, error) {
		people, err := peopleOf(ctx, d, page, func(x storage.Reminder) *int64 { return &x.PersonID })
		if err != nil {
			return nil, err
		}
		ids := make([]int64, len(page))
		for i, x := range page {
			ids[i] = x.DutyID
		}
		duties, err := d.Store.Duties(ctx, ids)
		if err != nil {
			return nil, err
		}
		rows := make([][]any, len(page))
		for i, x := range page {
			no, name := who(people, &x.PersonID)
			rows[i] = []any{x.ID, x.DutyID, duties[x.DutyID].Rule, x.Step, x.Party, no, name, x.Slot, d.local(x.At), x.OutboxID, x.Reason}
		}
		return rows, nil
	})
}

// messageRows are all messages received, then all sent.
func messageRows(ctx context.Context, d *Data) iter.Seq2[[]any, error] {
	in := paged(storage.Pages[storage.Inbox](ctx, d.Store), func(page []storage.Inbox) ([][]any, error) {
		contacts, people, err := chatsOf(ctx, d, page, func(x storage.Inbox) int64 { return x.ContactID })
		if err != nil {
			return nil, err
		}
		rows := make([][]any, len(page))
		for i, x := range page {
			c := contacts[x.ContactID]
			no, name := who(people, c.PersonID)
			rows[i] = []any{"in", x.ID, x.Account, d.local(x.At), no, name, c.Nick, x.Kind, x.State, d.localAt(x.DoneAt), x.Outcome, x.Text}
		}
		return rows, nil
	})
	out := paged(storage.Pages[storage.Outbox](ctx, d.Store), func(page []storage.Outbox) ([][]any, error) {
		contacts, people, err := chatsOf(ctx, d, page, func(x storage.Outbox) int64 { return x.ContactID })
		if err != nil {
			return nil, err
		}
		rows := make([][]any, len(page))
		for i, x := range page {
			c := contacts[x.ContactID]
			no, name := who(people, c.PersonID)
			rows[i] = []any{"out", x.ID, x.Account, d.local(x.CreatedAt), no, name, c.Nick, x.Kind, x.State, d.localAt(x.DoneAt), x.Reason, x.Text}
		}
		return rows, nil
	})
	return func(yield func([]any, error) bool) {
		for _, half := range []iter.Seq2[[]any, error]{in, out} {
			for r, err := range half {
				if !yield(r, err) {
					return
				}
			}
		}
	}
}

// chatsOf loads the contacts of a page of messages and who they are.
func chatsOf[T any](ctx context.Context, d *Data, page []T, id func(T) int64) (map[int64]storage.Contact, map[int64]storage.Person, error) {
	ids := make([]int64, len(page))
	for i, x := range page {
		ids[i] = id(x)
	}
	slices.Sort(ids)
	contacts, err := d.Store.ContactsByID(ctx, slices.Compact(ids))
	if err != nil {
		return nil, nil, err
	}
	people, err := peopleOf(ctx, d, slices.Collect(maps.Values(contacts)), func(c storage.Contact) *int64 { return c.PersonID })
	return contacts, people, err
}

func auditRows(ctx context.Context, d *Data) iter.Seq2[[]any, error] {
	return paged(storage.Pages[storage.Audit](ctx, d.Store), func(page []storage.Audit) ([][]any, error) {
		people, err := peopleOf(ctx, d, page, func(x storage.Audit) *int64 { return x.ActorID })
		if err != nil {
			return nil, err
		}
		rows := make([][]any, len(page))
		for i, x := range page {
			no, name := who(people, x.ActorID)
			var detail []string
			for _, k := range slices.Sorted(maps.Keys(x.Detail)) {
				detail = append(detail, k+"="+x.Detail[k])
			}
			rows[i] = []any{x.ID, d.local(x.At), no, name, x.Action, x.Subject, x.InboxID, strings.Join(detail, "; ")}
		}
		return rows, nil
	})
}
