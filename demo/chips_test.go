package demo

import (
	"slices"
	"testing"
)

func TestChoices(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string // labels
	}{
		{"question with options", "你到哪里升学？\n1 本校\n2 其他学校", []string{"1 本校", "2 其他学校"}},
		{"options before a hint", "去向是哪一种？回复编号或名称即可：\n1 就业\n2 升学\n拿不准就回复“人工”。", []string{"1 就业", "2 升学"}},
		{"options after other words", "好的，升学。\n\n你到哪里升学？\n1 本校\n2 其他学校", []string{"1 本校", "2 其他学校"}},
		{"what to change", "要改哪一项？回复编号：\n1 去向：升学\n2 录取学校：某某大学\n不改了就回复“确认”。", []string{"1 去向：升学", "2 录取学校：某某大学"}},
		{"advice", "你要做的：\n1 不用自己在系统里操作，等学院团委发起。\n2 地点有变化，回复“修改”告诉我。", nil},
		{"list of people", "机械学院 · 未登记 共2人\n1 王一\n2 李二", nil},
		{"one line is no choice", "哪一天？\n1 日", nil},
		{"numbers with a gap", "哪一种？\n1 甲\n3 丙", nil},
		{"numbers that begin later", "哪一种？\n2 乙\n3 丙", nil},
		{"menu past nine", fakeMenu, []string{
			"1 就业或自主创业", "2 国内升学", "3 参军入伍", "4 涉密单位就业", "5 暂时没有落实去向",
			"6 暂留学校（流动团员）", "7 出国（境）学习或研究", "8 因公出国（境）工作", "9 因私出国（境）", "10 延迟毕业",
		}},
		{"nothing", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var labels []string
			for i, chip := range Choices(c.text) {
				labels = append(labels, chip.Label)
				if want := []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}[i]; chip.Text != want {
					t.Errorf("chip %q sends %q, want %q", chip.Label, chip.Text, want)
				}
			}
			if !slices.Equal(labels, c.want) {
				t.Errorf("choices %q, want %q", labels, c.want)
			}
		})
	}
}
