package season_test

import (
	"strings"
	"testing"

	"xianjie/season"
)

func TestDiffSaysWhatChanges(t *testing.T) {
	for _, c := range []struct{ name, old, with, want string }{
		{"nothing", "key: small\n", "key: small\n# 说明\n", ""},
		{"the title", "title: 小季", "title: 大季", "标题从“小季”改为“大季”"},
		{"the season closes later", "closes: 2031-12-31", "closes: 2032-01-31", "结束日期从2031年12月31日改到2032年1月31日"},
		{"a date, and what falls due by it", "by: {date: 2031-07-31,", "by: {date: 2031-08-15,", `
			日期“截止”从2031年7月31日改到2031年8月15日
			进度“远寄”里“待注册”记“已注册”后的状态从“待寄（2031年7月31日起）”改为“待寄（2031年8月15日起）”
			到期事项“付钱”的截止日期从2031年8月31日改到2031年9月15日
			到期事项“通知”的截止日期从2031年7月31日改到2031年8月15日
			指标“办好”的日期从2031年7月31日改到2031年8月15日`},
		{"a new date", "  late: {", "  far: {date: 2031-11-30, name: 远日}\n  late: {", "新增日期“远日”：2031年11月30日"},
		{"a holiday", "weekends: true", "holidays: [2031-10-01], weekends: true", "新增节假日2031年10月1日"},
		{"weekends", "weekends: true", "weekends: false", "周末从“不提醒”改为“照常提醒”"},
		{"other provinces", "outside: [四川, 重庆]", "outside: [四川]", "跨系统省份从“除四川、重庆以外”改为“除四川以外”"},
		{"no step before crossing", `, steps: ["先在{place}注册"]`, "", "取消跨系统本人要做的第1步：先在{place}注册"},
		{"a party's name", "branch: {name: 团支部", "branch: {name: 支部", `
			参与方 branch从“团支部”改为“支部”
			进展“已付”的记录人从“团支部”改为“支部”
			团支部的进展“已通知”的记录人从“团支部”改为“支部”
			到期事项“付钱”的提醒从“提前1天团支部”改为“提前1天支部”
			到期事项“通知”的负责人从“团支部”改为“支部”
			到期事项“通知”的提醒从“提前3天团支部”改为“提前3天支部”`},
		{"the wording of a question", "ask: 再去哪里？", "ask: 然后呢？", "问题“再去哪里”的问法从“再去哪里？”改为“然后呢？”"},
		{"an option", "{key: leave, name: 走}", "{key: leave, name: 走}, {key: run, name: 跑}", "新增问题“留下吗”的选项：跑"},
		{"when a question is asked", "where, when: {stay: [leave, unsure]}", "where, when: {stay: leave}", "去向“走开”里问“去哪里”从“留下吗为“走”或“不知道””改为“留下吗为“走””"},
		{"a word", "    explain: 路过。\n", "    explain: 路过。\n    words: [路人]\n", "新增去向“客人”的说法“路人”"},
		{"who counts", "    uncounted: true\n", "", "去向“客人”从“不计入指标”改为“计入指标”"},
		{"where a route goes", "to: 远方", "to: 天边", "去向“走开”的路径 far 的去处从“远方”改为“天边”"},
		{"why a route is refused", "不能留在{school}。", "请走。", "去向“走开”的路径 no 不受理的理由从“不能留在{school}。”改为“请走。”"},
		{"a route less", "      - {key: no, when: {stay: stay}, refuse: \"不能留在{school}。\"}\n", "", "取消去向“走开”的路径 no"},
		{"the name of a state", "[{key: to_sign, name: 待注册}", "[{key: to_sign, name: 待登记}", `
			进度“远寄”的状态 to_sign 从“待注册”改为“待登记”
			到期事项“注册”的适用范围从“跨系统转出　处于：待注册”改为“跨系统转出　处于：待登记”`},
		{"what members are told", "{key: signed, name: 已注册,", "{key: signed, tell: 好了, name: 已注册,", "新增进展“已注册”告诉本人的话：好了"},
		{"another reminder", "steps: [{before: 3, to: [branch]}]", "steps: [{before: 3, to: [branch]}, {before: 1, to: [branch, college]}]", "新增到期事项“通知”的提醒：提前1天团支部、学院团委"},
		{"a reminder less", "{after: 1, to: [college]}, {before: 3", "{before: 3", "取消到期事项“老人”的提醒：开始后1天学院团委"},
		{"more days", "due: {after: [declared, sent], days: 10}", "due: {after: [declared, sent], days: 12}", "到期事项“交表”的期限从“登记去向或已寄后10天内”改为“登记去向或已寄后12天内”"},
		{"the condition of a college's duty", "{cohort: earlier, not_in: [sent]}", "{cohort: earlier}", "到期事项“老人”的适用范围从“学院　情形：有往届、进度不是“已寄”的团员”改为“学院　情形：有往届的团员”"},
		{"a text of a duty", "member_line: 注册\n", "member_line: 快注册\n", "到期事项“注册”给本人的话从“注册”改为“快注册”"},
		{"a rate's ways", "via: [away/near], ", "", "指标“近”的范围从“除客人以外的2031届毕业团员（含未登记的）；只算走开（家）”改为“除客人以外的2031届毕业团员（含未登记的）”"},
		{"a rate less", "  - {key: done, name: 办好, clause: 无, of: [away], done: [sent], by: by}\n", "", "取消指标“办好”"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if n := strings.Count(wide, c.old); n != 1 {
				t.Fatalf("%q is in the wide season %d times", c.old, n)
			}
			old, fresh := load(t, wide), load(t, strings.Replace(wide, c.old, c.with, 1))
			if got, want := said(season.Diff(old, fresh)), strings.TrimSpace(strings.ReplaceAll(c.want, "\t", "")); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			// Backwards, what is added is dropped and what moved moves back.
			back := map[string]int{}
			for _, ch := range season.Diff(fresh, old) {
				back[ch.Path]++
			}
			for _, ch := range season.Diff(old, fresh) {
				if back[ch.Path] != 1 {
					t.Errorf("%s is not seen backwards", ch.Path)
				}
			}
		})
	}
}

