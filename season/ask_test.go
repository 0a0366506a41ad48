package season_test

import (
	"strings"
	"testing"

	"xianjie/season"
)

// Which questions each destination asks, in order, as the answers come in. "q?answer" answers q and goes on.
func TestQuestionsInOrder(t *testing.T) {
	s := cqu(t)
	for _, c := range []struct{ name, dest, path string }{
		{"an employer with an organisation", "employed", "employ_form?unit employer?某某公司 work_province?四川 employer_org?has"},
		{"an employer without one", "employed", "employ_form?unit employer?某某公司 work_province?四川 employer_org?none work_town?某某区"},
		{"an employer that may have one", "employed", "employ_form?unit employer?某某公司 work_province?四川 employer_org?unsure"},
		{"self-employed", "employed", "employ_form?self work_province?四川 work_town?某某区"},
		{"admitted by this school", "further_study", "study_where?here enrol_on?2020-09-01"},
		{"admitted elsewhere", "further_study", "study_where?other admitted_school?某某大学 study_province?四川 enrol_on?"},
		{"armed forces", "military", "enlist_on?2020-09-10"},
		{"classified unit: no name, no place", "classified_unit", "report_on?2020-07-10"},
		{"no job yet", "unsettled", "home_kind?registered home_province?四川 home_town?某某县"},
		{"staying", "retained", ""},
		{"study abroad", "abroad_study", "abroad_place?某国 abroad_period?两年 leave_on?2020-08-20 home_contact?王某某 home_phone?13900000000"},
		{"sent abroad", "abroad_official", "sender_unit?某某公司 sender_province?四川 leave_on?2020-08-20"},
		{"abroad privately", "abroad_private", "home_kind_private?residence home_province?四川 home_town?某某县 leave_on?2020-08-20"},
		{"late", "delayed", "graduate_on?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := season.Answers{}
			var asked []string
			for _, f := range strings.Fields(c.path) {
				k, v, _ := strings.Cut(f, "?")
				open := s.Ask(c.dest, a)
				if len(open) == 0 || open[0].Key != k {
					t.Fatalf("after %v: next is %v, want %s", a, keys(open), k)
				}
				a[k] = v
				asked = append(asked, k)
			}
			if open := s.Ask(c.dest, a); len(open) > 0 {
				t.Errorf("still open: %v", keys(open))
			}
			if got := keys(s.Asked(c.dest, a)); got != strings.Join(asked, " ") {
				t.Errorf("asked %s, want %s", got, asked)
			}
		})
	}
}

func keys(qs []*season.Question) string {
	list := make([]string, len(qs))
	for i, q := range qs {
		list[i] = q.Key
	}
	return strings.Join(list, " ")
}

// "A written application: place, period, contact person at home and how to reach them": all of it, the last two sealed.
func TestPersonalQuestionsAreMarked(t *testing.T) {
	for k, q := range cqu(t).Questions {
		if personal := k == "home_contact" || k == "home_phone"; q.Personal != personal {
			t.Errorf("%s: personal is %v", k, q.Personal)
		}
	}
}

// Dates "must lie in the season or the year after it".
func TestRangeOfDates(t *testing.T) {
	for _, c := range []struct{ name, opens, closes, from, to string }{
		{"closes in the next year", "2020-06-01", "2021-01-31", "2020-06-01", "2021-12-31"},
		{"closes in the same year", "2020-06-01", "2020-12-31", "2020-06-01", "2021-12-31"},
	} {
		text := strings.NewReplacer("opens: 2031-06-01", "opens: "+c.opens, "closes: 2031-12-31", "closes: "+c.closes, "2031-07", "2020-07").Replace(small)
		q := load(t, text).Questions["day"]
		if q.From.String() != c.from || q.To.String() != c.to {
			t.Errorf("%s: %s to %s", c.name, q.From, q.To)
		}
	}
}

// Words stand for exactly one destination; what fits two or none is asked about ("How a careful secretary files").
func TestWords(t *testing.T) {
	s := cqu(t)
	for _, c := range []struct{ word, dest string }{
		{"就业", "employed"},
		{"就业或自主创业", "employed"},
		{"创业", "employed"},
		{"升学", "further_study"},
		{"保研", "further_study"},
		{"参军", "military"},
		{"武警", "military"},
		{"涉密单位", "classified_unit"},
		{"待业", "unsettled"},
		{"考公", ""}, // an examination, too
		{"暂留学校", "retained"},
		{"留学", "abroad_study"},
		{"公派留学", "abroad_study"},
		{"因公出国", "abroad_official"},
		{"因私出国", "abroad_private"},
		{"移民", "abroad_private"},
		{"延毕", "delayed"},
		{"休学", "delayed"},
		{"出国", ""},   // study, for an employer, or privately
		{"出国工作", ""}, // for an employer, or on one's own account
		{"考研", ""},   // an examination is no result
		{"深造", ""},   // here or abroad
		{"留校", ""},   // a post, or only the relation
		{"回家", ""},   // a bare place
		{"部队", ""},   // a bare organisation
		{"没毕业", ""},  // late, or left without a degree
		{"四川", ""},
		{"", ""},
	} {
		d, ok := s.DestinationByWord(c.word)
		if ok != (c.dest != "") || ok && d.Key != c.dest {
			t.Errorf("%q means %v", c.word, d)
		}
	}
}
