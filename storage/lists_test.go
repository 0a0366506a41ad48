package storage_test

import (
	"fmt"
	"slices"
	"testing"

	"xianjie/storage"
)

func TestMembersInScopeAndFilter(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.roster(
			storage.Listed{No: "20160011", Name: "赵六", College: "机械学院", Branch: "机械2班", Cohort: 2020},
			storage.Listed{No: "20160012", Name: "钱七", College: "土木学院", Branch: "土木1班", Cohort: 2020},
			storage.Listed{No: "20160013", Name: "孙八", College: "土木学院", Branch: "土木1班", Cohort: 2020, Left: true},
		)
		p := w.bound("20160001")
		w.commit(w.declare(w.member(p.ID)))
		w.record(p.ID, "initiated")
		other := w.bound("20160002")
		w.commit(w.declare(w.member(other.ID)))
		m := w.member(p.ID)
		done := []storage.TrackState{{Track: "outgoing", State: "received"}, {Track: "outgoing", State: "to_receive"}}
		for _, c := range []struct {
			name  string
			scope storage.Scope
			f     storage.Filter
			want  string
		}{
			{"the school", storage.Scope{}, storage.Filter{}, "张三 李四 王五 赵六 钱七"},
			{"a college", storage.Scope{CollegeID: m.College.ID}, storage.Filter{}, "张三 李四 王五 赵六"},
			{"a branch", storage.Scope{BranchID: m.Branch.ID}, storage.Filter{}, "张三 李四 王五"},
			{"without a declaration", storage.Scope{BranchID: m.Branch.ID}, storage.Filter{Undeclared: true}, "王五"},
			{"with a destination", storage.Scope{}, storage.Filter{Destination: "employed"}, "张三 李四"},
			{"in a state", storage.Scope{}, storage.Filter{StateIn: done}, "张三"},
			{"in no state", storage.Scope{}, storage.Filter{StateIn: done[:1]}, ""},
			{"not done", storage.Scope{}, storage.Filter{Open: true, DoneStates: done}, "李四 王五 赵六 钱七"},
			{"declared and not done", storage.Scope{}, storage.Filter{Open: true, DoneStates: done, Destination: "employed"}, "李四"},
		} {
			ms, total, err := w.MembersIn(ctx, c.scope, c.f, 0, 100)
			if err != nil || names(ms) != c.want || total != len(ms) {
				t.Errorf("%s: %q of %d, %v; want %q", c.name, names(ms), total, err, c.want)
			}
		}
		page, total, err := w.MembersIn(ctx, storage.Scope{}, storage.Filter{}, p.ID, 2)
		if err != nil || names(page) != "李四 王五" || total != 5 {
			t.Errorf("the second page: %q of %d, %v", names(page), total, err)
		}
		cs, err := w.CountsIn(ctx, storage.Scope{CollegeID: m.College.ID})
		w.ok(err)
		got := map[string]int{}
		for _, c := range cs {
			got[c.Destination+"/"+c.State] += c.N
		}
		if len(got) != 3 || got["/undeclared"] != 2 || got["employed/pending"] != 1 || got["employed/to_receive"] != 1 {
			t.Errorf("counts: %v", got)
		}
		cs, err = w.CountsByBranch(ctx, storage.Scope{CollegeID: m.College.ID})
		w.ok(err)
		branches := map[int64]int{}
		for _, c := range cs {
			branches[c.BranchID] += c.N
		}
		if len(branches) != 2 || branches[m.Branch.ID] != 3 {
			t.Errorf("counts by branch: %v", branches)
		}
	})
}

func TestMembersMeant(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.roster(
			storage.Listed{No: "20160011", Name: "张三", College: "土木学院", Branch: "土木1班", Cohort: 2020},
			storage.Listed{No: "20160012", Name: "𠮷五", College: "机械学院", Branch: "机械1班", Cohort: 2020},
			storage.Listed{No: "20160013", Name: "𡃁五", College: "机械学院", Branch: "机械1班", Cohort: 2020},
		)
		p, err := w.PersonByNo(ctx, "20160001")
		w.ok(err)
		college := storage.Scope{CollegeID: *p.CollegeID}
		for _, c := range []struct {
			name      string
			scope     storage.Scope
			ids       []int64
			nos, said []string
			want      string
		}{
			{"nobody", college, nil, nil, nil, ""},
			{"by number", college, nil, []string{"20160002"}, nil, "李四"},
			{"by id", college, []int64{p.ID}, nil, nil, "张三"},
			{"by name, in the college only", college, nil, nil, []string{"张三"}, "张三"},
			{"by name, everywhere", storage.Scope{}, nil, nil, []string{"张三"}, "张三 张三"},
			{"each once, ids before numbers before names", college, []int64{p.ID}, []string{"20160003", "20160001"}, []string{"李四", "王五"}, "张三 王五 李四"},
			{"rare characters are not taken for one another", college, nil, nil, []string{"𠮷五"}, "𠮷五"},
			{"what looks like SQL is a name", college, nil, nil, []string{"' OR 1=1 --"}, ""},
			{"another college's number", college, nil, []string{"20160011"}, nil, ""},
		} {
			ms, err := w.MembersMeant(ctx, c.scope, c.ids, c.nos, c.said)
			if err != nil || names(ms) != c.want {
				t.Errorf("%s: %q, %v; want %q", c.name, names(ms), err, c.want)
			}
		}
	})
}

