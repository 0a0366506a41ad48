package understand

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// reasonOf is the reason of a refusal, "" for nil.
func reasonOf(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var r *Refused
	if !errors.As(err, &r) {
		t.Fatalf("error %v is no Refused", err)
	}
	if utf8.RuneCountInString(r.Text) > 40 || !utf8.ValidString(r.Text) {
		t.Errorf("the refusal quotes %q", r.Text)
	}
	return r.Reason
}

func TestStudentAndName(t *testing.T) {
	for _, c := range []struct{ name, in, no, person, reason string }{
		{"number first", "20160001 张三", "20160001", "张三", ""},
		{"name first", "张三 20160001", "20160001", "张三", ""},
		{"nothing between", "20160001张三", "20160001", "张三", ""},
		{"nothing between, name first", "张三20160001", "20160001", "张三", ""},
		{"full width", "２０１６０００１　张三", "20160001", "张三", ""},
		{"comma", "张三，20160001", "20160001", "张三", ""},
		{"plus", "20160001+张三", "20160001", "张三", ""},
		{"slash", "20160001/张三", "20160001", "张三", ""},
		{"dash", "20160001-张三", "20160001", "张三", ""},
		{"enumeration comma", "张三、20160001", "20160001", "张三", ""},
		{"two lines", "20160001\r\n张三", "20160001", "张三", ""},
		{"labels", "学号：20160001 姓名：张三", "20160001", "张三", ""},
		{"labels without space", "姓名:张三学号:20160001", "20160001", "张三", ""},
		{"labels in brackets", "【学号】20160001【姓名】张三", "20160001", "张三", ""},
		{"surname that is a word", "姓名：是某某 学号：20160001", "20160001", "是某某", ""},
		{"staff number", "工号：1234 李四", "1234", "李四", ""},
		{"twelve digits", "201600010001 张三", "201600010001", "张三", ""},
		{"dash in the number", "2016-0001 张三", "20160001", "张三", ""},
		{"I am", "我是张三 20160001", "20160001", "张三", ""},
		{"I am called", "我叫张三，学号20160001", "20160001", "张三", ""},
		{"I am called, in one breath", "我叫张三学号20160001", "20160001", "张三", ""},
		{"number is, name is", "学号是20160001，名字叫张三", "20160001", "张三", ""},
		{"somebody's number", "张三的学号是20160001", "20160001", "张三", ""},
		{"myself", "本人张三，20160001", "20160001", "张三", ""},
		{"greeting", "老师您好！我是2016级的张三，学号是20160001，谢谢老师", "20160001", "张三", ""},
		{"greeting without punctuation", "学长好我是张三20160001", "20160001", "张三", ""},
		{"with the college", "我是化工学院的张三，学号20160001", "20160001", "张三", ""},
		{"with the year and college", "2016级化工学院张三 20160001", "20160001", "张三", ""},
		{"form filled in", "姓名：张三\n学号：20160001\n学院：化工学院\n专业：计算机\n电话：13812345678", "20160001", "张三", ""},
		{"phone number beside it", "张三，20160001，电话13812345678", "20160001", "张三", ""},
		{"classmate", "张三同学 20160001", "20160001", "张三", ""},
		{"spaced name", "20160001 张　三", "20160001", "张三", ""},
		{"sex beside it", "20160001 张三 男", "20160001", "张三", ""},
		{"the same twice", "张三 20160001 张三 20160001", "20160001", "张三", ""},
		{"rare character", "王𠮷 20160001", "20160001", "王𠮷", ""},
		{"middle dot", "20160001 买买提·艾力", "20160001", "买买提·艾力", ""},
		{"bullet", "20160001 买买提•艾力", "20160001", "买买提·艾力", ""},
		{"katakana dot with spaces", "买买提 ・ 艾力20160001", "20160001", "买买提·艾力", ""},
		{"full stop for the dot", "买买提.艾力 20160001", "20160001", "买买提·艾力", ""},
		{"twenty characters", "20160001 " + strings.Repeat("张", 20), "20160001", strings.Repeat("张", 20), ""},
		{"Latin name", "20160001 John Smith", "20160001", "John Smith", ""},
		{"Latin name first", "Mary-Jane O'Neil, 20160001", "20160001", "Mary-Jane O'Neil", ""},
		{"Latin sentence", "hello my name is John Smith 20160001", "20160001", "John Smith", ""},
		{"zero-width inside", "2016\u200b0001\u202e张\ufeff三", "20160001", "张三", ""},
		{"emoji", "😀20160001👌🏻张三", "20160001", "张三", ""},

		{"number alone", "20160001", "", "", ReasonNoName},
		{"number with a courtesy", "20160001 谢谢老师", "", "", ReasonNoName},
		{"one character is no name", "20160001 李老师", "", "", ReasonNoName},
		{"21 characters", "20160001 " + strings.Repeat("张", 21), "", "", ReasonNoName},
		{"SQL", "20160001' OR 1=1 --", "", "", ReasonNoName},
		{"HTML", "<script>alert(1)</script>20160001", "", "", ReasonNoName},
		{"name alone", "张三", "", "", ReasonNoNumber},
		{"name in a sentence", "我是张三", "", "", ReasonNoNumber},
		{"dotted name alone", "买买提·艾力", "", "", ReasonNoNumber},
		{"greeting alone", "你好", "", "", ReasonNotAPair},
		{"chat", "怎么办啊", "", "", ReasonNotAPair},
		{"a day in chat", "我30号来", "", "", ReasonNotAPair},
		{"too short", "123 张三", "", "", ReasonNumberLength},
		{"too long", "1234567890123 张三", "", "", ReasonNumberLength},
		{"letters in the number", "A20160001 张三", "", "", ReasonNumberLength},
		{"letters in the middle", "2016A0001 张三", "", "", ReasonNumberLength},
		{"two numbers", "20160001 20160002 张三", "", "", ReasonSeveral},
		{"two names", "20160001 张三 李四", "", "", ReasonSeveral},
		{"Han and Latin name", "20160001 张三 John", "", "", ReasonSeveral},
		{"name with a stray part", "欧阳 锋 20160001", "", "", ReasonSeveral},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := StudentAndName(c.in)
			if got != (Pair{c.no, c.person}) || reasonOf(t, err) != c.reason {
				t.Errorf("StudentAndName(%q) = %q, %v; want %q %q %q", c.in, got, err, c.no, c.person, c.reason)
			}
		})
	}
}

