package demo

import (
	"bytes"
	_ "embed"
	"fmt"
	"math/rand/v2"

	"go.yaml.in/yaml/v3"

	"xianjie/roster"
)

// Cast is the made-up people of one demo. The same seed and size always give the same people.
type Cast struct {
	Cohort    int    // year in which the members graduate
	Committee string // name of the committee (校团委)
	Colleges  []CastCollege
	Members   []roster.Member  // branch by branch, as a roster lists them
	Officers  []roster.Officer // the committee's first, then each college's secretary and its branch secretaries
}

// CastCollege is a college committee (二级团组织) with its branches.
type CastCollege struct {
	Name     string
	Branches []string
}

//go:embed people.yaml
var peopleFile []byte

// castData is people.yaml.
type castData struct {
	Cohort    int
	Committee string
	Colleges  []struct {
		Name     string
		Branches []string
	}
	CommitteeOfficers int `yaml:"committee_officers"`
	Political         []string
	Surnames          string
	Given             string
	Stories           []struct {
		Weight int
		Texts  []string
	}
}

// castFile reads people.yaml. It panics when that part of the program cannot be read.
func castFile() castData {
	var data castData
	if err := yaml.Unmarshal(peopleFile, &data); err != nil {
		panic(fmt.Sprintf("demo: people.yaml: %v", err))
	}
	return data
}

// People makes up a university for a demo: its colleges and branches, members graduating members spread evenly over
// the branches, one secretary per branch (a member of it), one per college, and officers of the committee. Every third
// branch shares the name of one member with the branch before it, because real rosters do.
// It panics when people.yaml, which is part of the program, cannot be read.
func People(seed uint64, members int) Cast {
	data := castFile()
	p := &inventor{
		data:     data,
		rng:      rand.New(rand.NewPCG(seed, uint64(members))), //nolint:gosec // invented people need no secrecy
		surnames: []rune(data.Surnames),
		given:    []rune(data.Given),
		taken:    map[string]bool{},
	}
	c := Cast{Cohort: data.Cohort, Committee: data.Committee}
	for range data.CommitteeOfficers {
		c.Officers = append(c.Officers, p.officer(roster.RoleCommittee, ""))
	}
	branches := 0
	for _, college := range data.Colleges {
		c.Colleges = append(c.Colleges, CastCollege{Name: college.Name, Branches: college.Branches})
		branches += len(college.Branches)
	}
	before := ""
	for i, b := 0, 0; i < len(c.Colleges); i++ {
		college := c.Colleges[i]
		c.Officers = append(c.Officers, p.officer(roster.RoleCollege, college.Name))
		serial := 0
		for _, branch := range college.Branches {
			size := members*(b+1)/branches - members*b/branches
			b++
			first := len(c.Members)
			for range size {
				serial += 1 + p.rng.IntN(2)
				c.Members = append(c.Members, p.member(i+1, serial, college.Name, branch))
			}
			added := c.Members[first:]
			if len(added) == 0 {
				continue
			}
			if b%3 == 2 && before != "" {
				added[len(added)-1].Name = before
			}
			before = added[len(added)/2].Name
			s := added[p.rng.IntN(len(added))]
			c.Officers = append(c.Officers, roster.Officer{
				No: s.No, Name: s.Name, Role: roster.RoleBranch, College: s.College, Branch: s.Branch, Phone: s.Phone,
			})
		}
	}
	return c
}

// Workbook is the cast as the roster workbook an operator would import.
func (c Cast) Workbook() ([]byte, error) {
	var b bytes.Buffer
	if err := roster.Write(&b, c.Members, c.Officers); err != nil {
		return nil, fmt.Errorf("workbook of the cast: %w", err)
	}
	return b.Bytes(), nil
}

// inventor makes up people; its numbers never repeat.
type inventor struct {
	data     castData
	rng      *rand.Rand
	surnames []rune
	given    []rune
	taken    map[string]bool // names in use
	staff    int             // officers so far
	phones   int             // telephones so far
}

// yearsOfStudy lie between the year a student number begins with and graduation.
const yearsOfStudy = 4

// member makes up the serial-th student of a college. Their numbers are the year of enrolment, a digit for the college
// and a serial number: eight digits up to 999, more beyond.
func (p *inventor) member(college, serial int, collegeName, branch string) roster.Member {
	m := roster.Member{
		No:      fmt.Sprintf("%04d%d%03d", p.data.Cohort-yearsOfStudy, college, serial),
		Name:    p.name(),
		College: collegeName, Branch: branch, Cohort: p.data.Cohort,
		Political: p.data.Political[p.rng.IntN(len(p.data.Political))],
	}
	if p.rng.IntN(10) > 0 {
		m.Phone = p.phone()
	}
	return m
}

func (p *inventor) officer(role roster.Role, college string) roster.Officer {
	p.staff++
	return roster.Officer{No: fmt.Sprintf("9000%04d", p.staff), Name: p.name(), Role: role, College: college, Phone: p.phone()}
}

// name makes up a name nobody of the cast has yet; when the supply runs short, names repeat as they do in life.
func (p *inventor) name() string {
	const tries = 50
	n := ""
	for range tries {
		n = string(p.surnames[p.rng.IntN(len(p.surnames))]) + string(p.given[p.rng.IntN(len(p.given))])
		if p.rng.IntN(3) > 0 {
			n += string(p.given[p.rng.IntN(len(p.given))])
		}
		if !p.taken[n] {
			break
		}
	}
	p.taken[n] = true
	return n
}

// phone makes up a number behind 1540, a prefix no operator has been given.
func (p *inventor) phone() string {
	p.phones++
	return fmt.Sprintf("1540%07d", p.phones)
}
