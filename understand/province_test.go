package understand

import (
	"slices"
	"strings"
	"testing"
)

func TestProvince(t *testing.T) {
	for _, c := range []struct {
		name, in, want string // want: candidates with spaces between them
	}{
		{"short name", "四川", "四川"},
		{"full name", "四川省", "四川"},
		{"autonomous region", "广西壮族自治区", "广西"},
		{"region called a province", "新疆省", "新疆"},
		{"municipality", "重庆市", "重庆"},
		{"special region", "香港特别行政区", "香港"},
		{"Taiwan", "台湾", "台湾"},
		{"usual abbreviation", "内蒙", "内蒙古"},
		{"city", "成都", "四川"},
		{"city with 市", "成都市", "四川"},
		{"in a sentence", "我在成都那边上班", "四川"},
		{"province and city", "四川成都高新区", "四川"},
		{"spaces and lines", "四川 \n 成都", "四川"},
		{"zero-width inside", "四\u200b川", "四川"},
		{"prefecture of a people", "凉山彝族自治州", "四川"},
		{"prefecture, short", "恩施州", "湖北"},
		{"prefecture of two peoples", "湘西土家族苗族自治州", "湖南"},
		{"prefecture, the name alone", "西双版纳", "云南"},
		{"prefecture without 族", "巴音郭楞", "新疆"},
		{"area", "喀什", "新疆"},
		{"league", "锡林郭勒盟", "内蒙古"},
		{"city and province of one name", "吉林市", "吉林"},
		{"province, not the prefecture of its name", "海南", "海南"},
		{"prefecture with the name of a province", "海南州", "青海"},
		{"prefecture, full name", "海南藏族自治州", "青海"},
		{"city, not the district of its name", "西安", "陕西"},
		{"district of that name", "西安区", "吉林 黑龙江"},

		{"county of one province", "海淀区", "北京"},
		{"county, short", "昆山", "江苏"},
		{"county, short, in a sentence", "在昆山工作", "江苏"},
		{"county, short, after its city", "深圳南山", "广东"},
		{"county of two characters", "唐县", "河北"},
		{"county with the sign of a street", "湖南道县", "湖南"},
		{"county a trade is called after", "台州路桥", "浙江"},
		{"new district", "浦东", "上海"},
		{"county of a people", "秀山", "重庆"},
		{"banner", "土默特左旗", "内蒙古"},
		{"county a province governs", "石河子", "新疆"},
		{"former county", "江干区", "浙江"},
		{"renamed county", "重庆渝北区", "重庆"},
		{"district of two provinces", "朝阳区", "北京 吉林"},
		{"district of three provinces", "鼓楼区", "江苏 福建 河南"},
		{"city and districts of one name", "朝阳", "北京 辽宁 吉林"},
		{"short name of two districts", "南山", "黑龙江 广东"},
		{"city settles the district", "长春朝阳区", "吉林"},
		{"province settles the district", "福建鼓楼区", "福建"},
		{"counties settle each other", "鼓楼区还有晋安区", "福建"},

		{"road", "北京路", ""},
		{"road in a city", "云南昆明北京路12号", "云南"},
		{"road of another city", "上海市南京东路", "上海"},
		{"road, city last", "南京路，青岛", "山东"},
		{"road with a province in its middle", "黄河南路", ""},
		{"town", "和平镇", ""},
		{"province wins over cities", "四川省（总部在深圳）", "四川"},
		{"two provinces", "浙江或江苏", "江苏 浙江"},
		{"two cities", "杭州、成都", "浙江 四川"},
		{"denied", "不是四川，是重庆", "重庆"},
		{"company, not the area", "阿里巴巴", ""},
		{"company in a city", "杭州阿里巴巴", "浙江"},
		{"company, not the county", "东方航空", ""},

		{"one character", "京", ""},
		{"overseas", "海外", ""},
		{"abroad", "国外", ""},
		{"American state", "美国德州", ""},
		{"Chinese city of that name", "德州", "山东"},
		{"unknown", "不知道", ""},
		{"word of every city", "城区", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.Join(Province(c.in), " "); got != c.want {
				t.Errorf("Province(%q) = %q; want %q", c.in, got, c.want)
			}
		})
	}
}

// lines are the provinces of the embedded table.
func lines(t testing.TB) []string {
	t.Helper()
	return strings.Split(strings.TrimSuffix(divisions, "\n"), "\n")
}

func TestEveryDivisionIsFound(t *testing.T) {
	all := lines(t)
	if len(all) != 34 || len(divisions) > 200<<10 {
		t.Fatalf("%d provinces in %d bytes", len(all), len(divisions))
	}
	for _, line := range all {
		short, rest, _ := strings.Cut(line, ":")
		for _, name := range strings.FieldsFunc(rest, func(r rune) bool { return strings.ContainsRune("|=;,", r) }) {
			if bare[name] {
				continue
			}
			if got := Province(name); !slices.Contains(got, short) {
				t.Errorf("Province(%s) = %q without %s", name, got, short)
			}
			if got := Province(short + name); len(got) != 1 || got[0] != short {
				t.Errorf("Province(%s%s) = %q", short, name, got)
			}
		}
	}
}

func FuzzProvince(f *testing.F) {
	for _, s := range []string{"四川成都高新区", "朝阳区", "北京路", "不是四川，是重庆", "美国德州"} {
		f.Add(s)
	}
	order := places().short
	f.Fuzz(func(t *testing.T, s string) {
		last := -1
		for _, p := range Province(s) {
			i := slices.Index(order, p)
			if i <= last {
				t.Errorf("Province(%q) = %q: unknown or out of order", s, Province(s))
			}
			last = i
		}
	})
}

func BenchmarkProvince(b *testing.B) {
	for name, s := range map[string]string{
		"city":    "成都",
		"address": "四川省成都市武侯区天府大道北段某某号某某大厦",
		"1000":    strings.Repeat("我在成都市北京路上班，老家是朝阳区", 1000/17),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Province(s)
			}
		})
	}
}
