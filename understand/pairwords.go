package understand

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// item is one piece of a message that may hold a number and a name.
type item struct {
	kind     int
	text     string
	labelled bool // a name after 姓名, 我叫 …
	from, to int  // where it stands in the marked message, in characters
}

const (
	kindNumber = iota + 1
	kindMixed  // letters and digits in one word: no student number
	kindName
)

// Marks stand for words while a message is split; Normalize leaves no such characters in it.
const (
	markNumber  = '\x01' // what follows is the number
	markName    = '\x02' // what follows is the name
	markOther   = '\x03' // what follows is something else
	markOf      = '\x04' // what stands before, without a break, describes the person
	markNothing = '\x05' // a break
)

// marked replaces words by their marks; among those that begin at one place, the first listed wins.
var marked = marker(map[rune][]string{
	markNumber: {"的学号", "的工号", "学生证号", "学号", "教职工号", "职工号", "教工号", "工号"},
	markName: {
		"我的名字", "我的姓名", "学生姓名", "的姓名", "的名字", "姓名", "名字", "我名叫", "我叫做", "我叫", "我是", "本人是", "本人叫", "本人", "这里是",
		"my name is", "My name is", "i am ", "I am ", "I'm ", "Name:", "name:",
	},
	markOther: {
		"手机号码", "手机号", "联系电话", "电话号码", "电话", "手机", "联系方式", "身份证号码", "身份证号", "身份证", "微信号", "微信",
		"QQ号", "QQ", "qq", "邮箱", "宿舍", "寝室",
	},
	markOf:      {"学院", "大学", "专业", "团支部", "支部", "的"},
	markNothing: {"同学", "老师", "您好", "你好", "谢谢", "麻烦", "本科生", "研究生", "毕业生", "学生"},
}, markNumber, markName, markOther, markOf, markNothing)

func marker(words map[rune][]string, order ...rune) *strings.Replacer {
	var pairs []string
	for _, m := range order {
		for _, w := range words[m] {
			pairs = append(pairs, w, string(m))
		}
	}
	return strings.NewReplacer(pairs...)
}

// courtesies are pieces that are neither a name nor a part of one.
var courtesies = set("我", "是", "叫", "为", "名", "的", "和", "吧", "呢", "啊", "呀", "哦", "嗯", "哈", "了", "好", "好的", "男", "女", "汉族",
	"大家好", "学长", "学姐", "学长好", "学姐好", "学弟", "学妹", "早上好", "上午好", "中午好", "下午好", "晚上好", "请绑定", "绑定", "请查收", "请问",
	"收到", "在吗", "多谢", "感谢", "辛苦", "辛苦了", "注册", "登记", "团员", "本科", "硕士", "博士",
	"hi", "hello", "hey", "ok", "thanks", "thank you", "no", "id", "number", "student", "student id")

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

// split takes a normalised message apart into numbers and names.
func split(text string) []item {
	s := splitter{in: []rune(marked.Replace(text)), latin: true}
	s.latin = !strings.ContainsAny(text, "<>={}[]\\$%^*`;\"@#|_&")
	for s.at < len(s.in) {
		s.step()
	}
	return s.joined()
}

// splitter walks over a marked message once.
type splitter struct {
	in    []rune
	at    int
	latin bool // Latin words may be names: the message holds no signs of code
	label rune // mark whose value is awaited, 0 if none
	items []item
}

func (s *splitter) step() {
	r := s.in[s.at]
	switch {
	case r == markOf:
		s.forget()
		s.at++
		if s.colon() {
			s.label = markOther // 学院：…
		}
	case r <= markNothing:
		s.mark(r)
	case isDigit(r):
		s.number()
	case isHan(r):
		s.han()
	case unicode.IsLetter(r):
		s.latinName()
	default:
		s.at++
	}
}

// colon reports that what was just read is a label.
func (s *splitter) colon() bool {
	return s.at < len(s.in) && (s.in[s.at] == ':' || s.in[s.at] == '：')
}

// forget drops the name that ends right here: it describes the person (化工学院, 我).
func (s *splitter) forget() {
	if n := len(s.items); n > 0 && s.items[n-1].to == s.at && s.items[n-1].kind == kindName {
		s.items = s.items[:n-1]
	}
}

