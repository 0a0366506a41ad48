package console

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"xianjie/storage"
)

// auditLine is who did what, as people read it.
type auditLine struct{ At, Who, What, Subject, Link, Detail string }

// actions are what the audit knows, in words.
var actions = map[string]string{
	"bind": "绑定微信", "declare": "登记去向", "record": "记录进展", "undo": "撤销进展", "import": "导入名册", "export": "导出", "view": "查看",
	"matter": "答复", "hand_over": "转交提醒", "lapse": "到期未办", "notice": "写通知", "resume": "恢复发送", "appoint": "任命", "dismiss": "卸任",
	"bind_group": "绑定班级群", "unbind_group": "解除班级群", "dialogue_lost": "对话草稿丢失", "console_link": "要控制台链接", "pause": "暂停发送", "continue": "继续发送", "sign_in": "进入控制台", "sign_out": "退出控制台",
	"notice_sending": "放行通知", "notice_paused": "暂停通知", "notice_stopped": "停发通知", "nudge": "催办",
}

// byOperator are actions that, without an officer who did them, are those of whoever runs the installation.
var byOperator = []string{"import", "resume", "console_link", "sign_in", "sign_out"}

// details are the keys of what the audit says besides.
var details = map[string]string{
	"event": "进展", "destination": "去向", "route": "路径", "list": "名单", "people": "人数", "members": "人数", "first": "从", "file": "文件", "lines": "条数",
	"answer": "答复", "to": "转给", "audience": "发给", "word": "原话",
}

// auditLines puts lines of the audit into words.
func (c *Console) auditLines(ctx context.Context, lines []storage.Audit) ([]auditLine, error) {
	var ids []int64
	for _, a := range lines {
		if a.ActorID != nil {
			ids = append(ids, *a.ActorID)
		}
		if id := numberOf(a.Subject, "person"); id != 0 {
			ids = append(ids, id)
		}
	}
	people, err := c.Store.PeopleByID(ctx, ids)
	views := make([]auditLine, len(lines))
	for i, a := range lines {
		views[i] = c.auditLine(a, people)
	}
	return views, err
}

// subjects are what the audit is about, in words; what follows the stroke is a number.
var subjects = map[string]string{
	"person": "人员", "duty": "事项", "notice": "通知", "account": "微信账号", "org": "组织", "branch": "团支部", "matter": "待答复", "contact": "会话", "session": "登录",
	"roster": "名册", "members": "名单", "duties": "时限", "audit": "审计", "audience": "通知对象", "console": "控制台", "college": "学院", "school": "全校",
}

func subjectOf(subject string) string {
	kind, number, _ := strings.Cut(subject, "/")
	return strings.TrimSpace(cmp.Or(subjects[kind], kind) + " " + number)
}

// numberOf is the number of a subject of that kind; 0 for others.
func numberOf(subject, kind string) int64 {
	of, number, _ := strings.Cut(subject, "/")
	if of != kind {
		return 0
	}
	id, _ := strconv.ParseInt(number, 10, 64) // nothing else is written
	return id
}

// auditLine puts a line of the audit into words. What stands about it in the details is shown as it is, but for keys of
// the season, which have names.
func (c *Console) auditLine(a storage.Audit, people map[int64]storage.Person) auditLine {
	l := auditLine{At: c.minute(a.At), Who: "系统", What: cmp.Or(actions[a.Action], a.Action), Subject: subjectOf(a.Subject)}
	if p, ok := people[numberOf(a.Subject, "person")]; ok {
		l.Subject, l.Link = p.Name+" "+p.No, "/members/"+strconv.FormatInt(p.ID, 10)
	}
	if id := numberOf(a.Subject, "duty"); id != 0 {
		l.Link = "/duties/" + strconv.FormatInt(id, 10)
	}
	switch {
	case a.ActorID != nil:
		l.Who = people[*a.ActorID].Name
	case slices.Contains(byOperator, a.Action) || a.Detail["via"] != "":
		l.Who = "管理员"
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(a.Detail)) {
		v := a.Detail[k]
		switch k {
		case "event":
			v = c.eventName(v)
		case "destination":
			v = c.shortOf(v)
		case "via":
			parts = append(parts, "在控制台")
			continue
		}
		parts = append(parts, cmp.Or(details[k], k)+"："+v)
	}
	l.Detail = strings.Join(parts, "；")
	return l
}