func TestSameName(t *testing.T) {
	for _, c := range []struct {
		name, a, b string
		want       bool
	}{
		{"equal", "张三", "张三", true},
		{"spaces in a Han name", "张　三", "张三", true},
		{"kinds of dot", "买买提•艾力", "买买提·艾力", true},
		{"full stop for the dot", "买买提.艾力", "买买提 · 艾力", true},
		{"case of a Latin name", "John SMITH", "john smith", true},
		{"width of a Latin name", "Ｊｏｈｎ", "John", true},
		{"zero-width", "张\u200b三", "张三", true},
		{"spaces in a Latin name count", "John Smith", "JohnSmith", false},
		{"another character", "张三", "张叁", false},
		{"the dot counts", "买买提艾力", "买买提·艾力", false},
		{"traditional is another character", "張三", "张三", false},
		{"a part", "张三", "张三丰", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := SameName(c.a, c.b); got != c.want {
				t.Errorf("SameName(%q, %q) = %v", c.a, c.b, got)
			}
			if got := SameName(c.b, c.a); got != c.want {
				t.Errorf("SameName(%q, %q) = %v, the other way round not", c.b, c.a, got)
			}
		})
	}
}

func TestStudentNo(t *testing.T) {
	for _, c := range []struct{ name, in, want, reason string }{
		{"eight digits", "20160001", "20160001", ""},
		{"twelve digits", "201600010001", "201600010001", ""},
		{"full width", "２０１６０００１", "20160001", ""},
		{"spaces and dashes", " 2016 00–01-", "20160001", ""},
		{"seven", "2016000", "", ReasonNumberLength},
		{"thirteen", "2016000100012", "", ReasonNumberLength},
		{"letters", "2016A0001", "", ReasonNoNumber},
		{"minus", "-20160001", "", ReasonNoNumber},
		{"name", "张三", "", ReasonNoNumber},
		{"two lines", "2016\n0001", "", ReasonNoNumber},
		{"other digits", "٢٠١٦٠٠٠١", "", ReasonNoNumber},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := StudentNo(c.in)
			if got != c.want || reasonOf(t, err) != c.reason {
				t.Errorf("StudentNo(%q) = %q, %v; want %q %q", c.in, got, err, c.want, c.reason)
			}
		})
	}
}

