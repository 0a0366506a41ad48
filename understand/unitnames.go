package understand

import (
	"strings"
	"unicode/utf8"
)

// unitKind is what a name in a unit or an address does.
type unitKind uint8

const (
	kindNothing    unitKind = iota // holds a place and means none: 北京时间
	kindPlace                      // a division or a part of one
	kindSchool                     // a school, in its own city
	kindUnit                       // another unit that stands in one province
	kindAbroad                     // a country
	kindRegistered                 // stands where it says only as a registered company
	kindRegion                     // 西南: a branch for it can stand anywhere there
	kindBranch                     // 分公司: stands where the place before it is
	kindWork                       // cues: the member works there …
	kindHome                       // … the organisation is at home there …
	kindAside                      // … neither
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

// unitName is one form of a name.
type unitName struct {
	text  string
	kind  unitKind
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

// unitLexicon finds every name that begins with two given characters, longest first. It is read once and never changed.
type unitLexicon struct {
	words   wordSections
	short   []string          // short names of the provinces
	bit     map[string]uint64 // by short name
	out     uint64            // the provinces where no unit of the mainland stands, and abroad
	cities  []string          // full names; 0 is none
	begin   map[[2]rune][]unitName
	campus  map[string]bool
	meaning map[string]string // section of a word that has a meaning of its own
	known   map[string]bool
	silent  map[string]uint64 // counties whose short names are words: what stands in the brackets of a company can be one
}

// twoRunes is the first two characters of a text.
func twoRunes(s string) [2]rune {
	first, size := utf8.DecodeRuneInString(s)
	second, _ := utf8.DecodeRuneInString(s[size:])
	return [2]rune{first, second}
}

// add enters a name. Among places of one name the higher one is kept, unless both are as well known (朝阳): then it can
// be either. Schools of one short name are all meant by it. A word of another use makes of a shy name what it says.
func (n *unitLexicon) add(p unitName) {
	k := twoRunes(p.text)
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
func shyest(a, b unitName) shyness {
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
