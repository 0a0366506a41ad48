package understand

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// schools is made by gen.go from the ministry's list of institutions of higher education (20 June 2025, taken from the
// repository lzy201314/Universities, MIT) and a list typed by hand of military academies and schools of Hong Kong,
// Macau and Taiwan.
//
//go:embed schools.txt
var schools string

// kind is what a name in a unit or an address does.
type kind uint8

const (
	kindNothing    kind = iota // holds a place and means none: 北京时间
	kindPlace                  // a division or a part of one
	kindSchool                 // a school, in its own city
	kindUnit                   // another unit that stands in one province
	kindAbroad                 // a country
	kindRegistered             // stands where it says only as a registered company
	kindRegion                 // 西南: a branch for it can stand anywhere there
	kindBranch                 // 分公司: stands where the place before it is
	kindWork                   // cues: the member works there …
	kindHome                   // … the organisation is at home there …
	kindAside                  // … neither
	kindDenied
	kindUnsure
)

// shyness is what must stand around a name for it to count.
type shyness uint8

const (
	bold   shyness = iota
	lonely         // a town: apart from other words on one side (昆山某某公司)
	shy            // a county or an everyday word: apart on both sides
	pupil          // a short name of a school: apart before, and nothing but a school's parts behind
)

// name is one form of a name.
type name struct {
	text  string
	kind  kind
	shy   shyness
	full  bool   // of a place: with 省, 市, 县 … as it is registered
	ward  bool   // a district of a city: 区
	weak  bool   // a part of a city: a division beside it counts more
	level int    // of a place
	in    uint64 // where it can be, a bit per province in the order of the table
	city  int16  // index of its city, 0 when unknown or several
}

// abroadBit stands for everything outside the table of provinces.
const abroadBit = 1 << 63

// unitNames finds every name that begins with two given characters, longest first. It is read once and never changed.
type unitNames struct {
	words  wordSections
	short  []string          // short names of the provinces
	bit    map[string]uint64 // by short name
	out    uint64            // the provinces where no unit of the mainland stands, and abroad
	cities []string          // full names; 0 is none
	begin  map[[2]rune][]name
	campus map[string]bool
	known  map[string]bool
}

// names is read from the embedded tables, which the tests hold to be without fault.
var names = sync.OnceValue(func() *unitNames {
	n, err := readUnitNames(divisions, schools, unitWords)
	if err != nil {
		panic(fmt.Sprintf("understand: the names of units: %v", err))
	}
	return n
})

// readUnitNames builds the names from the texts of the three tables.
func readUnitNames(divisions, schools, words string) (*unitNames, error) {
	w, err := parseWords(words)
	if err != nil {
		return nil, err
	}
	n := &unitNames{
		words: w, bit: make(map[string]uint64), out: abroadBit, cities: []string{""},
		begin: make(map[[2]rune][]name, 8192), campus: set(w.words["campus"]...), known: set(w.words["known"]...),
	}
	n.addDivisions(divisions)
	bySchool := n.addSchools(schools)
	if err := n.addKeyed(bySchool); err != nil {
		return nil, err
	}
	if err := n.addPlain(); err != nil {
		return nil, err
	}
	for _, list := range n.begin {
		slices.SortStableFunc(list, func(a, b name) int { return len(b.text) - len(a.text) })
	}
	return n, nil
}

