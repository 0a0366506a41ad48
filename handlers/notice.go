package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"xianjie/storage"
	"xianjie/understand"
)

// The committee writes a notice (通知): the text, whom it is for, a look at what it comes to, then 发送. Until then it is
// part of the writer's dialogue only.

// noticeDraft is a notice being written.
type noticeDraft struct {
	Step     string `json:"step"`
	Text     string `json:"text,omitempty"`
	Audience string `json:"audience,omitempty"` // the sentence, as written
	Follows  int64  `json:"follows,omitempty"`  // the notice whose silent recipients are asked again
	File     int64  `json:"file,omitempty"`     // what it carries, stored
	FileSaid string `json:"file_said,omitempty"`
}

// Steps of writing a notice.
const (
	stepText     = "text"
	stepAudience = "audience"
	stepReady    = "ready"
)

// noticeRules are the words of the committee about notices, before those of all officers.
func noticeRules() []rule {
	step := func(steps ...string) func(*turn) bool {
		return func(t *turn) bool { return t.draft.Notice != nil && slices.Contains(steps, t.draft.Notice.Step) }
	}
	and := func(a, b func(*turn) bool) func(*turn) bool {
		return func(t *turn) bool { return t.onCommittee() && a(t) && b(t) }
	}
	says := func(ws ...string) func(*turn) bool { return and(words(ws...), always) }
	return []rule{
		{officer, nil, "取消（不写通知了）", and(step(stepText, stepAudience, stepReady), isCancel), (*turn).dropNotice, nil},
		{officer, nil, "不带附件", and(step(stepText, stepAudience, stepReady), carriesFile), (*turn).dropNoticeFile, nil},
		{officer, nil, "通知的内容", and(step(stepText), always), (*turn).noticeText, nil},
		{officer, nil, "通知发给谁", and(step(stepAudience), always), (*turn).noticeAudience, nil},
		{officer, nil, "试发", and(step(stepReady), words("试发")), (*turn).tryNotice, nil},
		{officer, nil, "发送", and(step(stepReady), words("发送")), (*turn).sendNotice, nil},
		{officer, nil, "改内容", and(step(stepReady), words("改内容")), (*turn).rewriteNotice, nil},
		{officer, nil, "改对象", and(step(stepReady), words("改对象")), (*turn).readdressNotice, nil},
		{officer, nil, "通知", says("通知", "发通知", "写通知", "群发"), (*turn).startNotice, nil},
		{officer, nil, "通知列表", says("通知列表", "所有通知"), (*turn).listNotices, nil},
		{officer, nil, "通知名单 12", and(numberedWord(wordsNoticeList...), always), (*turn).noticeList, nil},
		{officer, nil, "进展 12", and(numberedWord("进展", "通知"), always), (*turn).noticeProgress, nil},
		{officer, nil, "放行 12 · 退回 12 · 暂停 12 · 继续 12 · 停止 12", and(numberedWord("放行", "退回", "暂停", "继续", "停止"), always), (*turn).moveNotice, nil},
		{officer, nil, "跟进 12", and(numberedWord("跟进"), always), (*turn).followNotice, nil},
		{officer, nil, "继续（微信停发之后）", says("继续", "恢复发送"), (*turn).resume, nil},
	}
}

// carriesFile recognises that the notice is to go without what it carries.
func carriesFile(t *turn) bool {
	return t.draft.Notice.File != 0 && t.heard("不带附件", "去掉附件", "不要附件", "不附了")
}

// onCommittee reports whether an officer sees the whole school; for anybody else these words do not exist.
func (t *turn) onCommittee() bool {
	return slices.ContainsFunc(t.p.Roles, func(r storage.RoleIn) bool { return r.Party == storage.OrgCommittee })
}

// numberedWord recognises one of some words followed by a number.
func numberedWord(ws ...string) func(*turn) bool {
	return func(t *turn) bool {
		_, _, ok := t.wordAndNumber(ws...)
		return ok
	}
}

func (t *turn) wordAndNumber(ws ...string) (string, int64, bool) {
	for _, w := range ws {
		rest, ok := strings.CutPrefix(t.word, w)
		if !ok {
			continue
		}
		if n, ok := understand.Number(strings.Trim(rest, aroundWords), maxNotice); ok {
			return w, int64(n), true
		}
	}
	return "", 0, false
}

// maxNotice bounds the numbers of notices.
const maxNotice = 99999

func (t *turn) startNotice() {
	t.draft.Notice = &noticeDraft{Step: stepText}
	t.say(textNoticeText)
}

func (t *turn) dropNotice() {
	t.draft.Notice = nil
	t.say(textNoticeDropped)
}

