package demo

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browser is one headless browser with a tab. What the page throws, and what its content policy had to stop, fails the
// test.
type browser struct {
	t   *testing.T
	ctx context.Context
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("XIANJIE_TEST_ALL") == "1" {
			t.Fatal("chromium is not installed")
		}
		t.Skip("chromium is not installed")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("lang", "zh-CN"))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeTab := chromedp.NewContext(alloc)
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	messages := chromedp.Console(ctx)
	var faults []string
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || strings.Contains(m.Text, "Content Security Policy") {
				faults = append(faults, m.String())
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		closeTab()
		stop()
		<-heard
		if len(faults) > 0 {
			t.Errorf("the page complained:\n%s", strings.Join(faults, "\n"))
		}
	})
	return &browser{t, ctx}
}

func (b *browser) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// eval evaluates a JavaScript expression, or what its promise comes to.
func eval[T any](b *browser, what, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	return v
}

// open loads the page in a window of that size, light or dark.
func (b *browser) open(url string, width, height int64, scheme string) {
	b.t.Helper()
	b.do("setting up the window",
		chromedp.EmulateViewport(width, height),
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			return err
		}),
		chromedp.Navigate(url))
	b.wait("the first snapshot", `document.body.dataset.ready`)
}

// wait waits until a JavaScript expression is true.
func (b *browser) wait(what, expression string) {
	b.t.Helper()
	if !eval[bool](b, what, `new Promise((done) => {
		const end = performance.now() + 10000;
		const look = () => {
			let ok = false;
			try { ok = `+expression+`; } catch {}
			if (ok) done(true);
			else if (performance.now() > end) done(false);
			else requestAnimationFrame(look);
		};
		look();
	})`) {
		b.t.Fatalf("waited in vain for %s: %s", what, expression)
	}
}

// holds checks a JavaScript expression.
func (b *browser) holds(what, expression string) {
	b.t.Helper()
	if !eval[bool](b, what, `Boolean(`+expression+`)`) {
		b.t.Errorf("%s: %s is false", what, expression)
	}
}

func (b *browser) click(selector string) {
	b.t.Helper()
	b.do("clicking "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// typeInto types into a field; a line break at the end of text is the Enter key.
func (b *browser) typeInto(selector, text string) {
	b.t.Helper()
	line, enter := strings.CutSuffix(text, "\n")
	b.do("typing into "+selector, chromedp.SendKeys(chromedp.CSS(selector), line))
	if enter {
		b.key("Enter", 0)
	}
}

// key presses a key that writes nothing by itself. chromedp's own key events are followed by the character in any case,
// as no keyboard does where the page has taken the key for itself.
func (b *browser) key(name string, modifiers int64) {
	b.t.Helper()
	code := map[string]int64{"Enter": 13, "ArrowRight": 39}[name]
	b.do("pressing "+name, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		down := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: name, Code: name, WindowsVirtualKeyCode: code, Modifiers: modifiers}
		if name == "Enter" && modifiers != 0 {
			down.Type, down.Text = input.DispatchKeyEventTypeKeyDown, "\r" // the page leaves this one to the field
		}
		if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, down); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyUp, Key: name, Code: name, WindowsVirtualKeyCode: code, Modifiers: modifiers})
		return err
	}))
}

