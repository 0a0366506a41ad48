package roster

import (
	"fmt"
	"slices"
	"testing"

	"xianjie/seasons"
	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// What Plan announces is what stands in the store after ApplyRoster: planned again, the same workbook changes nothing.
func TestAppliedIsAsPlanned(t *testing.T) {
	sn, err := seasons.Load("cqu-2020")
	if err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		name              string
		members, officers grid
		changes           string // what Plan announces, in numbers
		seats             []storage.Seat
		zhang             storage.Listed
	}{
		{
			name:     "first import",
			members:  grid{rowOf(zhang), {"20160002", "李四", "机械学院", "机械2班", 2020}, {"20160003", "王五", "外国语学院", "机械1班", 2020}, {"x", "坏行"}},
			officers: grid{{"张三", "20160001", "团支书", "机械学院", "机械1班"}, {"李老师", "90001", "学院团委书记", "机械学院"}, {"王老师", "90002", "校团委"}},
			changes:  "added 3, officers 2, changed 0, roles +3 -0, refused 1",
			seats: []storage.Seat{
				{No: "20160001", Party: "branch", College: "机械学院", Branch: "机械1班"},
				{No: "90001", Party: "college", College: "机械学院"},
				{No: "90002", Party: "committee"},
			},
			zhang: zhang.listed(),
		},
		{
			name:     "others take over, and a member moves",
			members:  grid{rowOf(with(func(m *Member) { m.College, m.Branch, m.Phone = "外国语学院", "机械1班", "" })), {"20160004", "赵六", "机械学院", "机械1班", 2020}},
			officers: grid{{"赵六", "20160004", "团支书", "机械学院", "机械1班"}, {"王老师", "90002", "学院团委书记", "机械学院", nil, "15400000002"}},
			changes:  "added 1, officers 0, changed 2, roles +2 -2, refused 0",
			seats: []storage.Seat{
				{No: "20160004", Party: "branch", College: "机械学院", Branch: "机械1班"},
				{No: "90002", Party: "college", College: "机械学院"},
				{No: "90002", Party: "committee"},
			},
			zhang: with(func(m *Member) { m.College = "外国语学院" }).listed(),
		},
	}
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		for _, step := range steps {
			t.Run(step.name, func(t *testing.T) {
				path := saveBook(t, SheetMembers, memberGrid(step.members...), SheetOfficers, officerGrid(step.officers...))
				diff, err := planAgainst(t.Context(), s, path)
				if err != nil {
					t.Fatal(err)
				}
				if got := countsOf(diff); got != step.changes {
					t.Errorf("announced: %s\nwant: %s", got, step.changes)
				}
				audit := storage.Audit{At: sn.Morning(sn.Opens), Action: "import", Subject: "roster"}
				if err := s.ApplyRoster(t.Context(), sn, diff.Roster("校团委", audit)); err != nil {
					t.Fatal(err)
				}
				if again, err := planAgainst(t.Context(), s, path); err != nil || !again.Empty() {
					t.Errorf("planned again it changes %s (%v)", countsOf(again), err)
				}
				dir, err := s.Directory(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				slices.SortFunc(dir.Seats, func(a, b storage.Seat) int {
					return slices.Compare([]string{a.No, a.Party}, []string{b.No, b.Party})
				})
				if !slices.Equal(dir.Seats, step.seats) {
					t.Errorf("roles are %+v, want %+v", dir.Seats, step.seats)
				}
				if !slices.Contains(dir.People, step.zhang) {
					t.Errorf("people are %+v, without %+v", dir.People, step.zhang)
				}
			})
		}
	})
}

// An import that cannot be finished leaves nothing behind: here its last step, a role, names somebody who does not exist.
func TestApplyIsAllOrNothing(t *testing.T) {
	sn, err := seasons.Load("cqu-2020")
	if err != nil {
		t.Fatal(err)
	}
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		diff, err := planAgainst(t.Context(), s, saveBook(t, SheetMembers, memberGrid(rowOf(zhang))))
		if err != nil {
			t.Fatal(err)
		}
		r := diff.Roster("校团委", storage.Audit{At: sn.Morning(sn.Opens), Action: "import", Subject: "roster"})
		r.RolesAdded = append(r.RolesAdded, storage.Seat{No: "99999", Party: storage.OrgCommittee})
		if err := s.ApplyRoster(t.Context(), sn, r); err == nil {
			t.Fatal("a role of nobody was applied")
		}
		dir, err := s.Directory(t.Context())
		if err != nil || len(dir.People)+len(dir.Seats)+len(dir.Colleges)+len(dir.Branches) != 0 {
			t.Errorf("the store holds %+v (%v), want nothing", dir, err)
		}
	})
}

func countsOf(d Diff) string {
	return fmt.Sprintf("added %d, officers %d, changed %d, roles +%d -%d, refused %d",
		len(d.Added), len(d.NewOfficers), len(d.Changed), len(d.RolesAdded), len(d.RolesEnded), len(d.Rejects))
}
