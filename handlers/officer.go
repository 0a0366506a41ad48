package handlers

import (
	"slices"
	"strings"

	"xianjie/season"
	"xianjie/storage"
)

// officerRules are the words of officers (团支书, 学院团委书记, 校团委). They come before a member's answers, because a
// branch secretary is usually a graduate too; none of them can be mistaken for an answer.
func officerRules() []rule {
	return []rule{
		{officer, nil, "回 12 文字 · 同意 12 · 拒绝 12 · 办结 12", isMatterReply, (*turn).answerMatter, nil},
		{officer, nil, "待答复", isWaiting, (*turn).listMatters, nil},
		{officer, nil, "进度 [学院或团支部]", isProgress, (*turn).progress, nil},
		{officer, nil, "进度图 [学院或团支部]", isPicture, (*turn).picture, nil},
		{officer, nil, "总览、通报（校团委）", isRanking, (*turn).ranking, nil},
		{officer, nil, "任命 工号 姓名 角色 组织 · 卸任 工号 姓名（校团委）", func(t *turn) bool { return t.onCommittee() && isAppointment(t) }, (*turn).appoint, nil},
		{officer, nil, "名单 [条件]", isList, (*turn).list, nil},
		{officer, nil, "代填 姓名（或学号、名单里的编号）", isFillFor, (*turn).fillFor, []string{stateChoose, stateEdit}},
		{officer, nil, "依据 姓名（或学号、名单里的编号）", isGrounds, (*turn).grounds, nil},
		{officer, nil, "催 全部 · 催 1 3-5 · 催 姓名…", isNudge, (*turn).nudgeMembers, nil},
		{officer, nil, "控制台", words(textConsole), (*turn).console, nil},
		{officer, nil, "导出 [条件]", isExport, (*turn).export, nil},
		{officer, nil, "确认（填好发回的工作簿）", func(t *turn) bool { return t.draft.Sheet != nil && isConfirm(t) }, (*turn).applySheet, nil},
		{officer, nil, "取消（不按工作簿记了）", func(t *turn) bool { return t.draft.Sheet != nil && isCancel(t) }, (*turn).dropSheet, nil},
		{officer, nil, "申请 · 申请 12号 · 申请 姓名（可以看申请的）", isApplications, (*turn).applications, nil},
		{officer, nil, "登记册（可以看申请的）", isRegister, (*turn).register, nil},
		{officer, nil, "下一页", words("下一页", "继续"), (*turn).nextPage, nil},
		{officer, nil, "编号（同名时选人）", (*turn).picksCandidate, (*turn).pickCandidate, []string{stateChoose, stateEdit}},
		{officer, nil, "取消（同名时不记了）", func(t *turn) bool { return t.draft.Pending != nil && isCancel(t) }, (*turn).dropPending, nil},
		{officer, nil, "支部已删除 团支部… 等（团支部、学院的进展）；撤销 支部已删除 团支部…", isOrgRecord, (*turn).recordOrg, nil},
		{officer, nil, "已审 姓名… · 姓名 已审 · 已审 全部 · 退回 姓名：原因（季节文件里的进展）", isRecord, (*turn).record, nil},
		{officer, nil, "撤销 姓名…", isUndo, (*turn).undo, nil},
	}
}

// scope is what an officer may see and record: a branch, a college, or everything. The widest role counts.
func (t *turn) scope() storage.Scope { return storage.ScopeOf(t.p.Roles) }

// scopeName is the organisation the scope stands for.
func (t *turn) scopeName() string {
	sc := t.scope()
	for _, r := range t.p.Roles {
		switch {
		case sc == storage.Scope{} && r.Party == storage.OrgCommittee,
			sc.CollegeID != 0 && r.OrgID == sc.CollegeID,
			sc.BranchID != 0 && r.OrgID == sc.BranchID:
			return r.Org.Name
		}
	}
	return ""
}