// shot keeps a picture of the whole page among the test's artifacts.
func (b *browser) shot(name string) {
	b.t.Helper()
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatalf("picture %s: %v", name, err)
	}
	if err := os.WriteFile(filepath.Join(b.t.ArtifactDir(), name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// said is true when the chat of a phone ends with a bubble that contains text.
func said(phone, text string) string {
	return fmt.Sprintf(`[...document.querySelectorAll('#phone-%s .bubble')].at(-1)?.textContent.includes(%q)`, phone, text)
}

func TestPlayedInABrowser(t *testing.T) {
	stage := newFakeStage(t)
	url := servePage(t, stage)
	b := newBrowser(t)
	b.open(url, 1440, 900, "light")
	b.holds("the first step is current", `document.querySelector('#step-bound').classList.contains('now')`)
	b.holds("nothing can be typed to a stranger", `document.querySelector('#phone-member textarea').disabled`)

	b.click(`#phone-member .meet button`)
	b.wait("the greeting", said("member", "先认识一下"))
	b.wait("the field to be ready", `document.activeElement === document.querySelector('#phone-member textarea')`)
	b.click(`#bind`)
	b.wait("the menu", said("member", "去向是哪一种"))
	b.wait("the second step", `document.querySelector('#step-declared').classList.contains('now')`)
	b.holds("ten choices and a hint", `document.querySelectorAll('#phone-member .choices button').length === 11`)

	const field = `#phone-member textarea`
	b.typeInto(field, "升学\n")
	b.wait("the question", said("member", "你到哪里升学"))
	b.holds("the field is empty again", `document.querySelector('#phone-member textarea').value === ''`)
	b.holds("the chat shows its end", `(c => c.scrollHeight - c.scrollTop - c.clientHeight < 2)(document.querySelector('#phone-member .chat'))`)
	b.do("arrow keys among choices",
		chromedp.Focus(chromedp.CSS(`#phone-member .choices button`)),
		chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.Enter))
	b.wait("the summary", said("member", "请核对一下"))
	b.holds("the second choice was sent", `[...document.querySelectorAll('#phone-member .mine .bubble')].at(-1).lastChild.textContent === '2'`)
	b.click(`#phone-member .choices button`)
	b.wait("the outcome", said("member", "登记好了"))
	b.wait("the row of the member", `document.querySelector('#members tr').textContent.includes(document.querySelector('#phone-member .holder-who strong').textContent)`)

	b.click(`#step-reminded [data-move]`)
	b.wait("the calendar to move", `document.body.classList.contains('moving') && document.querySelector('#ticker').textContent.includes('下一个期限')`)
	b.holds("it cannot be moved twice", `document.querySelector('[data-move="morning"]').getAttribute('aria-disabled') === 'true'`)
	b.click(`.moves [data-move="morning"]`)
	b.wait("the reason", `document.querySelector('#toast').textContent.includes('请稍候')`)
	close(stage.gate)
	b.wait("the reminder", said("secretary", "审核转出申请，明天到期"))
	b.wait("the end of the move", `!document.body.classList.contains('moving')`)
	b.holds("an unread badge", `(b => !b.hidden && b.textContent === '1')(document.querySelector('#phone-secretary .badge'))`)
	b.holds("the date", `document.querySelector('#now').textContent.includes('2020年6月15日 星期一')`)
	b.holds("fourteen days of history", `document.querySelectorAll('#log > li').length === 14`)
	b.holds("all steps are done", `document.querySelectorAll('.step.done').length === 3`)
	b.shot("played")
	b.click(`#phone-secretary .chat`)
	b.holds("reading clears the badge", `document.querySelector('#phone-secretary .badge').hidden`)
	stage.mu.Lock()
	defer stage.mu.Unlock()
	if len(stage.moved) != 1 || stage.moved[0] != StepDeadline {
		t.Errorf("steps that reached the stage: %q", stage.moved)
	}
}

func TestTypingOnThePage(t *testing.T) {
	stage := newFakeStage(t)
	url := servePage(t, stage)
	b := newBrowser(t)
	b.open(url, 1280, 800, "light")
	const field, value = `#phone-committee textarea`, `document.querySelector('#phone-committee textarea').value`
	b.typeInto(field, "第一行")
	b.key("Enter", int64(kb.ModifierShift))
	b.typeInto(field, "<b>第二行</b>")
	b.holds("shift and enter break the line", value+` === '第一行\n<b>第二行</b>'`)
	b.key("Enter", 0)
	b.wait("the answer", said("committee", "可以回复"))
	b.holds("markup stays text, lines stay lines", `[...document.querySelectorAll('#phone-committee .mine .bubble')].at(-1).lastChild.data === '第一行\n<b>第二行</b>'`)
	b.typeInto(field, "坏了\n")
	b.wait("the reason", `document.querySelector('#toast').textContent.includes('再试一次')`)
	b.wait("the words given back", value+` === '坏了'`)
}

func TestPicturesAndDocumentsOnThePage(t *testing.T) {
	stage := newFakeStage(t)
	url := servePage(t, stage)
	b := newBrowser(t)
	b.open(url, 1280, 800, "light")
	const field = `#phone-committee textarea`
	b.typeInto(field, "进度图\n")
	b.wait("the picture", `(i => i && i.complete && i.naturalWidth === 108 && i.alt === '图片')(document.querySelector('#phone-committee .picture img'))`)
	b.holds("it opens by itself", `document.querySelector('#phone-committee .picture').target === '_blank'`)
	b.typeInto(field, "导出\n")
	b.wait("the document", `(a => a && a.download === '机械<学院>.xlsx' && a.lastChild.data === '机械<学院>.xlsx')(document.querySelector('#phone-committee .document'))`)
	b.holds("the chat shows its end", `(c => c.scrollHeight - c.scrollTop - c.clientHeight < 2)(document.querySelector('#phone-committee .chat'))`)
}

func TestHandingThePhoneOver(t *testing.T) {
	stage := newFakeStage(t)
	url := servePage(t, stage)
	b := newBrowser(t)
	b.open(url, 1280, 800, "light")
	other := stage.snap.People[17]
	b.click(`#phone-member .switch`)
	b.holds("everybody is listed", `document.querySelectorAll('#people-list li').length === 60`)
	b.typeInto(`#people-find`, "没有这个人")
	b.wait("nobody found", `getComputedStyle(document.querySelector('#people .empty')).display === 'block'`)
	eval[bool](b, "marking what was typed", `document.querySelector('#people-find').select(); true`)
	b.typeInto(`#people-find`, other.No)
	b.wait("one found", `document.querySelectorAll('#people-list li').length === 1`)
	b.click(`#people-list button`)
	b.wait("the phone to change hands", fmt.Sprintf(`document.querySelector('#phone-member .holder-who strong').textContent === %q`, other.Name))
	b.holds("the dialog is closed", `!document.querySelector('#people').open`)
	b.wait("the line of the guide", fmt.Sprintf(`document.querySelector('#bind-line').textContent === %q`, other.No+" "+other.Name))
}

func TestNoWidthOverflowsAndNothingShifts(t *testing.T) {
	stage := newFakeStage(t)
	close(stage.gate)
	url := servePage(t, stage)
	b := newBrowser(t)
	for _, width := range []int64{1440, 1280, 768, 390} {
		for _, scheme := range []string{"light", "dark"} {
			name := fmt.Sprintf("%d-%s", width, scheme)
			height := int64(900)
			if width == 390 {
				height = 844
			}
			b.open(url, width, height, scheme)
			b.holds(name+" does not scroll sideways", `document.documentElement.scrollWidth <= innerWidth`)
			eval[bool](b, "watching for shifts", `window.shift = 0; new PerformanceObserver((l) => { for (const e of l.getEntries()) if (!e.hadRecentInput) window.shift += e.value; }).observe({ type: 'layout-shift', buffered: true }); true`)
			b.shot(name + "-begin")
			b.holds(name+" keeps its layout", `window.shift < 0.02`)
		}
	}
	person := stage.snap.Phones[0].Person
	for _, text := range []string{"", person.No + " " + person.Name, "2"} {
		if text == "" {
			_ = stage.AddFriend(b.ctx, PhoneMember)
		} else if err := stage.Say(b.ctx, PhoneMember, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := stage.Move(b.ctx, StepDeadline); err != nil {
		t.Fatal(err)
	}
	b.wait("the reminder", said("secretary", "明天到期"))
	b.holds("the tab of a phone out of sight counts", `document.querySelectorAll('.tabs button')[1].querySelector('.badge').textContent === '1'`)
	b.shot("390-badge")
	b.click(`.tabs button:nth-child(2)`)
	b.wait("the secretary's phone", `Math.abs(document.querySelector('#phone-secretary').getBoundingClientRect().left - 14) < 2`)
	b.holds("its badge is gone", `document.querySelectorAll('.tabs button')[1].querySelector('.badge').hidden`)
	eval[bool](b, "swiping", `document.querySelector('#phones').scrollTo({ left: 9999 }); true`)
	b.wait("the tab to follow", `document.querySelectorAll('.tabs button')[2].getAttribute('aria-current') === 'true'`)
	for _, width := range []int64{1440, 1280, 768, 390} {
		for _, scheme := range []string{"light", "dark"} {
			b.open(url, width, 900, scheme)
			b.holds("no sideways scrolling", `document.documentElement.scrollWidth <= innerWidth`)
			b.shot(fmt.Sprintf("%d-%s-later", width, scheme))
		}
	}
}

// Whoever asked for less motion sees everything at once: nothing waits for a transition to end.
func TestLessMotionHidesNothing(t *testing.T) {
	b := newBrowser(t)
	b.do("asking for less motion", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return err
	}))
	b.do("opening the page", chromedp.Navigate(servePage(t, newFakeStage(t))))
	b.wait("the first snapshot", `document.body.dataset.ready`)
	b.holds("less motion is asked for", `matchMedia('(prefers-reduced-motion: reduce)').matches`)
	b.holds("the phones are seen at once", `getComputedStyle(document.querySelector('#phone-member .bar-title')).visibility === 'visible'`)
	b.holds("nothing is in transition", `document.getAnimations().every((a) => !(a instanceof CSSTransition))`)
}

// Every control says what it is, to those who hear the page too.
func TestEveryControlIsNamed(t *testing.T) {
	b := newBrowser(t)
	b.open(servePage(t, newFakeStage(t)), 1280, 800, "dark")
	unnamed := eval[[]string](b, "looking for names", `[...document.querySelectorAll('button, input, textarea, [tabindex="0"]')].filter((e) =>
		!(e.textContent.trim() || e.ariaLabel || e.labels?.length || e.getAttribute('aria-labelledby'))).map((e) => e.outerHTML.slice(0, 120))`)
	if len(unnamed) > 0 {
		t.Errorf("controls without a name:\n%s", strings.Join(unnamed, "\n"))
	}
}
