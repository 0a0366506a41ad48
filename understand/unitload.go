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

// unitTable is read from the embedded tables, which the tests hold to be without fault.
var unitTable = sync.OnceValue(func() *unitLexicon {
	n, err := readUnitLexicon(divisions, schools, unitWords)
	if err != nil {
		panic(fmt.Sprintf("understand: the names of units: %v", err))
	}
	return n
})

// readUnitLexicon builds the names from the texts of the three tables.
func readUnitLexicon(divisions, schools, words string) (*unitLexicon, error) {
	w, err := parseWords(words)
	if err != nil {
		return nil, err
	}
	n := &unitLexicon{
		silent: map[string]uint64{},
		words:  w, meaning: make(map[string]string, 2048), bit: make(map[string]uint64), out: abroadBit, cities: []string{""},
		begin: make(map[[2]rune][]unitName, 8192), campus: set(w.words["campus"]...), known: set(w.words["known"]...),
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
		slices.SortStableFunc(list, func(a, b unitName) int { return len(b.text) - len(a.text) })
	}
	return n, nil
}

func (n *unitLexicon) addDivisions(table string) {
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
					n.add(unitName{text: form, kind: kindPlace, level: levelProvince, full: form == full, in: bit, city: at})
				}
			case levelCity:
				for _, form := range cityForms(full) {
					p := unitName{text: form, kind: kindPlace, level: levelCity, full: form == full, in: bit, city: n.city(full)}
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
				p := unitName{text: full, kind: kindPlace, level: levelCounty, full: true, ward: strings.HasSuffix(full, "区"), in: bit, city: at}
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
					n.silent[p.text] |= bit
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
		n.add(unitName{text: alias, kind: kindPlace, level: levelProvince, in: n.bit[of]})
	}
}

func (n *unitLexicon) city(full string) int16 {
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
func (n *unitLexicon) addSchools(table string) map[string]unitName {
	all := make(map[string]unitName, 4096)
	for line := range strings.Lines(table) {
		at := strings.SplitN(strings.TrimSuffix(line, "\n"), "|", 3)
		s := unitName{kind: kindSchool, in: n.bit[at[0]]}
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

func (n *unitLexicon) addKeyed(bySchool map[string]unitName) error {
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
	for _, section := range []struct {
		name string
		as   unitName
	}{
		{"unit", unitName{kind: kindUnit}},
		{"area", unitName{kind: kindPlace, level: levelCounty, weak: true}},
		{"sent", unitName{kind: kindPlace, level: levelCity}},
	} {
		as := section.as
		for _, line := range n.words.keyed[section.name] {
			if as.in = n.bit[line.key]; as.in == 0 {
				return fmt.Errorf("section %s: no province is called %q", section.name, line.key)
			}
			for _, w := range line.words {
				if err := n.means(w, section.name); err != nil {
					return err
				}
				as.text, as.shy = w, bold
				switch {
				case prone[w]:
					as.shy = shy
				case utf8.RuneCountInString(w) == 2 && section.name != "sent":
					as.shy = lonely
				}
				n.add(as)
			}
		}
	}
	return nil
}

func (n *unitLexicon) addPlain() error {
	for _, p := range n.words.words["outside"] {
		if n.bit[p] == 0 {
			return fmt.Errorf("section outside: no province is called %q", p)
		}
		n.out |= n.bit[p]
	}
	for _, section := range []struct {
		name string
		as   unitName
	}{
		{"abroad", unitName{kind: kindAbroad, in: abroadBit}},
		{"everywhere", unitName{kind: kindNothing}},
		{"brand", unitName{kind: kindNothing}},
		{"registered", unitName{kind: kindRegistered}},
		{"nothing", unitName{kind: kindNothing}},
		{"region", unitName{kind: kindRegion}},
		{"branch", unitName{kind: kindBranch}},
		{"work", unitName{kind: kindWork}},
		{"home", unitName{kind: kindHome}},
		{"aside", unitName{kind: kindAside}},
		{"denied", unitName{kind: kindDenied}},
		{"unsure", unitName{kind: kindUnsure}},
	} {
		for _, w := range n.words.words[section.name] {
			if err := n.means(w, section.name); err != nil {
				return err
			}
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

// means notes what a word is used for, which is one thing.
func (n *unitLexicon) means(word, section string) error {
	if old, ok := n.meaning[word]; ok {
		return fmt.Errorf("%s is both in %s and in %s", word, old, section)
	}
	n.meaning[word] = section
	return nil
}

// placeIn is the longest place a word begins with.
func (n *unitLexicon) placeIn(word string) (unitName, bool) {
	best := unitName{}
	for _, p := range n.begin[twoRunes(word)] {
		if p.kind == kindPlace && strings.HasPrefix(word, p.text) && len(p.text) > len(best.text) {
			best = p
		}
	}
	return best, best.in != 0
}
