package understand

import (
	"fmt"
	"testing"
)

func TestNumber(t *testing.T) {
	const most = 120
	for _, c := range []struct {
		in   string
		want int // 0: no number
	}{
		{"3", 3},
		{"３", 3},
		{"③", 3},
		{"⑶", 3},
		{"⒊", 3},
		{"❸", 3},
		{"㈢", 3},
		{"3️⃣", 3},
		{"三", 3},
		{"03", 3},
		{"第三个", 3},
		{"第3项", 3},
		{"第三", 3},
		{"选3", 3},
		{"我选三", 3},
		{"选择第二个吧", 2},
		{"3.", 3},
		{"3、", 3},
		{"(3)", 3},
		{"（三）", 3},
		{"3吧", 3},
		{"[3]", 3},
		{" 3 ", 3},
		{"十", 10},
		{"十二", 12},
		{"二十", 20},
		{"二十一", 21},
		{"一百", 100},
		{"一百零三", 103},
		{"一百一十二", 112},
		{"120", 120},
		{"1\u200b2", 12},
		{"", 0},
		{"0", 0},
		{"零", 0},
		{"121", 0},
		{"一百二十一", 0},
		{"-1", 0},
		{"+3", 0},
		{"3.5", 0},
		{"3-5", 0},
		{"3号", 0},
		{"三号", 0},
		{"3个", 0},
		{"三个", 0},
		{"3和4", 0},
		{"1 2", 0},
		{"一二", 0},
		{"张三", 0},
		{"万一", 0},
		{"第", 0},
		{"十十", 0},
		{"百", 0},
		{"一百二", 0},
		{"九百九十九", 0},
		{"99999999999999999999", 0},
		{"0x3", 0},
		{"٣", 0},
		{"20160001", 0},
		{"倒数第二个", 0},
	} {
		t.Run(c.in, func(t *testing.T) {
			got, ok := Number(c.in, most)
			if ok != (c.want > 0) || ok && got != c.want {
				t.Errorf("Number(%q) = %d, %v; want %d", c.in, got, ok, c.want)
			}
		})
	}
	if n, ok := Number("1", 0); ok {
		t.Errorf("Number of an empty list = %d", n)
	}
}

// hanName writes 1 to 999 as a person would.
func hanName(n int) string {
	digits := []rune("零一二三四五六七八九")
	s := ""
	if n >= 100 {
		s = string(digits[n/100]) + "百"
		if n%100 != 0 && n%100 < 10 {
			s += "零"
		}
	}
	if tens := n / 10 % 10; tens > 1 || tens == 1 && n >= 100 {
		s += string(digits[tens])
	}
	if n/10%10 > 0 {
		s += "十"
	}
	if n%10 > 0 {
		s += string(digits[n%10])
	}
	return s
}

func TestNumberReadsEveryNumeral(t *testing.T) {
	for n := 1; n < 1000; n++ {
		if got, ok := Number(hanName(n), 999); !ok || got != n {
			t.Errorf("Number(%s) = %d, %v; want %d", hanName(n), got, ok, n)
		}
	}
}

// Options of the kind a season holds.
var (
	league = [][]string{
		{"有", "有的", "有团组织", "有团委", "有团支部", "是"},
		{"没有", "没", "无", "没有的", "没有团组织"},
		{"不清楚", "不知道", "不确定", "还不知道", "不了解"},
	}
	school = [][]string{
		{"本校", "在本校", "留在本校", "本校读研", "某某大学"},
		{"其他学校", "外校", "别的学校", "其他"},
	}
	clash = [][]string{{"考研", "学习"}, {"考公", "学习"}, {"出国（境）学习"}}
)

