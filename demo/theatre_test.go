package demo

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"xianjie/roster"
)

// newTheatre prepares the real stage and runs it until the test ends.
func newTheatre(t *testing.T, seed uint64, members int) *Theatre {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	th, err := NewTheatre(ctx, t.TempDir(), seed, members, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	var g errgroup.Group
	g.Go(func() error { return th.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		if err := g.Wait(); err != nil {
			t.Errorf("the product ended with %v", err)
		}
		th.Close()
	})
	if err := th.Prepare(ctx, func(string) {}); err != nil {
		t.Fatal(err)
	}
	g.Go(func() error { return th.Walk(ctx) })
	return th
}

func view(t *testing.T, th *Theatre) Snapshot {
	t.Helper()
	s, err := th.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// walkTo moves the calendar and waits until it has arrived.
func walkTo(t *testing.T, th *Theatre, step string) Snapshot {
	t.Helper()
	if err := th.Move(t.Context(), step); err != nil {
		t.Fatal(err)
	}
	for {
		if s := view(t, th); s.Moving == nil {
			return s
		}
		select {
		case <-th.Changed():
		case <-time.After(time.Second):
		case <-t.Context().Done():
			t.FailNow()
		}
	}
}

func lastText(s Snapshot, phone string) string {
	i := slices.IndexFunc(s.Phones, func(p Phone) bool { return p.Key == phone })
	for _, m := range slices.Backward(s.Phones[i].Messages) {
		if !m.Mine && !m.Grey {
			return m.Text
		}
	}
	return ""
}

// speak types on the member phone and waits for the answer.
func speak(t *testing.T, th *Theatre, text, want string) {
	t.Helper()
	if err := th.Say(t.Context(), PhoneMember, text); err != nil {
		t.Fatal(err)
	}
	err := th.await(t.Context(), func() (bool, error) {
		return strings.Contains(lastText(view(t, th), PhoneMember), want), nil
	})
	if err != nil {
		t.Fatalf("after %q: no %q in %q", text, want, lastText(view(t, th), PhoneMember))
	}
}

func TestEveryStoryEndsInADeclaration(t *testing.T) {
	th := newTheatre(t, 5, 60)
	members := th.cast.Members
	next := 1
	for _, s := range th.extras.data.Stories {
		for th.extras.state(t.Context(), members[next].No) != "" {
			next++
		}
		m := members[next]
		if err := th.extras.declare(t.Context(), m, s.Texts); err != nil {
			t.Fatal(err)
		}
		if th.extras.state(t.Context(), m.No) == "" {
			t.Errorf("%q ends without a declaration; the last answer was %q", s.Texts, last(th, m))
		}
	}
}

func last(th *Theatre, m roster.Member) string {
	got := th.sim.Person(m.No).Received(th.bot)
	if len(got) == 0 {
		return ""
	}
	return got[len(got)-1].Text
}

func TestNewcomerPlaysAGraduate(t *testing.T) {
	th := newTheatre(t, 1, 60)
	s := view(t, th)
	if s.Done != (Done{}) || len(s.Phones) != 3 || len(s.People) != 60 || len(s.Colleges) != 3 {
		t.Fatalf("at the beginning: %+v, %d phones, %d people, %d colleges", s.Done, len(s.Phones), len(s.People), len(s.Colleges))
	}
	var refused Refused
	if err := th.Say(t.Context(), PhoneMember, "在吗"); !errors.As(err, &refused) {
		t.Errorf("a stranger's message: %v", err)
	}
	if err := th.AddFriend(t.Context(), PhoneMember); err != nil {
		t.Fatal(err)
	}
	if err := th.await(t.Context(), func() (bool, error) { return lastText(view(t, th), PhoneMember) != "", nil }); err != nil {
		t.Fatal(err)
	}
	me := view(t, th).Phones[0].Person
	speak(t, th, me.No+" "+me.Name, "去向是哪一种")
	if chips := view(t, th).Phones[0].Chips; len(chips) != len(th.app.Season.Destinations) {
		t.Errorf("%d choices under the menu", len(chips))
	}
	speak(t, th, "就业", "单位工作")
	speak(t, th, "1", "全称")
	speak(t, th, "云帆重工有限公司", "哪个省")
	speak(t, th, "深圳", "团组织")
	speak(t, th, "1", "请核对")
	speak(t, th, "确认", "登记好了")
	if s := view(t, th); !s.Done.Bound || !s.Done.Declared || s.Done.Reminded || s.Members[0].Name != me.Name {
		t.Errorf("after declaring: %+v, first row %+v", s.Done, s.Members[0])
	}

	before := view(t, th).Now
	s = walkTo(t, th, StepDeadline)
	if !s.Now.After(before) || !s.Done.Reminded {
		t.Errorf("after the next deadline: %s, %+v", s.Now, s.Done)
	}
	if text := lastText(s, PhoneSecretary); !strings.Contains(text, "待审核") {
		t.Errorf("the secretary was not reminded of the review: %q", text)
	}
	hint := s.Phones[1].Hint
	if hint == nil {
		t.Fatal("no hint how to record the review")
	}
	if err := th.Say(t.Context(), PhoneSecretary, hint.Send); err != nil {
		t.Fatal(err)
	}
	if err := th.await(t.Context(), func() (bool, error) {
		return strings.HasPrefix(lastText(view(t, th), PhoneSecretary), "已记“已审核”"), nil
	}); err != nil {
		t.Errorf("%s: %q", hint.Send, lastText(view(t, th), PhoneSecretary))
	}
}

// What the product sends as a picture is on the phone it was sent to, and on no other.
func TestPicturesOnThePhones(t *testing.T) {
	th := newTheatre(t, 1, 60)
	if err := th.Say(t.Context(), PhoneSecretary, "进度图"); err != nil {
		t.Fatal(err)
	}
	var last Message
	err := th.await(t.Context(), func() (bool, error) {
		ms := view(t, th).Phones[1].Messages
		last = ms[len(ms)-1]
		return last.Show, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	f := th.File(PhoneSecretary, last.ID)
	if f == nil || http.DetectContentType(f.Content) != "image/png" {
		t.Fatalf("the picture is %+v", f)
	}
	for _, other := range [][2]string{{PhoneMember, last.ID}, {PhoneSecretary, last.ID + "0"}, {PhoneSecretary, "x"}, {PhoneSecretary, ""}} {
		if th.File(other[0], other[1]) != nil {
			t.Errorf("%s has it, too, as %q", other[0], other[1])
		}
	}
}

func TestCalendarMovesForwardOnlyAndToTheEnd(t *testing.T) {
	th := newTheatre(t, 2, 24)
	var refused Refused
	for _, step := range []string{"2020-05-31", "2021-03-01", th.app.Season.Opens.String()} {
		if err := th.Move(t.Context(), step); !errors.As(err, &refused) {
			t.Errorf("moving to %s: %v", step, err)
		}
	}
	s := walkTo(t, th, StepMorning)
	if got := s.Now.Format("01-02 15:04"); got != "06-02 09:00" {
		t.Errorf("the next morning is %s", got)
	}
	s = walkTo(t, th, th.app.Season.Closes.String())
	if got := s.Now.Format(time.DateOnly); got != th.app.Season.Closes.String() {
		t.Errorf("the end is %s", got)
	}
	declared := 0
	for _, c := range s.Colleges {
		declared += c.Declared
	}
	if declared < 18 || len(s.Sent) != shownRows {
		t.Errorf("at the end %d of 24 have declared, %d messages are shown", declared, len(s.Sent))
	}
	if err := th.Move(t.Context(), StepMorning); !errors.As(err, &refused) {
		t.Errorf("after the last day: %v", err)
	}
}

// The whole demo in a real browser: what a newcomer does by the three steps of the guide.
func TestDemoPlayedForReal(t *testing.T) {
	b := newBrowser(t)
	th := newTheatre(t, 1, 60)
	b.open(servePage(t, th), 1440, 900, "light")
	b.click(`#phone-member .meet button`)
	b.wait("the greeting", said("member", "先认识一下"))
	b.click(`#bind`)
	b.wait("the menu", said("member", "去向是哪一种"))
	const field = `#phone-member textarea`
	for _, turn := range [][2]string{
		{"就业\n", "单位工作"}, {"到单位工作\n", "全称"}, {"云帆重工有限公司\n", "哪个省"}, {"广州\n", "团组织"}, {"没有\n", "街道"}, {"某某区某某街道\n", "请核对"}, {"确认\n", "登记好了"},
	} {
		b.typeInto(field, turn[0])
		b.wait(turn[1], said("member", turn[1]))
	}
	b.wait("where it goes and who acts", said("member", "由谁发起：学院团委"))
	b.shot("declared")
	b.click(`#step-reminded [data-move]`)
	b.wait("the secretary to be reminded", said("secretary", "待审核"))
	b.wait("all steps to be done", `document.querySelectorAll('.step.done').length === 3`)
	b.wait("the calendar to rest", `!document.body.classList.contains('moving')`)
	b.shot("reminded")
}