// colleges are the colleges whose matters this officer answers; nil for all.
func (t *turn) colleges() []int64 {
	var ids []int64
	for _, r := range t.p.Roles {
		switch r.Party {
		case storage.OrgCommittee:
			return nil
		case storage.OrgCollege:
			ids = append(ids, r.OrgID)
		}
	}
	if ids == nil {
		ids = []int64{-1} // a branch secretary answers no matters
	}
	return ids
}

// mayRecord reports whether one of the officer's roles may record an event, as the season says. The committee may record
// what anybody may.
func (t *turn) mayRecord(e *season.Event) bool {
	for _, r := range t.p.Roles {
		if slices.Contains(e.By, r.Party) || r.Party == storage.OrgCommittee && len(e.By) > 0 {
			return true
		}
	}
	return false
}

// officerWords lists what this officer can write.
func (t *turn) officerWords() string {
	var events []string
	for i := range t.season.Events {
		e := &t.season.Events[i]
		if t.mayRecord(e) && len(e.Words) > 0 {
			events = append(events, e.Words[0])
		}
	}
	text := textOfficerWords
	if t.answersMatters() {
		text += "\n" + textOfficerMatters
	}
	if t.onCommittee() {
		text += "\n" + textOfficerCommittee + "\n" + textOfficerNotices
	}
	if len(t.readable()) > 0 {
		text += "\n" + textOfficerApplications
		if how := t.decideWords(); how != "" {
			text += "\n" + how
		}
	}
	if t.link != nil {
		text += "\n" + textOfficerConsole
	}
	if len(events) > 0 {
		undo := textOfficerUndo
		if t.onCommittee() {
			undo = textOfficerUndoAny
		}
		text += "\n\n" + textOfficerEvents + strings.Join(events, "、") + "。" + undo
	}
	var orgs []string
	for i := range t.season.OrgEvents {
		if e := &t.season.OrgEvents[i]; t.mayRecordOrg(e) && len(e.Words) > 0 {
			orgs = append(orgs, e.Words[0])
		}
	}
	if len(orgs) > 0 {
		text += "\n" + textOfficerOrgs + strings.Join(orgs, "、") + "。"
	}
	return text
}

// answersMatters reports whether matters are put to this officer: a branch secretary answers none.
func (t *turn) answersMatters() bool {
	return slices.ContainsFunc(t.p.Roles, func(r storage.RoleIn) bool { return r.Party != storage.OrgBranch })
}

// officeHelp answers a person who does not graduate: an officer, or somebody who was one.
func (t *turn) officeHelp() {
	if len(t.p.Roles) == 0 {
		t.say(textNoRole, t.p.Person.Name)
		return
	}
	if !t.draft.Greeted {
		t.draft.Greeted = true
		t.say(textHelloOfficer, t.p.Person.Name)
	}
	t.say("%s", t.officerWords())
}

func (t *turn) officeGreeting() {
	switch {
	case t.heard(wordsThank...):
		t.say(textOfficerWelcomeAny)
	case len(t.p.Roles) == 0:
		t.say(textNoRole, t.p.Person.Name)
	default:
		t.draft.Greeted = true
		t.say(textHelloOfficer, t.p.Person.Name)
		t.say(textOfficerHint)
	}
}

// officeStatus is how the officer's part of the school stands, and how much waits for an answer.
func (t *turn) officeStatus() {
	if len(t.p.Roles) == 0 {
		t.say(textNoRole, t.p.Person.Name)
		return
	}
	t.progress()
	if t.need != nil || !t.answersMatters() {
		return
	}
	if ms, ok := t.waiting(); ok && len(ms) > 0 {
		t.say(textMattersWait, len(ms))
	}
}

func (t *turn) officeEdit() {
	if len(t.p.Roles) == 0 {
		t.say(textNoRole, t.p.Person.Name)
		return
	}
	t.say(textOfficeEdit)
}

func (t *turn) officeCancel() { t.say(textNothingToDrop) }