// noticeText takes the text as it was typed: what is read elsewhere is normalised, what is sent on is not.
func (t *turn) noticeText() {
	text := strings.TrimSpace(t.p.Inbox.Text)
	if strange := strangePlaceholders(text); strange != nil {
		t.say(textNoticeStrange, strings.Join(strange, "、"))
		return
	}
	if over := utf8.RuneCountInString(text) - maxNoticeText; over > 0 {
		t.say(textNoticeLong, maxNoticeText, over)
		return
	}
	t.draft.Notice.Text = text
	if t.draft.Notice.Audience != "" {
		t.draft.Notice.Step = stepReady
		t.previewNotice()
		return
	}
	t.draft.Notice.Step = stepAudience
	t.say(textNoticeAudience, t.audienceExamples())
}

// maxNoticeText leaves room for names and for the line that asks for an answer: a notice is one message, because each part
// would cost as much of the budget and could get lost by itself.
const maxNoticeText = storage.MaxPart - 90

func (t *turn) noticeAudience() {
	heard, ok := t.heardAudience(t.line)
	if !ok {
		return
	}
	if !heard.ok() {
		if len(heard.unknown) > 0 {
			t.say(textAudienceUnknown, strings.Join(quotedAll(heard.unknown), "、"))
		}
		for _, w := range heard.wrong {
			t.say("%s", w)
		}
		t.say(textAudienceHow, t.audienceExamples())
		return
	}
	t.draft.Notice.Audience, t.draft.Notice.Step = t.line, stepReady
	t.previewNotice()
}

// audienceExamples are sentences that mean something in this season.
func (t *turn) audienceExamples() string {
	second := t.season.Destinations[0].Short
	if x := t.season.CrossSystem; len(x.Inside) > 0 {
		second += " 非" + strings.Join(x.Inside, "")
	}
	return fmt.Sprintf("%d届 %s\n%s\n团支书\n全部", t.season.Cohort, textUndeclared, second)
}

func quotedAll(words []string) []string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = "“" + oneLine(w, 12) + "”"
	}
	return list
}

func (t *turn) heardAudience(sentence string) (heardAudience, bool) {
	orgs, ok := t.allOrgs()
	if !ok {
		return heardAudience{}, false
	}
	return t.audience(sentence, orgs), true
}

func (t *turn) allOrgs() ([]storage.Org, bool) {
	return want(t, "orgs", func(ctx context.Context, s *storage.Store) ([]storage.Org, error) {
		colleges, err := s.Orgs(ctx, storage.OrgCollege)
		if err != nil {
			return nil, err
		}
		branches, err := s.Orgs(ctx, storage.OrgBranch)
		return append(colleges, branches...), err
	})
}

// planned is the notice being written with everybody it would reach now.
func (t *turn) planned() (heardAudience, reachPlan, bool) {
	heard, ok := t.heardAudience(t.draft.Notice.Audience)
	if !ok {
		return heard, reachPlan{}, false
	}
	people, ok := want(t, "reach/"+t.draft.Notice.Audience, func(ctx context.Context, s *storage.Store) ([]storage.Reachable, error) {
		return s.ReachOf(ctx, heard.Audience)
	})
	if !ok {
		return heard, reachPlan{}, false
	}
	orgs, _ := t.allOrgs()
	plan := planReach(t.draft.Notice.Text, heard.Audience, people, orgs)
	plan.carries = t.draft.Notice.File != 0
	return heard, plan, true
}

// previewNotice says what a notice comes to before anything leaves.
func (t *turn) previewNotice() {
	heard, plan, ok := t.planned()
	if !ok {
		return
	}
	if len(plan.people) == 0 {
		t.draft.Notice.Step, t.draft.Notice.Audience = stepAudience, ""
		t.say(textNoticeNobody, heard.said)
		return
	}
	t.audit(actionView, "audience", map[string]string{"audience": heard.said, "people": fmt.Sprint(len(plan.people))})
	if len(plan.outs) == 0 {
		t.say(textNoticeFor0, heard.said, len(plan.people))
		t.say("%s", plan.whoIsLeftOut())
		t.say(textNoticeNoSend)
		return
	}
	t.say(textNoticeFor, heard.said, len(plan.people), len(plan.people)-plan.skippedPeople(), plan.sends(), plan.ways(), t.lasts(plan.sends()))
	if plan.carries {
		t.say(textNoticeCarries, t.draft.Notice.FileSaid)
	}
	t.say("%s", plan.whoIsLeftOut())
	longest := plan.longest(samples)
	if n := utf8.RuneCountInString(plan.outs[longest[0]].Text); n > storage.MaxPart {
		t.draft.Notice.Step = stepText
		t.say(textNoticeTooLong, n, storage.MaxPart)
		return
	}
	if len(plan.outs) > samples {
		t.say(textNoticeSome+"\n%s", plan.show(plan.some(samples, t.p.Inbox.ID)))
		t.say(textNoticeLongest+"\n%s", plan.show(longest))
	} else {
		t.say(textNoticeEach+"\n%s", plan.show(longest))
	}
	if t.mustRelease(plan) {
		t.say(textNoticeMustRelease, t.season.Notices.ReleaseAbove)
	}
	if plan.carries {
		t.say(textNoticeHow + "\n" + textNoticeWithout)
	} else {
		t.say(textNoticeHow + "\n" + textNoticeWith)
	}
}

