package season_test

import (
	"strings"
	"testing"

	"xianjie/season"
)

// Answers of the ways below.
const (
	cquEmployed = "employ_form=self work_province=四川 work_town=某某区"
	cquHere     = "study_where=here enrol_on=2020-09-01"
	cquOther    = "study_where=other admitted_school=某某大学 study_province=四川 enrol_on="
	cquAbroad   = "abroad_place=某国 abroad_period=两年 leave_on=2020-08-20 home_contact=王某某 home_phone=13900000000"
	cquSent     = "sender_unit=某某公司 sender_province=四川 leave_on=2020-07-20"
)

// cquWays are whole ways of a transfer in 2020.
var cquWays = []way{
	{"initiated by the college", "employed", cquEmployed, `
		- pending initiate
		initiated to_receive receive
		received received`},
	{"initiated by the other side", "employed", cquEmployed, `
		- pending initiate
		applied out_review review receive
		reviewed to_receive receive
		received received`},
	{"nobody reviewed", "employed", cquEmployed, `
		- pending initiate
		applied out_review review receive
		defaulted to_receive receive`},
	{"returned and initiated again", "employed", cquEmployed, `
		- pending initiate
		initiated to_receive receive
		returned pending initiate
		initiated to_receive receive
		received received`},
	{"received unawares", "employed", cquEmployed, `
		- pending initiate
		received received`},
	{"sent abroad", "abroad_official", cquSent, `
		- pending initiate leave_before
		applied out_review review receive
		returned pending initiate leave_before
		initiated to_receive receive`},
	{"to another school", "further_study", cquOther, `
		- waiting further_done
		applied out_review review further_done
		defaulted to_receive further_done
		received received`},
	{"to this school, on application", "further_study", cquHere, `
		- waiting admit_in further_done
		applied in_review review_in further_done
		returned waiting admit_in further_done
		applied in_review review_in further_done
		reviewed received`},
	{"to this school, initiated by a college", "further_study", cquHere, `
		- waiting admit_in further_done
		initiated in_review review_in further_done
		defaulted received`},
	{"armed forces", "military", "enlist_on=2020-09-10", `
		- pending enlist
		applied provincial
		returned pending enlist
		initiated provincial
		received received`},
	{"classified unit", "classified_unit", "report_on=2020-07-10", `
		- pending enlist_unit
		initiated provincial
		received received`},
	{"study abroad", "abroad_study", cquAbroad, `
		- to_apply abroad_apply
		applied to_approve abroad_approve
		declined to_apply abroad_apply
		applied to_approve abroad_approve
		approved to_register abroad_register
		registered registered`},
	{"kept and out", "retained", "", `
		- to_mark mark_retained retained_out
		marked kept retained_out
		initiated to_receive retained_out
		returned kept retained_out
		initiated to_receive retained_out
		received received`},
	{"late", "delayed", "graduate_on=", `
		- to_mark mark_delayed
		marked marked`},
}

func sameWords(got string, want []string) bool {
	have := map[string]bool{}
	for _, k := range strings.Fields(got) {
		have[k] = true
	}
	for _, k := range want {
		if !have[k] {
			return false
		}
	}
	return len(have) == len(want)
}

func TestAdvanceRefuses(t *testing.T) {
	s := cqu(t)
	for _, c := range []struct{ name, track, state, event string }{
		{"no such track", "moon", "pending", "initiated"},
		{"no such state", "outgoing", "moon", "initiated"},
		{"no such event", "outgoing", "pending", "moon"},
		{"done is done", "outgoing", "received", "returned"},
		{"nothing is approved by default before it was applied for", "outgoing", "pending", "defaulted"},
		{"no review by the college of what the province reviews", "special", "provincial", "reviewed"},
		{"no default where a province reviews", "special", "provincial", "defaulted"},
		{"no default of the committee's approval", "abroad_study", "to_approve", "defaulted"},
		{"no registration before approval", "abroad_study", "to_approve", "registered"},
	} {
		if to, ok := s.Advance(c.track, c.state, c.event); ok {
			t.Errorf("%s: leads to %s", c.name, to)
		}
	}
}

func TestStateOfAFormerFile(t *testing.T) {
	if st := cqu(t).TrackState("outgoing", "gone"); st != (season.State{Key: "gone", Name: "gone"}) {
		t.Errorf("a state of a former file: %+v", st)
	}
}

func TestEventsByWordAndKey(t *testing.T) {
	s := cqu(t)
	for _, c := range []struct{ word, key string }{
		{"已发起", "initiated"},
		{"收到申请", "applied"},
		{"退回", "returned"},
		{"已登记", "registered"},
		{"系统默认通过", ""}, // nobody says that: it is recorded by itself
		{"", ""},
	} {
		e, ok := s.Event(c.word)
		if ok != (c.key != "") || ok && e.Key != c.key {
			t.Errorf("%q is %+v", c.word, e)
		}
	}
	if e, ok := s.EventNamed("defaulted"); !ok || len(e.By) > 0 {
		t.Errorf("defaulted: %+v", e)
	}
}

// "Initiated by 31 July, 100 %" leaves out further study, armed forces (and classified units, as these), study abroad,
// those who graduate late, and those whose relation stays; whoever initiated counts.
func TestRates(t *testing.T) {
	s := cqu(t)
	for _, c := range []struct{ key, of, done, by string }{
		{"initiated", "employed unsettled abroad_official abroad_private", "out_review to_receive received", "2020-07-31"},
		{"received", "employed unsettled abroad_official abroad_private", "received", "2020-09-30"},
		{"further", "further_study", "received", "2020-10-31"},
	} {
		found := false
		for _, r := range s.Rates {
			if r.Key != c.key {
				continue
			}
			found = true
			if !sameWords(strings.Join(r.Of, " "), strings.Fields(c.of)) || !sameWords(strings.Join(r.Done, " "), strings.Fields(c.done)) ||
				s.Dates[r.By].Date.String() != c.by {
				t.Errorf("%s: %+v", c.key, r)
			}
		}
		if !found {
			t.Errorf("there is no rate %s", c.key)
		}
	}
}
