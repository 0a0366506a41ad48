package demo

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"

	"xianjie/roster"
)

func TestPeopleAreTheSameForTheSameSeed(t *testing.T) {
	if a, b := People(7, 60), People(7, 60); !reflect.DeepEqual(a, b) {
		t.Error("two casts of one seed differ")
	}
	if a, b := People(7, 60), People(8, 60); reflect.DeepEqual(a.Members, b.Members) {
		t.Error("two seeds give the same members")
	}
}

func TestPeopleArePlausible(t *testing.T) {
	for _, members := range []int{0, 1, 9, 60, 5000} {
		c := People(1, members)
		if len(c.Members) != members {
			t.Errorf("%d members asked for, got %d", members, len(c.Members))
		}
		no, phone := regexp.MustCompile(`^\d{8,12}$`), regexp.MustCompile(`^1540\d{7}$`)
		seen, phones := map[string]string{}, map[string]bool{}
		branchOf := map[string]string{}
		for _, m := range c.Members {
			if !no.MatchString(m.No) || seen[m.No] != "" {
				t.Errorf("number %s of %s is malformed or not unique", m.No, m.Name)
			}
			if m.Phone != "" && (!phone.MatchString(m.Phone) || phones[m.Phone]) {
				t.Errorf("telephone %s of %s is malformed or not unique", m.Phone, m.Name)
			}
			seen[m.No], phones[m.Phone] = m.Name, true
			branchOf[m.No] = m.College + "/" + m.Branch
		}
		secretaries := map[string]int{}
		for _, o := range c.Officers {
			switch o.Role {
			case roster.RoleBranch:
				if branchOf[o.No] != o.College+"/"+o.Branch || seen[o.No] != o.Name {
					t.Errorf("branch secretary %s is not a member of %s", o.Name, o.Branch)
				}
				secretaries[o.College+"/"+o.Branch]++
			default:
				if !no.MatchString(o.No) || seen[o.No] != "" {
					t.Errorf("staff number %s of %s is malformed or not unique", o.No, o.Name)
				}
				seen[o.No] = o.Name
				secretaries[o.Role.String()+o.College]++
			}
		}
		for _, college := range c.Colleges {
			if secretaries[roster.RoleCollege.String()+college.Name] != 1 {
				t.Errorf("%s has no secretary of its own", college.Name)
			}
		}
		for no, branch := range branchOf {
			if secretaries[branch] != 1 {
				t.Fatalf("branch %s of %s has %d secretaries", branch, no, secretaries[branch])
			}
		}
	}
}

func TestPeopleShareNamesAcrossBranches(t *testing.T) {
	where := map[string]map[string]bool{}
	for _, m := range People(1, 60).Members {
		if where[m.Name] == nil {
			where[m.Name] = map[string]bool{}
		}
		where[m.Name][m.College+m.Branch] = true
	}
	shared := 0
	for _, branches := range where {
		if len(branches) > 1 {
			shared++
		}
	}
	if shared < 2 {
		t.Errorf("%d names are shared by members of different branches, want at least 2", shared)
	}
}

func TestPeopleWorkbookIsReadBackWhole(t *testing.T) {
	c := People(3, 60)
	data, err := c.Workbook()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "roster.xlsx")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	book, err := roster.Read(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if len(book.Rejects) > 0 || len(book.Notices) > 0 {
		t.Errorf("rejects %v, notices %v", book.Rejects, book.Notices)
	}
	var members []roster.Member
	for _, r := range book.Members {
		members = append(members, r.Member)
	}
	var officers []roster.Officer
	for _, r := range book.Officers {
		officers = append(officers, r.Officer)
	}
	if !reflect.DeepEqual(members, c.Members) || !reflect.DeepEqual(officers, c.Officers) {
		t.Error("the workbook read back differs from the cast")
	}
}
