package understand

import (
	"strings"
	"testing"
)

// TestUnitTellsWhy holds what a secretary is told: the reason, the words it came from and the candidates to ask about.
func TestUnitTellsWhy(t *testing.T) {
	for _, c := range []struct{ in, why, words, city, candidates string }{
		{"四川省成都市武侯区一环路", WhyNamed, "四川省成都市武侯区", "成都市", ""},
		{"我考上了 哈尔滨工业大学", WhySchool, "哈尔滨工业大学", "哈尔滨市", ""},
		{"哈尔滨工业大学（深圳）", WhyBranch, "深圳", "深圳市", ""},
		{"华西医院", WhyUnit, "华西医院", "", ""},
		{"宁德时代新能源科技股份有限公司", WhyRegistered, "宁德时代", "宁德市", ""},
		{"公司总部在北京，工作地点是　深圳", WhyWork, "深圳", "深圳市", ""},
		{"鼓楼区", WhySeveral, "鼓楼区", "", "江苏 福建 河南"},
		{"北京或者上海", WhySeveral, "北京或者上海", "", "北京 上海"},
		{"可能在杭州", WhyUnsure, "杭州", "", "浙江"},
		{"腾讯科技（深圳）有限公司西南分公司", WhyLost, "西南", "", ""},
		{"香港大学", WhyAbroad, "香港大学", "", ""},
		{"中国建筑", WhyNothing, "", "", ""},
	} {
		t.Run(c.in, func(t *testing.T) {
			p := Unit(c.in)
			if p.Why != c.why || p.Words != c.words || p.City != c.city || strings.Join(p.Candidates, " ") != c.candidates {
				t.Errorf("Unit(%s) = %+v; want why %s, words %q, city %q, candidates %q", c.in, p, c.why, c.words, c.city, c.candidates)
			}
			if p.Abroad != (c.why == WhyAbroad) {
				t.Errorf("Unit(%s) abroad: %v", c.in, p.Abroad)
			}
		})
	}
}

// TestUnitWordsAreChecked holds that a slip in the words file is found when it is read.
func TestUnitWordsAreChecked(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown section", "[campus]", "[campsu]", `no section is called "campsu"`},
		{"missing section", "[lost]\n", "[rural]\n", "section lost is missing"},
		{"unknown school", "\n北京大学: ", "\n东京大学: ", `no school is called "东京大学"`},
		{"unknown province", "\n北京: 驻京\n", "\n京: 驻京\n", `section sent: no province is called "京"`},
		{"no key", "\n北京: 驻京", "\n驻京", "section sent needs a key"},
		{"no place in a registered name", "\n宁德时代 ", "\n某某时代 ", `no place is in "某某时代"`},
		{"no province outside", "\n香港 澳门 台湾\n", "\n香江 澳门 台湾\n", `section outside: no province is called "香江"`},
		{"the same twice", "\n香港 澳门 台湾\n", "\n香港 澳门 台湾 香港\n", "section outside has 香港 twice"},
		{"two meanings", "\n香港 澳门 台湾\n", "\n香港 澳门 台湾\n[nothing]\n中关村\n", "中关村 is both in area and in nothing"},
		{"words without a section", "[school]\n", "", "words before the first section"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(unitWords, c.old, c.new, 1)
			if text == unitWords {
				t.Fatalf("%q is not in the words", c.old)
			}
			if _, err := readUnitLexicon(divisions, schools, text); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v; want %q", err, c.want)
			}
		})
	}
}