// mark begins a label, and takes 是, 叫 and then a colon after it along; after the colon 是 is a surname.
func (s *splitter) mark(r rune) {
	if r == markName {
		s.forget() // 学长我是张三
	}
	s.at++
	if r == markNothing {
		return
	}
	s.label = r
	for _, skip := range []string{" 是叫为就", " \n:：=】)）]"} {
		for s.at < len(s.in) && strings.ContainsRune(skip, s.in[s.at]) {
			s.at++
		}
	}
}

func (s *splitter) add(kind int, text string, from int) {
	label := s.label
	s.label = 0
	if label == markOther {
		return
	}
	s.items = append(s.items, item{kind, text, kind == kindName && label == markName, from, s.at})
}

// number reads digits, with single dashes among them, and letters that cling to them.
func (s *splitter) number() {
	from, kind := s.at, kindNumber
	var digits []rune
	for ; s.at < len(s.in); s.at++ {
		r := s.in[s.at]
		switch {
		case isDigit(r):
			digits = append(digits, r)
			continue
		case isDash(r) && s.at+1 < len(s.in) && isDigit(s.in[s.at+1]):
			continue
		case unicode.IsLetter(r) && !isHan(r):
			kind = kindMixed
			continue
		}
		break
	}
	if len(digits) <= 4 && s.at < len(s.in) && strings.ContainsRune("级届班年月日号岁", s.in[s.at]) {
		s.at++ // 2016级, 3班: of the person, not the number
		s.label = 0
		return
	}
	s.add(kind, string(digits), from)
}

// han reads Han characters, with middle dots between them. A word before a colon is a label of something else.
func (s *splitter) han() {
	from := s.at
	var name []rune
	for ; s.at < len(s.in); s.at++ {
		r := s.in[s.at]
		if isHan(r) {
			name = append(name, r)
			continue
		}
		next := s.at + 1
		for next < len(s.in) && s.in[next] == ' ' {
			next++
		}
		if (isDot(r) || r == '.') && next < len(s.in) && isHan(s.in[next]) {
			name = append(name, '·')
			s.at = next - 1
			continue
		}
		if r == ' ' && next+1 < len(s.in) && isDot(s.in[next]) {
			continue
		}
		break
	}
	text := strings.TrimSpace(string(name))
	if s.colon() && s.label == 0 && !courtesies[text] {
		s.label = markOther
		return
	}
	s.add(kindName, text, from)
}

// latinName reads words of letters with spaces, hyphens and apostrophes between them.
func (s *splitter) latinName() {
	from := s.at
	for ; s.at < len(s.in); s.at++ {
		r := s.in[s.at]
		letter := unicode.IsLetter(r) && !isHan(r) || unicode.IsMark(r)
		joins := strings.ContainsRune(" -'’.", r) && s.at+1 < len(s.in) && unicode.IsLetter(s.in[s.at+1]) && !isHan(s.in[s.at+1])
		if !letter && !joins {
			break
		}
	}
	if s.at < len(s.in) && isDigit(s.in[s.at]) {
		s.number()
		if n := len(s.items); n > 0 && s.items[n-1].from > from {
			s.items[n-1].kind = kindMixed
		}
		return
	}
	text := string(s.in[from:s.at])
	if !s.latin || courtesies[strings.ToLower(text)] || len(text) < 2 {
		s.label = 0
		return
	}
	s.add(kindName, text, from)
}

// joined is the items with single characters that only a space parts put together: "张 三" is a name.
func (s *splitter) joined() []item {
	var out []item
	afterSingle := false
	for _, it := range s.items {
		r, size := utf8.DecodeRuneInString(it.text)
		single := it.kind == kindName && size == len(it.text) && isHan(r)
		if single && afterSingle {
			before := &out[len(out)-1]
			if it.from == before.to+1 && s.in[before.to] == ' ' && len(before.text) <= utf8.UTFMax*longestName {
				before.text += it.text
				before.to = it.to
				continue
			}
		}
		afterSingle = single
		out = append(out, it)
	}
	return out
}
