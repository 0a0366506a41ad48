package season_test

import (
	"strings"
	"testing"
)

const (
	sicauUnit = "employer=某某律师事务所 work_province=四川 employer_org=has"
	sicauFar  = "employer=某某律师事务所 work_province=广东 employer_org=has"
)

// sicauRoutes is notices.md, C: an agricultural university's law school in Sichuan, 2024.
var sicauRoutes = []routeRow{
	{
		"an employer with an organisation", "employed", sicauUnit, "work_province",
		"employer", "某某律师事务所的团组织", "branch member", true, "online", "pending", "online dues",
	},
	{
		"an employer without one, to the township", "employed", "employer=某某公司 work_province=四川 employer_org=none work_town=某某区某某街道 local_org=town", "work_province",
		"township", "四川某某区某某街道的街道（乡镇）团组织", "branch member", true, "online", "pending", "online dues",
	},
	{
		"an employer without one, to a youth home", "employed", "employer=某某公司 work_province=四川 employer_org=none work_town=某某区某某街道 local_org=home", "work_province",
		"youth_home", "四川某某区某某街道的“青年之家”团组织", "branch member", true, "online", "pending", "online dues",
	},
	{
		"an employer that may have one", "employed", "employer=某某公司 work_province=四川 employer_org=unsure", "work_province",
		"employer_unsure", "某某公司的团组织；单位没有团组织的，转到当地街道（乡镇）或“青年之家”", "branch member", true, "online", "pending", "online dues",
	},
	{
		"admitted by this school", "further_study", "study_where=here", "",
		"here", "四川某农业大学新生团支部", "admitting branch member", true, "further", "waiting", "dues further_done",
	},
	{
		"admitted by another school", "further_study", "study_where=other admitted_school=某某大学 study_province=四川", "study_province",
		"other", "某某大学新生团组织", "admitting branch member", true, "further", "waiting", "dues further_done",
	},
	{
		"armed forces, classified units", "military", "enlist_on=2024-09-10", "",
		"special", "特殊单位专属库（不登记单位名称）", "college member", true, "online", "pending", "dues enlist",
	},
	{
		"no job yet", "unsettled", "home_province=四川 home_town=某某县某某镇", "home_province",
		"township", "四川某某县某某镇的团组织（户籍所在地）", "branch member", true, "online", "pending", "online dues",
	},
	{
		"abroad", "abroad", "abroad_place=某国", "",
		"kept", "留在学校的“2024年出国（境）团员团支部”", "", false, "kept", "to_mark", "dues mark",
	},
	{
		"graduates late", "delayed", "", "",
		"stays", "留在法学院，标记为延迟毕业", "", false, "marked", "to_mark", "mark",
	},
}

var sicauWays = []way{
	{"online, then paper", "employed", sicauUnit, `
		- pending online dues
		initiated to_receive online dues
		received to_paper paper dues
		dues to_paper paper
		paper done`},
	{"into another system: registered there first", "employed", sicauFar, `
		- to_sign_up sign_up online dues
		signed_up pending online dues
		initiated to_receive online dues
		returned pending online dues
		received to_paper paper dues
		paper done dues`},
	{"study in another system", "further_study", "study_where=other admitted_school=某某大学 study_province=北京", `
		- to_sign_up sign_up further_done dues
		signed_up waiting further_done dues
		received to_paper paper_later dues
		paper done dues`},
	{"abroad: paper as well", "abroad", "abroad_place=某国", `
		- to_mark mark dues
		marked to_paper paper dues
		paper done dues`},
}

// "Online must be finished before paper is accepted", and nobody is done without paper.
func TestPaperWaitsForOnline(t *testing.T) {
	s := shipped(t, "sicau-law-2024")
	for _, d := range s.Destinations {
		for _, r := range d.Routes {
			tracks := []string{r.Track}
			if longer, ok := s.CrossSystem.Tracks[r.Track]; ok {
				tracks = append(tracks, longer)
			}
			for _, k := range tracks {
				for _, st := range s.Tracks[k].States {
					to, ok := s.Advance(k, st.Key, "paper")
					if ok != (st.Key == "to_paper") || ok && !s.TrackState(k, to).Done {
						t.Errorf("track %s: paper in state %s leads to %q", k, st.Key, to)
					}
				}
				for _, m := range s.Tracks[k].Moves {
					if s.TrackState(k, m.To).Done && m.On != "paper" && !d.Uncounted {
						t.Errorf("track %s: %s is done without paper", k, m.On)
					}
				}
			}
		}
	}
}

// "The member must first register with the receiving system": told first, and nobody can initiate before.
func TestOwnStepBeforeInitiation(t *testing.T) {
	s := shipped(t, "sicau-law-2024")
	o, err := s.Route("employed", answers(sicauFar))
	if err != nil {
		t.Fatal(err)
	}
	if o.Track != "signed_online" || o.State != "to_sign_up" || len(o.Steps) != 3 || !strings.HasPrefix(o.Steps[0], "先关注广东团组织系统的官方公众号") {
		t.Errorf("into another system: %+v", o)
	}
	if to, ok := s.Advance(o.Track, o.State, "initiated"); ok {
		t.Errorf("initiated before registration: %s", to)
	}
	if o, _ = s.Route("employed", answers(sicauUnit)); len(o.Steps) != 2 || o.State != "pending" {
		t.Errorf("within the system: %+v", o)
	}
}
