package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"xianjie/season"
	"xianjie/storage"
)

// Move implements Stage. The walk itself goes on after it has returned.
func (t *Theatre) Move(ctx context.Context, step string) error {
	to, err := t.target(ctx, step)
	if err != nil {
		return err
	}
	local := to.In(t.app.Season.Zone)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.moving != nil {
		return Refused("日历正在走，请稍候。")
	}
	t.moving = &Moving{Text: fmt.Sprintf("正在走到%s %s", t.app.Season.DateOf(to).Chinese(), local.Format("15:04")), To: local}
	t.walks <- to
	t.touch()
	return nil
}

// target is where a step of the calendar ends.
func (t *Theatre) target(ctx context.Context, step string) (time.Time, error) {
	sn, now := t.app.Season, t.clock.now()
	to := sn.Morning(sn.DateOf(now))
	if !to.After(now) {
		to = sn.Morning(sn.DateOf(now).AddDays(1))
	}
	switch step {
	case StepMorning:
	case StepDeadline:
		wake, ok, err := t.app.Store.NextWake(ctx)
		if err != nil {
			return to, err
		}
		if !ok {
			return to, Refused("这个毕业季没有更多期限了。")
		}
		// A date passes at midnight, when nobody looks: its morning shows what came of it.
		if day := sn.Morning(sn.DateOf(wake)); day.After(to) {
			to = day
		}
	default:
		d, err := season.ParseDate(step)
		if err != nil {
			return to, Refused("请先选一个日期。")
		}
		if to = sn.Morning(d); !to.After(now) {
			return to, Refused("日历只能往前走。")
		}
	}
	if to.After(sn.EndOf(sn.Closes)) {
		return to, Refused(fmt.Sprintf("这个毕业季到%s为止。", sn.Closes.ChineseYear()))
	}
	return to, nil
}

// Walk moves the calendar as asked until ctx ends.
func (t *Theatre) Walk(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case to := <-t.walks:
			if err := t.walk(ctx, to); err != nil && ctx.Err() == nil {
				t.log.Error("the calendar stopped", "err", err)
				t.happened(t.clock.now(), "日历停下了，程序没有回应。", true)
			}
			t.mu.Lock()
			t.moving = nil
			t.mu.Unlock()
			t.touch()
		}
	}
}

// walk lets time pass from one thing that happens to the next: a reminder, a date that passes, somebody of the cast who
// acts. At each the product does what it would have done at that moment.
func (t *Theatre) walk(ctx context.Context, to time.Time) error {
	for {
		at := to
		if wake, ok, err := t.app.Store.NextWake(ctx); err != nil {
			return err
		} else if ok && wake.Before(at) {
			at = wake
		}
		if act, ok := t.extras.next(); ok && act.Before(at) {
			at = act
		}
		t.clock.moveTo(at)
		if _, err := t.app.Clock.Tick(ctx); err != nil {
			return err
		}
		if err := t.extras.perform(ctx); err != nil {
			return err
		}
		if err := t.quiet(ctx); err != nil {
			return err
		}
		t.note(ctx)
		t.touch()
		if !at.Before(to) {
			return nil
		}
	}
}

// played reports that somebody at the page holds or has held this member's phone.
func (t *Theatre) played(no string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.taken[no]
}

// note writes what happened since the last time into the log.
func (t *Theatre) note(ctx context.Context) {
	outs, err := t.app.Store.SentAfter(ctx, t.noted.out, 1000)
	if err != nil {
		t.log.Error("log of the demo", "err", err)
		return
	}
	audits, err := t.app.Store.AuditAfter(ctx, t.noted.audit, []string{"declare", "lapse"}, 1000)
	if err != nil {
		t.log.Error("log of the demo", "err", err)
		return
	}
	type line struct {
		at    time.Time
		text  string
		major bool
	}
	var lines []line
	for _, o := range outs {
		t.noted.out = max(t.noted.out, o.ID)
		if o.Kind == storage.OutDigest && o.Part == 0 {
			lines = append(lines, line{o.CreatedAt, "提醒" + t.nameOf(ctx, o.PersonID) + "：" + gist(o.Kind, o.Text), true})
		}
	}
	for _, a := range audits {
		t.noted.audit = max(t.noted.audit, a.ID)
		switch a.Action {
		case "declare":
			if d, ok := t.app.Season.Destination(a.Detail["destination"]); ok {
				lines = append(lines, line{a.At, t.nameOf(ctx, a.ActorID) + "登记了去向：" + d.Short, false})
			}
		case "lapse":
			if text := t.lapseText(ctx, a); text != "" {
				lines = append(lines, line{a.At, text, true})
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return a.at.Compare(b.at) })
	for _, l := range lines {
		t.happened(l.at, l.text, l.major)
	}
}

// lapseText says which date passed for whom.
func (t *Theatre) lapseText(ctx context.Context, a storage.Audit) string {
	rule, ok := t.app.Season.DutyRule(a.Detail["rule"])
	if !ok {
		return ""
	}
	var id int64
	if _, err := fmt.Sscanf(a.Subject, "duty/%d", &id); err != nil {
		return ""
	}
	duties, err := t.app.Store.Duties(ctx, []int64{id})
	if err != nil {
		return ""
	}
	d := duties[id]
	what := "过期未办"
	if d.Outcome == storage.DutyDefaulted {
		what = "到期，系统默认通过"
	}
	return fmt.Sprintf("%s%s：%s", rule.Name, what, t.nameOf(ctx, &d.PersonID))
}

func (t *Theatre) nameOf(ctx context.Context, id *int64) string {
	if id == nil {
		return ""
	}
	p, err := t.app.Store.Person(ctx, *id)
	if err != nil {
		return ""
	}
	return p.Name
}

// maxLog is how much of the log is kept.
const maxLog = 120

func (t *Theatre) happened(at time.Time, text string, major bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.serial++
	h := Happened{ID: fmt.Sprint(t.serial), At: at.In(t.app.Season.Zone), Text: text, Major: major}
	t.events = slices.Insert(t.events, 0, h)
	t.events = t.events[:min(len(t.events), maxLog)]
}
