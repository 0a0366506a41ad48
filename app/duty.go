package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"xianjie/storage"
)

// WriteDuty tells what happened to one duty: its plan, what was sent and what WeChat answered, what people answered, and
// how it ended. Format is text, for people, or json.
func WriteDuty(ctx context.Context, d *Data, w io.Writer, format string, id int64) error {
	story, err := d.Store.DutyStory(ctx, id)
	if err != nil {
		return err
	}
	if format == "json" {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(story)
	}
	_, err = io.WriteString(w, d.dutyStory(story))
	return err
}

func (d *Data) dutyStory(s storage.DutyStory) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	w := Words{d.Season}
	line("%d号事项：%s（%s，%s），由%s负责", s.Duty.ID, w.Duty(s.Duty.Rule), s.About, s.Org, w.Party(s.Duty.Party))
	line("开始：%s　截止：%s", d.minute(s.Duty.OpenedAt), s.Duty.Due)
	switch {
	case s.Duty.LapsedAt != nil && s.Duty.ClosedAt == nil:
		line("现在：已经逾期，还没办好")
	case s.Duty.ClosedAt == nil:
		line("现在：还没办好")
	case s.Duty.LapsedAt != nil && s.Duty.Outcome != storage.DutyDefaulted:
		line("结果：%s（%s，逾期之后）", w.Outcome(s.Duty.Outcome), d.minute(*s.Duty.ClosedAt))
	default:
		line("结果：%s（%s）", w.Outcome(s.Duty.Outcome), d.minute(*s.Duty.ClosedAt))
	}
	line("\n计划的提醒：")
	for _, st := range s.Steps {
		line("  %s %s %s：%s", d.minute(st.At), w.Step(st.Step), w.Party(st.Party), w.StepState(st.State))
	}
	line("\n实际的提醒：")
	if len(s.Told) == 0 {
		line("  还没有")
	}
	for _, t := range s.Told {
		what := w.OutState(t.State)
		at := t.At
		if t.SentAt != nil {
			at = *t.SentAt
		}
		if t.Reason != "" {
			what += "（" + t.Reason + "）"
		}
		line("  %s %s → %s：%s", d.minute(at), w.Step(t.Step), cmp.Or(t.Person, "（无）"), what)
	}
	if len(s.Answers) > 0 {
		line("\n回应：")
	}
	for _, a := range s.Answers {
		text := w.Answer(a.What)
		if a.Taker != "" {
			text += "，转给" + a.Taker
		}
		line("  %s %s：%s", d.minute(a.At), a.Person, text)
	}
	return b.String()
}

func (d *Data) minute(t time.Time) string { return t.In(d.Season.Zone).Format("2006-01-02 15:04") }
