package understand

import (
	"math/bits"
)

// Why a unit is placed where it is, or cannot be.
const (
	WhyNamed      = "named"      // its province, city or county is named
	WhySchool     = "school"     // it is a school, or a part of one, that stands there
	WhyUnit       = "unit"       // it is a unit known to stand there
	WhyBranch     = "branch"     // a branch, campus, plant or office of it is named there
	WhyRegistered = "registered" // it is registered there as a company
	WhyWork       = "work"       // it is said that the work or the study is there
	WhyNothing    = "nothing"    // no place is named, or only a name found in many
	WhySeveral    = "several"    // several provinces are possible
	WhyUnsure     = "unsure"     // the writer says that it is not settled
	WhyLost       = "lost"       // a branch is meant that is not named
	WhyAbroad     = "abroad"     // it is outside the mainland
)

// Place is where a unit stands.
type Place struct {
	Known      bool     // it stands in one province of the mainland
	Province   string   // short name of that: 四川
	City       string   // full name of the city, 成都市, when that is known too
	Candidates []string // when it cannot be told: the provinces it can be, if they are few enough to ask
	Abroad     bool     // outside the mainland: in Hong Kong, Macau, Taiwan or another country
	Why        string   // one of the Why constants
	Words      string   // what tells it, as it stands in the normalised text
	From, To   int      // where Words stands there, in bytes
}

// mostCandidates is how many provinces a person can be asked to choose from.
const mostCandidates = 6

// longestUnit is how many characters of a text are read; no unit and no address has as many.
const longestUnit = 1000

// Unit reads an employer, a school or an address as people type it: in which province it stands.
//
// A unit stands where the member will work or study, not where its head office is: the last branch, campus or plant
// that is named with its place counts before the name of the whole, the place of work before that of the head office.
// A street called after a city, a bank called after its origin, and a firm with units everywhere place nothing. What
// can be in two provinces is not guessed.
func Unit(s string) Place {
	normal := firstRunes(Normalize(s), longestUnit)
	text, origin := canonicalText(normal)
	n := unitTable()
	v := n.judge(text)
	p := Place{Why: v.why}
	if v.to > v.from {
		p.From, p.To = origin[v.from], origin[v.to-1]
		for p.To++; p.To < len(normal) && normal[p.To]&0xC0 == 0x80; p.To++ {
		}
		p.Words = normal[p.From:p.To]
	}
	switch inside := v.in &^ n.out; {
	case v.in == 0:
	case inside == 0:
		p.Abroad, p.Why = true, WhyAbroad
	case bits.OnesCount64(v.in) > 1 || v.unsure:
		if bits.OnesCount64(inside) <= mostCandidates {
			p.Candidates = n.provinces(inside)
		}
		p.Why = WhySeveral
		if v.unsure {
			p.Why = WhyUnsure
		}
	default:
		p.Known, p.Province, p.City = true, n.provinces(inside)[0], n.cities[v.city]
	}
	return p
}

// provinces are the short names of a set.
func (n *unitLexicon) provinces(set uint64) []string {
	list := make([]string, 0, bits.OnesCount64(set))
	for ; set != 0; set &= set - 1 {
		list = append(list, n.short[bits.TrailingZeros64(set)])
	}
	return list
}
