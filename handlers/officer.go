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
		{officer, nil, "待答复", words("待答复", "待回复"), (*turn).listMatters, nil},
		{officer, nil, "进度", words("进度", "统计"), (*turn).progress, nil},
		{officer, nil, "名单 [条件]", isList, (*turn).list, nil},
		{officer, nil, "下一页", words("下一页", "继续"), (*turn).nextPage, nil},
		{officer, nil, "已审 姓名… 等（季节文件里的进展）", isRecord, (*turn).record, nil},
		{officer, nil, "编号（同名时选人）", (*turn).picksCandidate, (*turn).pickCandidate, nil},
	}
}

// scope is what an officer may see and record: a branch, a college, or everything. The widest role counts.
func (t *turn) scope() storage.Scope {
	var sc storage.Scope
	for _, r := range t.p.Roles {
		switch r.Party {
		case storage.OrgCommittee:
			return storage.Scope{}
		case storage.OrgCollege:
			sc = storage.Scope{CollegeID: r.OrgID}
		case storage.OrgBranch:
			if sc.CollegeID == 0 {
				sc = storage.Scope{BranchID: r.OrgID}
			}
		}
	}
	return sc
}

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

// parties are the party keys of the officer's roles, as events name who may record them. A branch secretary does the
// college's work for the own branch.
func (t *turn) parties() []string {
	var ps []string
	for _, r := range t.p.Roles {
		ps = append(ps, r.Party)
		if r.Party == storage.OrgBranch {
			ps = append(ps, storage.OrgCollege)
		}
	}
	return ps
}

// mayRecord reports whether one of the officer's roles may record an event. The committee may record what colleges may.
func (t *turn) mayRecord(e *season.Event) bool {
	for _, p := range t.parties() {
		if slices.Contains(e.By, p) || p == storage.OrgCommittee && len(e.By) > 0 {
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
	return textOfficerWords + "\n" + strings.Join(events, " · ")
}

func (t *turn) officeHelp() {
	if !t.draft.Greeted {
		t.draft.Greeted = true
		t.say(textHello, t.p.Person.Name)
	}
	t.say("%s", t.officerWords())
}