func TestPhone(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "13800000000", "13800000000"},
		{"full width", "１３８００００００００", "13800000000"},
		{"spaces", "138 0000 0000", "13800000000"},
		{"dashes", "138-0000-0000", "13800000000"},
		{"+86", "+86 138 0000 0000", "13800000000"},
		{"full-width plus", "＋8619900000000", "19900000000"},
		{"86", "8613800000000", "13800000000"},
		{"0086", "0086-13800000000", "13800000000"},
		{"ten digits", "1380000000", ""},
		{"twelve digits", "138000000000", ""},
		{"no such range", "12800000000", ""},
		{"landline", "023-65100000", ""},
		{"another country", "+1 3800000000", ""},
		{"plus without the country", "+13800000000", ""},
		{"plus and zeros", "+008613800000000", ""},
		{"00 alone", "0013800000000", ""},
		{"words", "手机打不通13800000000", ""},
		{"two numbers", "13800000000 13900000000", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Phone(c.in)
			if got != c.want || (err == nil) != (c.want != "") || err != nil && reasonOf(t, err) != ReasonNotAPhone {
				t.Errorf("Phone(%q) = %q, %v; want %q", c.in, got, err, c.want)
			}
		})
	}
}

func FuzzPair(f *testing.F) {
	for _, s := range []string{"20160001 张三", "我叫张三，学号20160001", "姓名：买买提·艾力\n学号：20160001", "John O'Neil 20160001", "张 三3班A1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := StudentAndName(s)
		if err != nil {
			if reasonOf(t, err) == "" || p != (Pair{}) {
				t.Errorf("StudentAndName(%q) = %q, %v", s, p, err)
			}
			return
		}
		if n := len(p.No); n < 4 || n > 12 || strings.Trim(p.No, "0123456789") != "" {
			t.Errorf("number %q of %q", p.No, s)
		}
		if n := utf8.RuneCountInString(p.Name); n < 2 || n > 60 || !HasWords(p.Name) || !SameName(p.Name, p.Name+" ") {
			t.Errorf("name %q of %q", p.Name, s)
		}
	})
}

func FuzzDigits(f *testing.F) {
	for _, s := range []string{"20160001", "+86 138-0000-0000", "0086 13800000000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if no, err := StudentNo(s); (err == nil) != (len(no) >= 8 && len(no) <= 12) {
			t.Errorf("StudentNo(%q) = %q, %v", s, no, err)
		}
		no, err := Phone(s)
		if (err == nil) != (len(no) == 11) {
			t.Fatalf("Phone(%q) = %q, %v", s, no, err)
		}
		if again, _ := Phone(no); again != no {
			t.Errorf("Phone(%q) = %q, and of that %q", s, no, again)
		}
	})
}

func TestName(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"as it stands", "张三", "张三"},
		{"spaces", " 张　三 ", "张三"},
		{"the dot in another form", "买买提•艾力", "买买提·艾力"},
		{"a full stop for the dot", "买买提 . 艾力", "买买提·艾力"},
		{"zero-width characters", "张\u200b三", "张三"},
		{"a Latin name", "Ｊｏｈｎ  O'Neil Jr.", "John O'Neil Jr."},
		{"letters in a Han name keep their case", "张A", "张A"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Name(c.in); got != c.want {
				t.Errorf("Name(%q) = %q; want %q", c.in, got, c.want)
			}
		})
	}
}

func FuzzName(f *testing.F) {
	f.Add("买买提.艾力", "买买提·艾力")
	f.Add("John SMITH", "john smith")
	f.Fuzz(func(t *testing.T, a, b string) {
		n := Name(a)
		if again := Name(n); again != n {
			t.Errorf("Name(%q) = %q, and of that %q", a, n, again)
		}
		if !SameName(a, n) || !SameName(a, a) {
			t.Errorf("Name(%q) = %q is another name", a, n)
		}
		if SameName(a, b) != SameName(b, a) {
			t.Errorf("SameName(%q, %q) depends on their order", a, b)
		}
		if n == Name(b) && !SameName(a, b) {
			t.Errorf("%q and %q are written alike and are not the same", a, b)
		}
	})
}

func BenchmarkStudentAndName(b *testing.B) {
	for b.Loop() {
		_, _ = StudentAndName("老师您好！我是2016级化工学院的张三，学号是20160001，谢谢老师")
	}
}
