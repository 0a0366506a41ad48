package app

import (
	"cmp"
	"strings"

	"xianjie/season"
	"xianjie/storage"
)

// Words say what is stored as people read it.
type Words struct{ Season *season.Season }

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

// StepState is the state of a planned reminder.
func (Words) StepState(state string) string { return cmp.Or(stepStates[state], state) }

// OutState is the state of a message; without one nobody could be reached.
func (Words) OutState(state string) string { return cmp.Or(outStates[state], "没有人能联系上") }

// Outcome is how a duty ended.
func (Words) Outcome(outcome string) string { return cmp.Or(outcomes[outcome], outcome) }

// Answer is what was answered to a reminder.
func (Words) Answer(what string) string { return cmp.Or(answers[what], what) }

// Duty is what is to be done.
func (w Words) Duty(rule string) string {
	if r, ok := w.Season.DutyRule(rule); ok {
		return r.Name
	}
	return rule
}

// Party is a party as lists name it; the member is 本人.
func (w Words) Party(key string) string {
	if key == storage.SubjectMember {
		return "本人"
	}
	return cmp.Or(w.Season.Parties[key].Name, key)
}

// Step is a step in words: 提前7天, 逾期后第2次.
func (w Words) Step(step string) string {
	_, rest, _ := strings.Cut(step, ":")
	from, _, _ := strings.Cut(rest, ">")
	switch season.KindOf(step) {
	case season.StepOverdue:
		return "逾期后第" + rest + "次"
	case season.StepUnanswered:
		return w.Party(from) + "没有回应"
	case season.StepSeen:
		return "知道了以后再问"
	case season.StepHanded:
		return "转交"
	case season.StepUnreached:
		return w.Party(rest) + "联系不上"
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