// samples is how many messages a preview shows of each kind.
const samples = 5

func (p *reachPlan) skippedPeople() int {
	n := 0
	for _, names := range p.skipped {
		n += len(names)
	}
	return n
}

// ways is how many messages go where.
func (p *reachPlan) ways() string {
	var ways []string
	if p.groups > 0 {
		ways = append(ways, fmt.Sprintf(textNoticeGroups, p.groups, p.inGroup))
	}
	if alone := len(p.outs) - p.groups; alone > 0 {
		ways = append(ways, fmt.Sprintf(textNoticeAlone, alone))
	}
	return strings.Join(ways, "，")
}

// skipTexts are the reasons in the order they are told.
var skipTexts = []struct{ reason, text string }{
	{storage.SkipStranger, "没有加助手，班级也没有绑定群"},
	{storage.SkipNoGroup, "班级没有绑定群"},
	{storage.SkipGone, "已删除或拉黑助手"},
	{storage.SkipLost, "助手重新登录后还没认出来"},
}

// dropTexts are why a message was put away unsent.
var dropTexts = map[string]string{
	storage.DropStopped: "通知已停止", storage.DropNotMeant: "轮到时已不在发送对象里", storage.DropExpired: "一周内没能发出",
}

func (p *reachPlan) whoIsLeftOut() string {
	if len(p.skipped) == 0 {
		return textNoticeAll
	}
	const shown = 8
	text := fmt.Sprintf(textNoticeLeftOut, p.skippedPeople())
	for _, s := range skipTexts {
		if names := p.skipped[s.reason]; len(names) > 0 {
			text += fmt.Sprintf("\n· %s %d人：%s", s.text, len(names), strings.Join(names[:min(shown, len(names))], "、"))
			if len(names) > shown {
				text += "等"
			}
		}
	}
	return text
}

func (p *reachPlan) show(which []int) string {
	lines := make([]string, len(which))
	for i, n := range which {
		text := p.outs[n].Text
		body := strings.TrimSuffix(strings.TrimSuffix(text, textFootGroup), textFootPrivate)
		lines[i] = fmt.Sprintf("%s（%d字）：%s", p.names[n], utf8.RuneCountInString(text), oneLine(strings.TrimSpace(body), 40))
	}
	return numbered(lines)
}

// lasts is how long so many messages take, in words.
func (t *turn) lasts(sends int) string {
	var d time.Duration
	if t.pace != nil {
		d = t.pace(sends)
	}
	switch {
	case d < time.Minute:
		return "不到1分钟"
	case d < 2*time.Hour:
		return fmt.Sprintf("大约%d分钟", int(d.Round(time.Minute).Minutes()))
	}
	return fmt.Sprintf("大约%d小时", int((d + time.Hour - 1).Hours()))
}

func (t *turn) mustRelease(p reachPlan) bool { return len(p.people) > t.season.Notices.ReleaseAbove }

// tryNotice sends it to the writer alone, as they would read it.
func (t *turn) tryNotice() {
	orgs, ok := t.allOrgs()
	if !ok {
		return
	}
	me := storage.Reachable{PersonID: t.p.Person.ID, No: t.p.Person.No, Name: t.p.Person.Name}
	college, branch := textSampleCollege, textSampleBranch
	for _, o := range orgs {
		switch {
		case t.p.Person.CollegeID != nil && o.ID == *t.p.Person.CollegeID:
			college = o.Name
		case t.p.Person.BranchID != nil && o.ID == *t.p.Person.BranchID:
			branch = o.Name
		}
	}
	t.say("%s", noticeFor(t.draft.Notice.Text, me, college, branch))
	if f := t.draft.Notice.File; f != 0 {
		t.attachStored(t.p.Contact, storage.OutReply, f)
	}
}

func (t *turn) rewriteNotice() {
	t.draft.Notice.Step = stepText
	t.say(textNoticeText)
}

func (t *turn) readdressNotice() {
	t.draft.Notice.Step, t.draft.Notice.Audience = stepAudience, ""
	t.say(textNoticeAudience, t.audienceExamples())
}