func said(changes []season.Change) string {
	lines := make([]string, len(changes))
	for i, c := range changes {
		lines[i] = c.String()
	}
	return strings.Join(lines, "\n")
}

func TestDiffOfAFileWithItself(t *testing.T) {
	each(t, func(t *testing.T, s *season.Season, b builtin) {
		if d := season.Diff(s, shipped(t, b.key)); len(d) > 0 {
			t.Errorf("differs from itself:\n%s", said(d))
		}
	})
}

// A duty that is added or dropped is one change, not one for each of its texts and steps.
func TestDiffSaysAWholeOnce(t *testing.T) {
	without := cut(wide, "  - key: tell\n", "  - key: old\n")
	without = strings.Replace(without, "  - {key: told, subject: branch, name: 已通知, words: [已通知], by: [branch]}\n", "", 1)
	old, fresh := load(t, wide), load(t, without)
	if got := said(season.Diff(old, fresh)); got != "取消团支部的进展“已通知”\n取消到期事项“通知”" {
		t.Errorf("dropped:\n%s", got)
	}
	ch := season.Diff(fresh, old)
	if got := said(ch); got != "新增团支部的进展“已通知”\n新增到期事项“通知”" || ch[1].Op != season.Added || ch[1].Path != "duties.tell" {
		t.Errorf("added:\n%s", got)
	}
}

// Between seasons as different as they come, every change has its words.
func TestDiffOfDifferentSeasons(t *testing.T) {
	each(t, func(t *testing.T, s *season.Season, _ builtin) {
		for _, ch := range season.Diff(cqu(t), s) {
			text := ch.String()
			if ch.What == "" || strings.Contains(text, "%!") || ch.Old == ch.New && ch.Op != season.Added && ch.Op != season.Dropped {
				t.Errorf("%+v: %s", ch, text)
			}
		}
	})
}
