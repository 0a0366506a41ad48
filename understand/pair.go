package understand

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Pair is a student or staff number (4 to 12 digits) with a name, both normalised: middle dots are ·, and a Han name
// has no spaces.
type Pair struct{ No, Name string }

// StudentAndName reads a number and a name that came in one message, in either order, with labels (学号：… 姓名：…),
// separators or none, and in a sentence (我是张三，学号20160001). A name is 2 to 20 Han characters, with a middle dot
// for minority names, or a Latin name. Numbers and words under other labels (电话, 学院, 专业 …) are not taken.
//
// Refused with ReasonNoName, ReasonNoNumber, ReasonNumberLength, ReasonSeveral when two different numbers or names
// stand in the message, and ReasonNotAPair when there is neither a number nor something like a name.
func StudentAndName(s string) (Pair, error) {
	text := Normalize(s)
	items := split(text)
	no, numberFault := theNumber(items)
	name, nameFault := theName(items)
	switch {
	case numberFault == ReasonNoNumber && (nameFault != "" || !looksLikeName(name)):
		return Pair{}, refuse(ReasonNotAPair, text)
	case numberFault != "":
		return Pair{}, refuse(numberFault, text)
	case nameFault != "":
		return Pair{}, refuse(nameFault, text)
	}
	return Pair{no, name}, nil
}

// SameName reports whether two names are the same as written: width, spaces and the kind of middle dot do not count
// in Han names, nor does case in Latin ones. Nothing fuzzier: 张三 is not 张叁.
func SameName(a, b string) bool { return nameKey(a) == nameKey(b) }

// Name is a name as a roster writes it: a Han name without spaces and with · for its middle dot, in whichever form it
// was typed (the full stop stands for the dot in 买买提.艾力); any other name only normalised.
func Name(s string) string {
	s = Normalize(s)
	if strings.IndexFunc(s, isHan) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '\n':
			return -1
		case isDot(r) || r == '.':
			return '·'
		}
		return r
	}, s)
}

// nameKey is equal for two names exactly when they are the same.
func nameKey(s string) string { return strings.ToLower(Name(s)) }

func isDot(r rune) bool { return strings.ContainsRune("·•・‧∙⋅･", r) }

// isHan reports characters of names: Han of every plane and 〇.
func isHan(r rune) bool { return unicode.Is(unicode.Han, r) && !unicode.IsPunct(r) || r == '〇' }

// theNumber is the one number of 4 to 12 digits. Shorter ones beside it (3班) do not count.
func theNumber(items []item) (no, fault string) {
	fault = ReasonNoNumber
	for _, it := range items {
		switch {
		case it.kind == kindMixed && fault == ReasonNoNumber:
			fault = ReasonNumberLength
		case it.kind != kindNumber:
		case len(it.text) < 4 || len(it.text) > 12:
			if fault == ReasonNoNumber {
				fault = ReasonNumberLength
			}
		case fault == "" && it.text != no:
			return "", ReasonSeveral
		default:
			no, fault = it.text, ""
		}
	}
	return no, fault
}

const (
	longestName  = 20 // Han characters
	longestLatin = 60 // letters of a Latin name, spaces included
)

// theName is the one name. What a name label announces goes before everything else.
func theName(items []item) (name, fault string) {
	var labelled, plain []string
	for _, it := range items {
		switch {
		case it.kind != kindName:
		case it.labelled:
			labelled = append(labelled, it.text)
		case !courtesies[it.text]:
			plain = append(plain, it.text)
		}
	}
	candidates := labelled
	if len(labelled) == 0 {
		candidates = plain
	}
	for _, n := range candidates {
		if name != "" && nameKey(n) != nameKey(name) {
			return "", ReasonSeveral
		}
		name = n
	}
	most := longestName
	if strings.IndexFunc(name, isHan) < 0 {
		most = longestLatin
	}
	if n := utf8.RuneCountInString(name); n < 2 || n > most {
		return "", ReasonNoName
	}
	return name, ""
}

// looksLikeName reports whether a message without a number was meant to give a name; chat is not answered with
// "the number is missing". It only chooses between two refusals.
func looksLikeName(name string) bool {
	n := utf8.RuneCountInString(name)
	first, _ := utf8.DecodeRuneInString(name)
	return strings.Contains(name, "·") || n <= 4 && strings.ContainsRune(surnames, first)
}

// surnames are the hundred or so most frequent, and the first characters of frequent double ones.
const surnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤欧司诸上慕"