func TestChoice(t *testing.T) {
	const none = -1
	for _, c := range []struct {
		name    string
		in      string
		options [][]string
		want    int
	}{
		{"name", "有", league, 0},
		{"word", "有团委", league, 0},
		{"the longer word, not the one in it", "没有", league, 1},
		{"negation of the positive option", "没有团组织", league, 1},
		{"negation in other words", "我们单位没有团委", league, 1},
		{"filler behind", "有吧", league, 0},
		{"filler before", "应该有", league, 0},
		{"filler around the negation", "应该是没有的吧", league, 1},
		{"the word before the filler", "有的", league, 0},
		{"the word that is filler elsewhere", "是的", league, 0},
		{"punctuation", "「没有」。", league, 1},
		{"full width and spaces", "　没 有 ！", league, 1},
		{"sentence", "我也不清楚诶", league, 2},
		{"sentence that repeats the question", "不清楚有没有团组织", league, 2},
		{"question repeated first", "有没有团组织不知道", league, 2},
		{"one character in a sentence", "我有点不确定", league, 2},
		{"undecided", "还没有确定", league, none},
		{"two options", "有的，又好像没有团组织", league, none},
		{"question", "有团组织吗", league, none},
		{"question repeated alone", "有没有", league, none},
		{"nothing of it", "今天天气好", league, none},
		{"empty", "", league, none},
		{"punctuation alone", "？？", league, none},

		{"contained", "我打算去外校读博", school, 1},
		{"denied", "不是本校", school, none},
		{"denied with a verb", "不打算留在本校", school, none},
		{"denied, and the other named", "不是本校，是外校", school, 1},
		{"the other named first", "外校，不是本校", school, 1},
		{"both", "本校或者外校", school, none},
		{"two words of one option", "留在本校，就是某某大学", school, 0},
		{"is it", "是不是本校", school, none},

		{"a word of two options", "学习", clash, none},
		{"brackets of either kind", "出国(境)学习", clash, 2},
		{"without the brackets", "出国境学习", clash, 2},
		{"case", "ABC", [][]string{{"abc"}, {"b"}}, 0},
		{"empty words match nothing", "x", [][]string{{""}, {"", "，"}}, none},
		{"no options", "有", nil, none},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := Choice(c.in, c.options)
			if !ok {
				got = none
			}
			if got != c.want {
				t.Errorf("Choice(%q) = %d; want %d", c.in, got, c.want)
			}
		})
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"3", "第三个", "一百零三", "③", "3️⃣"} {
		f.Add(s, 9)
	}
	f.Fuzz(func(t *testing.T, s string, most int) {
		n, ok := Number(s, most)
		if !ok {
			return
		}
		if n < 1 || n > most {
			t.Errorf("Number(%q, %d) = %d", s, most, n)
		}
		if again, ok := Number(fmt.Sprint(n), most); !ok || again != n {
			t.Errorf("Number(%d, %d) = %d, %v", n, most, again, ok)
		}
	})
}

func FuzzChoice(f *testing.F) {
	f.Add("应该没有吧", "有", "没有")
	f.Add("不是本校，是外校", "本校", "外校")
	f.Fuzz(func(t *testing.T, s, a, b string) {
		options := [][]string{{a}, {b}}
		i, ok := Choice(s, options)
		if ok && (i < 0 || i >= len(options)) {
			t.Fatalf("Choice(%q) = %d", s, i)
		}
		j, swapped := Choice(s, [][]string{{b}, {a}})
		if ok != swapped || ok && i != 1-j {
			t.Errorf("Choice(%q, %q, %q) = %d, %v; with the options swapped %d, %v", s, a, b, i, ok, j, swapped)
		}
	})
}

func TestNamed(t *testing.T) {
	options := [][]string{{"就业", "工作"}, {"升学", "读研"}, {"不清楚"}}
	for _, c := range []struct {
		name, in string
		want     int // -1: none
	}{
		{"the word", "读研", 1},
		{"with filler", "我应该是就业吧，谢谢老师", 0},
		{"with punctuation", "“升学”！", 1},
		{"wanting is not naming", "我想读研", -1},
		{"preparing is not naming", "在准备读研", -1},
		{"a question", "就业吗", -1},
		{"denied", "不是升学", -1},
		{"two of them", "就业升学", -1},
		{"a sentence around it", "读研的学校还没通知", -1},
		{"an option that is filler-like", "我不清楚呢", 2},
		{"nothing", "", -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := Named(c.in, options)
			if !ok {
				got = -1
			}
			if got != c.want {
				t.Errorf("Named(%q) = %d; want %d", c.in, got, c.want)
			}
		})
	}
}

func FuzzNamed(f *testing.F) {
	f.Add("应该是就业吧", "就业", "升学")
	f.Fuzz(func(t *testing.T, s, a, b string) {
		options := [][]string{{a}, {b}}
		i, ok := Named(s, options)
		if !ok {
			return
		}
		if j, ok := Choice(s, options); !ok || i != j {
			t.Errorf("Named(%q, %q, %q) = %d, Choice %d, %v", s, a, b, i, j, ok)
		}
	})
}

func BenchmarkChoice(b *testing.B) {
	for b.Loop() {
		Choice("我们单位应该是没有团组织的", league)
	}
}
