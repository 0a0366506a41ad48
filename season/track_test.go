package season_test

import (
	"strings"
	"testing"

	"xianjie/season"
)

// Whole ways of a transfer: "event state [duties]" per line, the duties being those open in that state, with the events
// as recorded on consecutive days from 11 June.
func TestWaysOfATransfer(t *testing.T) {
	const (
		employed = "employ_form=self work_province=四川 work_town=某某区"
		here     = "study_where=here enrol_on=2020-09-01"
		other    = "study_where=other admitted_school=某某大学 study_province=四川 enrol_on="
		abroad   = "abroad_place=某国 abroad_period=两年 leave_on=2020-08-20 home_contact=王某某 home_phone=13900000000"
		sent     = "sender_unit=某某公司 sender_province=四川 leave_on=2020-07-20"
	)
	for _, c := range []struct{ name, dest, answers, way string }{
		{"initiated by the college", "employed", employed, `
			- pending initiate receive
			initiated to_receive receive
			received received`},
		{"initiated by the other side", "employed", employed, `
			- pending initiate receive
			applied out_review review receive
			reviewed to_receive receive
			received received`},
		{"nobody reviewed", "employed", employed, `
			- pending initiate receive
			applied out_review review receive
			defaulted to_receive receive`},
		{"returned and initiated again", "employed", employed, `
			- pending initiate receive
			initiated to_receive receive
			returned pending initiate receive
			initiated to_receive receive
			received received`},
		{"received unawares", "employed", employed, `
			- pending initiate receive
			received received`},
		{"sent abroad", "abroad_official", sent, `
			- pending initiate receive leave_before
			applied out_review review receive
			returned pending initiate receive leave_before
			initiated to_receive receive`},
		{"to another school", "further_study", other, `
			- waiting further_done
			applied out_review review further_done
			defaulted to_receive further_done
			received received`},
		{"to this school, on application", "further_study", here, `
			- waiting admit_in further_done
			applied in_review review_in further_done
			returned waiting admit_in further_done
			applied in_review review_in further_done
			reviewed received`},
		{"to this school, initiated by a college", "further_study", here, `
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
		{"study abroad", "abroad_study", abroad, `
			- to_apply abroad_apply
			applied to_approve abroad_approve
			returned to_apply abroad_apply
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
	} {
		t.Run(c.name, func(t *testing.T) {
			s := cqu(t)
			o, err := s.Route(c.dest, answers(c.answers))
			if err != nil {
				t.Fatal(err)
			}
			state, day := o.State, date(t, "2020-06-10")
			var events []string
			for line := range strings.Lines(strings.TrimSpace(c.way)) {
				f := strings.Fields(line)
				if f[0] != "-" {
					next, ok := s.Advance(o.Track, state, f[0])
					if !ok {
						t.Fatalf("%s does not lead on from %s", f[0], state)
					}
					state, day = next, day.AddDays(1)
					events = append(events, f[0]+"="+day.String())
				}
				if state != f[1] {
					t.Fatalf("%s leads to %s, want %s", f[0], state, f[1])
				}
				if got := opened(t, s, c.dest, c.answers, state, events...); !sameWords(got, f[2:]) {
					t.Errorf("in %s open are [%s], want %v", state, got, f[2:])
				}
			}
		})
	}
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

// From every state of every track some way leads to a state that is done.
func TestEveryTrackEnds(t *testing.T) {
	s := cqu(t)
	for key, tr := range s.Tracks {
		for _, from := range tr.States {
			seen := map[string]bool{from.Key: true}
			for todo := []string{from.Key}; len(todo) > 0; todo = todo[1:] {
				for _, m := range tr.Moves {
					if to, ok := s.Advance(key, todo[0], m.On); ok && !seen[to] {
						seen[to] = true
						todo = append(todo, to)
					}
				}
			}
			ends := false
			for st := range seen {
				ends = ends || s.TrackState(key, st).Done
			}
			if !ends {
				t.Errorf("track %s cannot end from %s", key, from.Key)
			}
		}
	}
	if st := s.TrackState("outgoing", "gone"); st != (season.State{Key: "gone", Name: "gone"}) {
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
