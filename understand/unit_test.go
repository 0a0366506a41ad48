package understand

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// labelled is one line of a set of units.
type labelled struct{ text, province string }

func readLabelled(t testing.TB, file string) []labelled {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []labelled
	for s := bufio.NewScanner(f); s.Scan(); {
		if strings.HasPrefix(s.Text(), "#") {
			continue
		}
		text, province, ok := strings.Cut(s.Text(), "\t")
		if !ok || province != "-" && unitTable().bit[province] == 0 {
			t.Fatalf("%s: %q is no unit and province", file, s.Text())
		}
		all = append(all, labelled{text, strings.TrimSuffix(province, "-")})
	}
	return all
}

// measure counts what came out for a labelled set.
func measure(t testing.TB, all []labelled) (right, asked, wrong int) {
	t.Helper()
	for _, l := range all {
		switch p := Unit(l.text); {
		case p.Province == l.province:
			right++
		case p.Province == "":
			asked++
			t.Logf("asked: %s is in %s (%s %q)", l.text, l.province, p.Why, p.Words)
		default:
			wrong++
			t.Logf("WRONG: %s is in %q, not %s (%s %q)", l.text, l.province, p.Province, p.Why, p.Words)
		}
	}
	return right, asked, wrong
}

func TestLabelledUnits(t *testing.T) {
	for _, file := range []string{"units.tsv", "units-held.tsv", "units-others.tsv"} {
		t.Run(file, func(t *testing.T) {
			all := readLabelled(t, file)
			right, asked, wrong := measure(t, all)
			t.Logf("%d units: %d right, %d asked, %d wrong", len(all), right, asked, wrong)
			if len(all) < 300 || 1000*wrong > 5*len(all) || 100*(len(all)-wrong) < 99*len(all) {
				t.Errorf("%d of %d wrong; at most 0.5 %% may be", wrong, len(all))
			}
			if 100*asked > 5*len(all) {
				t.Errorf("%d of %d asked although they can be told; at most 5 %%", asked, len(all))
			}
		})
	}
}

func TestEverySchoolIsFound(t *testing.T) {
	n := unitTable()
	seen := 0
	for line := range strings.Lines(schools) {
		at := strings.SplitN(strings.TrimSuffix(line, "\n"), "|", 3)
		for school := range strings.SplitSeq(at[2], ",") {
			seen++
			want, abroad := at[0], n.bit[at[0]]&n.out != 0
			if abroad {
				want = ""
			}
			for _, text := range []string{school, "我在" + school + "读研", school + "（本部）", school + "图书馆"} {
				if p := Unit(text); p.Province != want || p.Abroad != abroad {
					t.Errorf("Unit(%s) = %+v; want %q", text, p, want)
				}
			}
			if p := Unit(school); at[1] != "" && !abroad && p.City != at[1] {
				t.Errorf("Unit(%s) is in %s; want %s", school, p.City, at[1])
			}
			for _, campus := range []string{"深圳", "威海", "苏州"} {
				want := Unit(campus).Province
				if p := Unit(school + campus + "校区"); p.Province != want && !strings.Contains(school, "（") {
					t.Errorf("Unit(%s%s校区) = %+v; want %s", school, campus, p, want)
				}
			}
		}
	}
	if seen < 3250 {
		t.Errorf("%d schools", seen)
	}
}

// eachCounty yields every county of the table with its city ("" under none) and province.
func eachCounty(t testing.TB, yield func(short, province, city, county string)) {
	t.Helper()
	for line := range strings.Lines(divisions) {
		full := ""
		eachDivision(line, func(level int, name, city string) {
			switch level {
			case levelProvince:
				full = name
			case levelCounty:
				yield(provinceShort(line), full, city, name)
			}
		})
	}
}