func TestMembersNumbered(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		many := make([]storage.Listed, 1100) // more than one question to the database takes
		nos := make([]string, len(many))
		for i := range many {
			nos[i] = fmt.Sprint(20170000 + i)
			many[i] = storage.Listed{No: nos[i], Name: "张三", College: "土木学院", Branch: "土木1班", Cohort: 2020}
		}
		w.roster(many...)
		p, err := w.PersonByNo(ctx, nos[0])
		w.ok(err)
		for _, c := range []struct {
			name  string
			scope storage.Scope
			nos   []string
			want  int
		}{
			{"nobody", storage.Scope{}, nil, 0},
			{"all of a college", storage.Scope{CollegeID: *p.CollegeID}, append(nos, nos[3], "20160001", "1"), len(nos)},
			{"everywhere", storage.Scope{}, append(nos, "20160001"), len(nos) + 1},
		} {
			ms, err := w.MembersNumbered(ctx, c.scope, c.nos)
			if err != nil || len(ms) != c.want {
				t.Errorf("%s: %d, %v; want %d", c.name, len(ms), err, c.want)
			}
		}
	})
}

// The names behind a rate are those it counts and does not count as done; their number is what the rate lacks.
func TestMissingFromARate(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.enrol("20160004", "赵六", "20160005", "孙悦", "20160006", "周晴")
		ids := map[string]int64{}
		for _, no := range []string{"20160001", "20160002", "20160003", "20160004", "20160005", "20160006"} {
			p, err := w.PersonByNo(ctx, no)
			w.ok(err)
			ids[no] = p.ID
		}
		for _, no := range []string{"20160001", "20160002", "20160003"} {
			w.commit(w.declare(w.member(ids[no])))
		}
		late, _, err := w.member(ids["20160004"]).Declare(w.season, "delayed", map[string]storage.Value{"graduate_on": {}}, storage.Said{}, w.clock.now())
		w.ok(err)
		w.commit(late)
		w.record(ids["20160001"], "initiated")
		_, err = w.sql().Exec("UPDATE people SET cohort = 2019 WHERE no = '20160003'")
		w.ok(err)
		r := w.season.Rates[0]
		for _, c := range []struct {
			name string
			m    storage.Missing
			want []string
		}{
			{"not initiated", storage.Missing{Cohort: 2020, Of: r.Of, Done: r.Done}, []string{"20160002"}},
			{"with the undeclared", storage.Missing{Cohort: 2020, Of: r.Of, Undeclared: true, Done: r.Done}, []string{"20160002", "20160005", "20160006"}},
			{"on the route they took", storage.Missing{Cohort: 2020, Of: r.Of, Done: r.Done, Via: []string{"employed/self_employed"}}, []string{"20160002"}},
			{"on another route nobody is done", storage.Missing{Cohort: 2020, Of: r.Of, Done: r.Done, Via: []string{"employed/employer"}}, []string{"20160001", "20160002"}},
			{"of a destination as a whole", storage.Missing{Cohort: 2020, Of: r.Of, Done: r.Done, Via: []string{"employed"}}, []string{"20160002"}},
			{"of another year", storage.Missing{Cohort: 2019, Of: r.Of, Done: r.Done}, []string{"20160003"}},
			{"nothing counts", storage.Missing{Cohort: 2020}, nil},
		} {
			t.Run(c.name, func(t *testing.T) {
				ms, total, err := w.MembersIn(ctx, storage.Scope{}, storage.Filter{Missing: &c.m}, 0, 50)
				w.ok(err)
				var got []string
				for _, m := range ms {
					got = append(got, m.Person.No)
				}
				if !slices.Equal(got, c.want) || total != len(c.want) {
					t.Errorf("got %v (%d), want %v", got, total, c.want)
				}
			})
		}
	})
}
