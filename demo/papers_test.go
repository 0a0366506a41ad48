package demo

import (
	"slices"
	"strings"
	"testing"
)

// A newcomer declares to study abroad, hands in the picture the page suggests, and approves it on the committee's phone.
func TestNewcomerHandsInAnApplication(t *testing.T) {
	th := newTheatre(t, 1, 60)
	if err := th.AddFriend(t.Context(), PhoneMember); err != nil {
		t.Fatal(err)
	}
	if err := th.await(t.Context(), func() (bool, error) { return lastText(view(t, th), PhoneMember) != "", nil }); err != nil {
		t.Fatal(err)
	}
	me := view(t, th).Phones[0].Person
	speak(t, th, me.No+" "+me.Name, "去向是哪一种")
	for _, said := range [][2]string{
		{"留学", "哪所学校"},
		{"爱尔兰某某大学", "到什么时候"},
		{"2020年9月到2021年9月", "哪天离境"},
		{"8月20日", "联系人的姓名"},
		{"王某某，母亲", "手机号是多少"},
		{"15400000001", "请核对"},
		{"确认", "登记好了"},
	} {
		speak(t, th, said[0], said[1])
	}
	hint := view(t, th).Phones[0].Hint
	if hint == nil || hint.Send != sendsPaper {
		t.Fatalf("the page suggests %+v", hint)
	}
	speak(t, th, hint.Send, "这是你的书面申请吗")
	speak(t, th, "确认", "交上去了")
	if hint := view(t, th).Phones[0].Hint; hint != nil {
		t.Errorf("when it has been handed in the page suggests %+v", hint)
	}
	err := th.await(t.Context(), func() (bool, error) { return lastText(view(t, th), PhoneCommittee) == pictureMark, nil })
	if err != nil {
		t.Fatalf("the committee's phone shows %q", lastText(view(t, th), PhoneCommittee))
	}
	no := applicationIn(view(t, th).Phones[2])
	if err := th.Say(t.Context(), PhoneCommittee, "批准 "+no); err != nil {
		t.Fatal(err)
	}
	if err := th.await(t.Context(), func() (bool, error) {
		return strings.Contains(lastText(view(t, th), PhoneMember), "校团委已批准"), nil
	}); err != nil {
		t.Errorf("批准 %s is answered %q", no, lastText(view(t, th), PhoneCommittee))
	}
	if err := th.Say(t.Context(), PhoneCommittee, "登记册"); err != nil {
		t.Fatal(err)
	}
	if err := th.await(t.Context(), func() (bool, error) {
		return strings.HasPrefix(lastText(view(t, th), PhoneCommittee), documentMark+"校团委-登记册"), nil
	}); err != nil {
		t.Errorf("登记册 is answered %q", lastText(view(t, th), PhoneCommittee))
	}
}

// applicationIn is the number of the application last put before an officer.
func applicationIn(p Phone) string {
	for _, m := range slices.Backward(p.Messages) {
		if _, after, ok := strings.Cut(m.Text, "编号是"); ok {
			no, _, _ := strings.Cut(after, "：")
			return no
		}
	}
	return ""
}
