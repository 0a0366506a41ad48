package handlers

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xianjie/storage"
)

var someOrgs = []storage.Org{
	{ID: 1, Kind: storage.OrgCollege, Name: "机械学院"},
	{ID: 2, Kind: storage.OrgCollege, Name: "数学学院"},
	{ID: 3, Kind: storage.OrgCollege, Name: "重庆大学附属学院"},
	{ID: 11, Kind: storage.OrgBranch, Name: "机械1班"},
	{ID: 12, Kind: storage.OrgBranch, Name: "机械2班"},
	{ID: 13, Kind: storage.OrgBranch, Name: "数学1班"},
}

func TestAudience(t *testing.T) {
	h := NewTurner(loadSeason(t), theWords())
	for _, row := range []struct {
		name, sentence string
		want           string // the conditions, without the questions for places
		said           string
	}{
		{"the notice's own", "2020届 未落实 未确认 非北京广东福建", `{"cohorts":[2020],"standing":{"undeclared":true,"destinations":["unsettled"]},"not_places":["北京","广东","福建"]}`, "2020届；未落实或未登记；不含北京、广东、福建"},
		{"everybody", "全部", `{}`, "全部毕业生"},
		{"short year, full width", "２０届　升学", `{"cohorts":[2020],"standing":{"destinations":["further_study"]}}`, "2020届；升学"},
		{"a college by its name", "机械学院", `{"orgs":[1]}`, "机械学院"},
		{"a college by part of it", "机械 的同学", `{"orgs":[1]}`, "机械学院"},
		{"a branch and a state", "机械1班 待发起", `{"standing":{"states":[{"Track":"outgoing","State":"pending"},{"Track":"special","State":"pending"}]},"orgs":[11]}`, "机械1班；待发起"},
		{"glued together", "机械学院升学和就业", `{"standing":{"destinations":["further_study","employed"]},"orgs":[1]}`, "机械学院；升学或就业"},
		{"a name that begins like a place", "重庆大学附属学院", `{"orgs":[3]}`, "重庆大学附属学院"},
		{"not these colleges", "全部 除机械学院、数学学院", `{"not_orgs":[1,2]}`, "全部毕业生；不含机械学院、数学学院"},
		{"not holds to the next space", "非机械学院 升学", `{"standing":{"destinations":["further_study"]},"not_orgs":[1]}`, "升学；不含机械学院"},
		{"to a place", "去四川省 就业", `{"standing":{"destinations":["employed"]},"places":["四川"]}`, "就业；去四川"},
		{"a city stands for its province", "成都", `{"places":["四川"]}`, "去四川"},
		{"an indicator of the notice", "未达转出发起率", `{"behind":[{"of":["employed","unsettled","abroad_official","abroad_private"],"done":["out_review","to_receive","received"]}]}`, "未计入转出发起率"},
		{"officers", "团支书 机械学院", `{"orgs":[1],"parties":["branch"]}`, "团支书；机械学院"},
		{"who is silent", "通知3未答复", `{"unanswered":3}`, "通知3还没有回复的人"},
		{"in groups only", "全部 只发班级群", `{"via":"group"}`, "只发班级群"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := h.audience(row.sentence, someOrgs)
			if !got.ok() {
				t.Fatalf("unknown %q, wrong %q", got.unknown, got.wrong)
			}
			a := got.Audience
			if placed := a.Places != nil || a.NotPlaces != nil; placed != (a.PlaceOf != nil) {
				t.Errorf("places are told by %v", a.PlaceOf)
			}
			a.PlaceOf = nil
			text, err := json.Marshal(a)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(row.want, string(text)); d != "" {
				t.Errorf("conditions (-want +got):\n%s", d)
			}
			if got.said != row.said {
				t.Errorf("read back as %q, want %q", got.said, row.said)
			}
		})
	}
}

// Every word that is not understood is named; what cannot be meant is said.
func TestAudienceNotUnderstood(t *testing.T) {
	h := NewTurner(loadSeason(t), theWords())
	for _, row := range []struct{ name, sentence, unknown, wrong string }{
		{"a word of its own", "2020届 已婚 升学", "已婚", ""},
		{"within a word", "机械学院已婚升学", "已婚", ""},
		{"two of them", "已婚 党员", "已婚 党员", ""},
		{"a name that fits several", "学院", "学院", ""},
		{"a place and more", "重庆火锅", "火锅", ""},
		{"nothing", " ，。", "", "还没有说发给谁"},
		{"only not", "非", "", "还没有说发给谁"},
		{"not this year", "非2020届", "", "前面不能加"},
		{"officers who study", "团支书 升学", "", "发给干部时"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := h.audience(row.sentence, someOrgs)
			if u := strings.Join(got.unknown, " "); u != row.unknown {
				t.Errorf("unknown %q, want %q", u, row.unknown)
			}
			if w := strings.Join(got.wrong, " "); row.wrong == "" && w != "" || !strings.Contains(w, row.wrong) {
				t.Errorf("wrong %q, want %q", w, row.wrong)
			}
		})
	}
}

// Whatever is said, every character of it is taken for something or named, and the same words mean the same again.
func FuzzAudience(f *testing.F) {
	f.Add("2020届 未落实 未确认 非北京广东福建")
	f.Add("机械学院已婚升学、去成都 通知3未答复")
	f.Add("20届全部的的的省市")
	sn := loadSeason(f)
	f.Fuzz(func(t *testing.T, sentence string) {
		h := NewTurner(sn, theWords())
		one, two := h.audience(sentence, someOrgs), h.audience(sentence, someOrgs)
		if d := cmp.Diff(one, two, cmp.AllowUnexported(heardAudience{})); d != "" {
			t.Errorf("%q is read otherwise the second time:\n%s", sentence, d)
		}
		if one.ok() && one.said == "" {
			t.Errorf("%q is read as nothing", sentence)
		}
	})
}