func (n *unitNames) addDivisions(table string) {
	silent, prone, mild := set(n.words.words["everyday"]...), set(n.words.words["prone"]...), set(n.words.words["mild"]...)
	direct := int16(0)
	for line := range strings.Lines(table) {
		short := provinceShort(line)
		bit := uint64(1) << len(n.short)
		n.short = append(n.short, short)
		n.bit[short] = bit
		eachDivision(line, func(level int, full, city string) {
			switch level {
			case levelProvince:
				at := int16(0)
				if strings.HasSuffix(full, "市") {
					at = n.city(full)
				}
				direct = at
				for _, form := range []string{full, short, short + "省"} {
					n.add(name{text: form, kind: kindPlace, level: levelProvince, full: form == full, in: bit, city: at})
				}
			case levelCity:
				for _, form := range cityForms(full) {
					p := name{text: form, kind: kindPlace, level: levelCity, full: form == full, in: bit, city: n.city(full)}
					switch {
					case everyday[form]:
						p.shy = shy
					case mild[form]:
						p.shy = lonely
					}
					n.add(p)
				}
			case levelCounty:
				at := direct
				if city != "" {
					at = n.city(city)
				}
				p := name{text: full, kind: kindPlace, level: levelCounty, full: true, ward: strings.HasSuffix(full, "区"), in: bit, city: at}
				if bare[full] {
					return
				}
				if utf8.RuneCountInString(full) < 3 {
					p.shy = lonely
				}
				n.add(p)
				if p.text, p.full = countyShort(full), false; p.text == "" {
					return
				}
				switch {
				case silent[p.text]:
					p.kind, p.in, p.city = kindNothing, 0, 0
				case utf8.RuneCountInString(p.text) > 2:
					p.shy = bold
				case prone[p.text]:
					p.shy = shy
				case n.known[p.text] || strings.HasSuffix(full, "市"):
					p.shy = lonely
				default:
					p.shy = shy
				}
				n.add(p)
			}
		})
	}
	for alias, of := range aliases {
		n.add(name{text: alias, kind: kindPlace, level: levelProvince, in: n.bit[of]})
	}
}

func (n *unitNames) city(full string) int16 {
	if i := slices.Index(n.cities, full); i > 0 {
		return int16(i)
	}
	n.cities = append(n.cities, full)
	return int16(len(n.cities) - 1)
}

// shortened are the ways the end of a school's name is shortened.
var shortened = [][2]string{
	{"师范大学", "师大"},
	{"农业大学", "农大"},
	{"科技大学", "科大"},
	{"工业大学", "工大"},
	{"理工大学", "理工"},
	{"财经大学", "财大"},
	{"交通大学", "交大"},
	{"医科大学", "医大"},
	{"民族大学", "民大"},
	{"林业大学", "林大"},
	{"师范学院", "师院"},
	{"职业技术学院", "职院"},
	{"政法大学", "政法"},
}

// addSchools enters the schools and returns their entries by full name.
func (n *unitNames) addSchools(table string) map[string]name {
	all := make(map[string]name, 4096)
	for line := range strings.Lines(table) {
		at := strings.SplitN(strings.TrimSuffix(line, "\n"), "|", 3)
		s := name{kind: kindSchool, in: n.bit[at[0]]}
		if at[1] != "" {
			s.city = n.city(at[1])
		}
		for full := range strings.SplitSeq(at[2], ",") {
			s.text = canonical(full)
			all[full] = s
			n.add(s)
			if open := strings.IndexByte(s.text, '('); open > 0 {
				s.text = strings.NewReplacer("(", "", ")", "").Replace(s.text)
				n.add(s)
			}
			for _, tail := range shortened {
				if begin, ok := strings.CutSuffix(s.text, tail[0]); ok {
					short := s
					if short.text = begin + tail[1]; isShort(short.text) {
						short.shy = pupil
					}
					n.add(short)
				}
			}
		}
	}
	return all
}

func (n *unitNames) addKeyed(bySchool map[string]name) error {
	for _, line := range n.words.keyed["school"] {
		s, ok := bySchool[line.key]
		if !ok {
			return fmt.Errorf("section school: no school is called %q", line.key)
		}
		for _, w := range line.words {
			s.text, s.shy = canonical(w), bold
			if isShort(s.text) {
				s.shy = pupil
			}
			n.add(s)
		}
	}
	prone := set(n.words.words["prone"]...)
	for section, as := range map[string]name{
		"unit": {kind: kindUnit},
		"area": {kind: kindPlace, level: levelCounty, weak: true},
		"sent": {kind: kindPlace, level: levelCity},
	} {
		for _, line := range n.words.keyed[section] {
			if as.in = n.bit[line.key]; as.in == 0 {
				return fmt.Errorf("section %s: no province is called %q", section, line.key)
			}
			for _, w := range line.words {
				as.text, as.shy = w, bold
				switch {
				case prone[w]:
					as.shy = shy
				case utf8.RuneCountInString(w) == 2 && section != "sent":
					as.shy = lonely
				}
				n.add(as)
			}
		}
	}
	return nil
}