func TestEveryDivisionPlacesAUnit(t *testing.T) {
	provinces := make(map[string][]string)
	eachCounty(t, func(short, _, _, county string) {
		if !slices.Contains(provinces[county], short) {
			provinces[county] = append(provinces[county], short)
		}
	})
	asked := 0
	eachCounty(t, func(short, province, city, county string) {
		for _, text := range []string{
			province + city + county, province + city + county + "人民政府", short + strings.TrimSuffix(city, "市") + county, city + county + "人民路1号",
			province + "，" + city + "，" + county, province + city + county + "北京路上海大厦",
		} {
			if city == "" && strings.HasPrefix(text, county) {
				continue
			}
			if p := Unit(text); p.Province != short {
				t.Errorf("Unit(%s) = %+v; want %s", text, p, short)
			}
		}
		for _, text := range []string{county, "在" + county + "工作", county + "人民医院"} {
			p := Unit(text)
			if p.Province == "" && p.Why != WhySeveral {
				asked++
			}
			if p.Province != "" && p.Province != short || p.Province != "" && len(provinces[county]) > 1 {
				t.Errorf("Unit(%s) = %+v; want %s or none", text, p, provinces[county])
			}
		}
	})
	if 100*asked > 3*len(provinces) {
		t.Errorf("%d of %d counties alone are not told for another reason than their namesakes", asked, 3*len(provinces))
	}
}

func TestEveryCityPlacesAUnit(t *testing.T) {
	for line := range strings.Lines(divisions) {
		short := provinceShort(line)
		eachDivision(line, func(level int, full, _ string) {
			if level != levelCity {
				return
			}
			for _, form := range cityForms(full) {
				for _, text := range []string{form, "去" + form + "上班", form + "分公司", "北京银行" + form + "分行", "某某集团（" + form + "）有限公司", "总部北京，工作地" + form} {
					want := short
					if p := unitTable().begin[twoRunes(form)]; either[form] || slices.ContainsFunc(p, func(p unitName) bool { return p.text == form && (p.level > levelCity || p.kind == kindNothing) }) {
						continue // 海南, 吉林: the province; 阿里: the company
					}
					p := Unit(text)
					if p.Province != want {
						t.Errorf("Unit(%s) = %+v; want %s", text, p, want)
					} else if p.City != full {
						t.Errorf("Unit(%s) is in %s; want %s", text, p.City, full)
					}
				}
			}
		})
	}
}

// TestUnitAllocatesForItsTextAlone holds that nothing is copied from the tables.
func TestUnitAllocatesForItsTextAlone(t *testing.T) {
	unitTable()
	const text = "北京字节跳动网络技术有限公司深圳分公司"
	if n := testing.AllocsPerRun(100, func() { Unit(text) }); n > 12 {
		t.Errorf("%v allocations for %s", n, text)
	}
}

func FuzzUnit(f *testing.F) {
	for _, s := range []string{
		"四川省成都市武侯区天府大道北段某号", "哈尔滨工业大学（深圳）", "北京现代汽车重庆工厂", "总部北京，工作地深圳", "不在北京，在天津",
		"上海市南京东路", "腾讯科技（深圳）有限公司西南分公司", "驻京办", "北京或上海", "(((", "）（，，在在在",
	} {
		f.Add(s)
	}
	n := unitTable()
	f.Fuzz(func(t *testing.T, s string) {
		p := Unit(s)
		normal := firstRunes(Normalize(s), longestUnit)
		switch {
		case p.Known && (p.Abroad || len(p.Candidates) > 0 || n.bit[p.Province] == 0 || n.bit[p.Province]&n.out != 0):
			t.Errorf("Unit(%q) = %+v", s, p)
		case !p.Known && p.City != "":
			t.Errorf("Unit(%q) = %+v: a city without a province", s, p)
		case p.From < 0 || p.To < p.From || p.To > len(normal) || p.Words != normal[p.From:p.To]:
			t.Errorf("Unit(%q) = %+v: the words are elsewhere in %q", s, p, normal)
		case p.Known && p.Words == "", p.Why == "":
			t.Errorf("Unit(%q) = %+v: for no reason", s, p)
		}
		if q := Unit(normal); q.Province != p.Province || q.Abroad != p.Abroad {
			t.Errorf("Unit(%q) = %+v, normalised %+v", s, p, q)
		}
	})
}

func BenchmarkUnit(b *testing.B) {
	for name, s := range map[string]string{
		"school":   "哈尔滨工业大学（深圳）",
		"employer": "北京字节跳动网络技术有限公司深圳分公司",
		"address":  "四川省成都市武侯区天府大道北段1700号环球中心",
		"1000":     strings.Repeat("总部在北京市朝阳区，我去深圳分公司工作", 1000/19),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Unit(s)
			}
		})
	}
}

func BenchmarkUnitLexicon(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readUnitLexicon(divisions, schools, unitWords); err != nil {
			b.Fatal(err)
		}
	}
}
