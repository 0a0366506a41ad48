package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"xianjie/season"
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

var (
	stepStates = map[string]string{
		storage.StepPlanned: "还没到", storage.StepDone: "已提醒", storage.StepDropped: "不用再提醒", storage.StepMissed: "到期前没能提醒",
	}
	outStates = map[string]string{
		storage.OutQueued: "等待发送", storage.OutSending: "正在发送", storage.OutSent: "已送达微信", storage.OutUnknown: "是否送达未知",
		storage.OutHeld: "暂停", storage.OutFailed: "没有送到", storage.OutDropped: "没有发出",
	}
	outcomes = map[string]string{
		storage.DutyDone: "已办好", storage.DutyWithdrawn: "情况有变，不用办了", storage.DutyDefaulted: "没有人审核，系统默认通过",
	}
	answers = map[string]string{storage.AckSeen: "知道了", storage.AckDone: "已办", storage.AckHanded: "换人"}
)

func (d *Data) dutyStory(s storage.DutyStory) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	name := s.Duty.Rule
	if r, ok := d.Season.DutyRule(s.Duty.Rule); ok {
		name = r.Name
	}
	line("%d号事项：%s（%s，%s），由%s负责", s.Duty.ID, name, s.About, s.Org, d.party(s.Duty.Party))
	line("开始：%s　截止：%s", d.minute(s.Duty.OpenedAt), s.Duty.Due)
	switch {
	case s.Duty.LapsedAt != nil && s.Duty.ClosedAt == nil:
		line("现在：已经逾期，还没办好")
	case s.Duty.ClosedAt == nil:
		line("现在：还没办好")
	case s.Duty.LapsedAt != nil && s.Duty.Outcome != storage.DutyDefaulted:
		line("结果：%s（%s，逾期之后）", cmp.Or(outcomes[s.Duty.Outcome], s.Duty.Outcome), d.minute(*s.Duty.ClosedAt))
	default:
		line("结果：%s（%s）", cmp.Or(outcomes[s.Duty.Outcome], s.Duty.Outcome), d.minute(*s.Duty.ClosedAt))
	}
	line("\n计划的提醒：")
	for _, st := range s.Steps {
		line("  %s %s %s：%s", d.minute(st.At), d.stepName(st.Step), d.party(st.Party), cmp.Or(stepStates[st.State], st.State))
	}
	line("\n实际的提醒：")
	if len(s.Told) == 0 {
		line("  还没有")
	}
	for _, t := range s.Told {
		what := cmp.Or(outStates[t.State], "没有人能联系上")
		at := t.At
		if t.SentAt != nil {
			at = *t.SentAt
		}
		if t.Reason != "" {
			what += "（" + t.Reason + "）"
		}
		line("  %s %s → %s：%s", d.minute(at), d.stepName(t.Step), cmp.Or(t.Person, "（无）"), what)
	}
	if len(s.Answers) > 0 {
		line("\n回应：")
	}
	for _, a := range s.Answers {
		text := cmp.Or(answers[a.What], a.What)
		if a.Taker != "" {
			text += "，转给" + a.Taker
		}
		line("  %s %s：%s", d.minute(a.At), a.Person, text)
	}
	return b.String()
}

func (d *Data) minute(t time.Time) string { return t.In(d.Season.Zone).Format("2006-01-02 15:04") }

// party is a party as lists name it; the member is 本人.
func (d *Data) party(key string) string {
	if key == storage.SubjectMember {
		return "本人"
	}
	return cmp.Or(d.Season.Parties[key].Name, key)
}

// stepName is a step in words: 提前7天, 逾期后第2次.
func (d *Data) stepName(step string) string {
	_, rest, _ := strings.Cut(step, ":")
	from, _, _ := strings.Cut(rest, ">")
	switch season.KindOf(step) {
	case season.StepOverdue:
		return "逾期后第" + rest + "次"
	case season.StepUnanswered:
		return d.party(from) + "没有回应"
	case season.StepSeen:
		return "知道了以后再问"
	case season.StepHanded:
		return "转交"
	case season.StepUnreached:
		return d.party(rest) + "联系不上"
	}
	if step == storage.StepLapsed {
		return "到期报告"
	}
	if n, ok := strings.CutPrefix(step, "before-"); ok {
		if n == "0" {
			return "当天"
		}
		return "提前" + n + "天"
	}
	if n, ok := strings.CutPrefix(step, "after-"); ok {
		return "开始后" + n + "天"
	}
	return strings.TrimPrefix(step, "on-")
}