func (n *unitNames) addPlain() error {
	for _, p := range n.words.words["outside"] {
		if n.bit[p] == 0 {
			return fmt.Errorf("section outside: no province is called %q", p)
		}
		n.out |= n.bit[p]
	}
	for _, section := range []struct {
		name string
		as   name
	}{
		{"abroad", name{kind: kindAbroad, in: abroadBit}},
		{"everywhere", name{kind: kindNothing}},
		{"brand", name{kind: kindNothing}},
		{"registered", name{kind: kindRegistered}},
		{"nothing", name{kind: kindNothing}},
		{"region", name{kind: kindRegion}},
		{"branch", name{kind: kindBranch}},
		{"work", name{kind: kindWork}},
		{"home", name{kind: kindHome}},
		{"aside", name{kind: kindAside}},
		{"denied", name{kind: kindDenied}},
		{"unsure", name{kind: kindUnsure}},
	} {
		for _, w := range n.words.words[section.name] {
			section.as.text = w
			if section.as.kind == kindRegistered {
				p, ok := n.placeIn(w)
				if !ok {
					return fmt.Errorf("section registered: no place is in %q", w)
				}
				section.as.in, section.as.city = p.in, p.city
			}
			if utf8.RuneCountInString(w) > 1 {
				n.add(section.as)
			}
		}
	}
	return nil
}

// placeIn is the longest place a word begins with.
func (n *unitNames) placeIn(word string) (name, bool) {
	best := name{}
	for _, p := range n.begin[key(word)] {
		if p.kind == kindPlace && strings.HasPrefix(word, p.text) && len(p.text) > len(best.text) {
			best = p
		}
	}
	return best, best.in != 0
}

// key is the first two characters of a text.
func key(s string) [2]rune {
	first, size := utf8.DecodeRuneInString(s)
	second, _ := utf8.DecodeRuneInString(s[size:])
	return [2]rune{first, second}
}

// add enters a name. Among places of one name the higher one is kept, unless both are as well known (朝阳): then it can
// be either. Schools of one short name are all meant by it. A word of another use makes of a shy name what it says.
func (n *unitNames) add(p name) {
	k := key(p.text)
	list := n.begin[k]
	for i := range list {
		old := &list[i]
		if old.text != p.text {
			continue
		}
		switch {
		case old.kind == p.kind && old.kind == kindPlace:
			both := old.in | p.in
			if p.level > old.level {
				*old, p = p, *old
			}
			if p.level == old.level || either[p.text] {
				if old.in != both || old.city != p.city && p.level == old.level {
					old.city = 0
				}
				old.in, old.shy = both, shyest(*old, p)
			}
		case old.kind == kindSchool && p.kind == kindSchool:
			if old.in != p.in || old.city != p.city {
				old.city = 0
			}
			old.in, old.shy = old.in|p.in, max(old.shy, p.shy)
		case old.kind == kindPlace && (old.shy == bold || old.level > p.level && p.level > 0), old.kind > kindPlace,
			p.kind == kindPlace && p.shy != bold && p.level < levelCity:
			// What is sure or was entered first stays.
		default:
			*old = p
		}
		return
	}
	n.begin[k] = append(list, p)
}

// shyest is how shy a place of two entries is: what is known as a part of a city needs nothing around it (武昌).
func shyest(a, b name) shyness {
	if a.weak || b.weak {
		return min(a.shy, b.shy)
	}
	return max(a.shy, b.shy)
}

// isShort reports that a school's name could be part of another name: two characters, or without 大学 or 学院 at its end
// (华北电力, 武汉理工).
func isShort(school string) bool {
	return utf8.RuneCountInString(school) == 2 || !hasOne(school, []string{"大", "学", "院", "校", ")"}, strings.HasSuffix)
}
