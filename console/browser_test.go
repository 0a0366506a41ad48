package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"xianjie/bot"
	"xianjie/storage/storagetest"
)

// browser is one headless browser with a tab. What a page throws, and what its content policy had to stop, fails the test.
type browser struct {
	t   *testing.T
	ctx context.Context
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		storagetest.Missing(t, "chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("lang", "zh-CN"))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeTab := chromedp.NewContext(alloc)
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
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

// window sets the size, and light or dark.
func (b *browser) window(width, height int64, scheme string) {
	b.t.Helper()
	b.do("setting up the window",
		chromedp.EmulateViewport(width, height),
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			return err
		}))
}

func (b *browser) open(url string) {
	b.t.Helper()
	b.do("opening "+url, chromedp.Navigate(url))
}

// wait waits until a JavaScript expression is true. A page that gives way to another meanwhile is asked again there.
func (b *browser) wait(what, expression string) {
	b.t.Helper()
	for {
		ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`new Promise((done) => {
			const end = performance.now() + 10000;
			const look = () => {
				let ok = false;
				try { ok = `+expression+`; } catch {}
				if (ok) done(true);
				else if (performance.now() > end) done(false);
				else requestAnimationFrame(look);
			};
			look();
		})`, chromedp.EvalAwaitPromise))
		switch {
		case err != nil && b.ctx.Err() == nil && strings.Contains(err.Error(), "navigated"):
			continue
		case err != nil || !ok:
			b.t.Fatalf("waited in vain for %s: %s: %v", what, expression, err)
		}
		return
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

// shot keeps a picture of the whole page among the test's artifacts.
func (b *browser) shot(name string) {
	b.t.Helper()
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatalf("picture %s: %v", name, err)
	}
	if err := os.WriteFile(filepath.Join(b.t.ArtifactDir(), name+".png"), png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// accessible holds the page against axe: names, contrasts, structure, keyboard.
func (b *browser) accessible(name string) {
	b.t.Helper()
	axe, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		b.t.Fatal(err)
	}
	found := eval[string](b, "axe", string(axe)+`; axe.run(document, { resultTypes: ['violations'] }).then((r) => JSON.stringify(
		r.violations.map((v) => ({ rule: v.id, help: v.help, at: v.nodes.map((n) => n.html.slice(0, 160) + ' ' + n.failureSummary) }))))`)
	var violations []struct {
		Rule, Help string
		At         []string
	}
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		b.t.Fatal(err)
	}
	for _, v := range violations {
		b.t.Errorf("%s: %s (%s) at %d places, such as\n%s", name, v.Help, v.Rule, len(v.At), v.At[0])
	}
}

// signIn goes the way of a person: link, button, overview.
func (b *browser) signIn(w *world, no string) {
	b.t.Helper()
	b.open(w.link(no))
	b.click("main button")
	b.wait("the overview", `document.title.startsWith('总览')`)
}

// Every page as a committee officer and as a college secretary, on a laptop and on a phone, light and dark.
func TestPagesInABrowser(t *testing.T) {
	w := newWorld(t, storagetest.SQLite(t), 23)
	member := w.count("SELECT person_id FROM declarations ORDER BY id LIMIT 1")
	college := w.count("SELECT id FROM orgs WHERE name = '机械工程学院'")
	pages := []struct{ name, path string }{
		{"overview", "/"},
		{"list", "/members"},
		{"list-missing", fmt.Sprintf("/members?unit=%d&rate=initiated&side=missing", college)},
		{"member", fmt.Sprintf("/members/%d", member)},
		{"duties", "/duties"},
		{"duty", fmt.Sprintf("/duties/%d", w.count("SELECT duty_id FROM reminders ORDER BY id LIMIT 1"))},
		{"notices", "/notices"},
		{"notice", "/notices/1"},
		{"wechat", "/wechat"},
		{"audit", "/audit"},
		{"nothing", "/members/999999"},
	}
	w.notify()
	w.ok(w.SavePhase(ctx, "main", "qr"))
	w.connect(bot.State{Phase: bot.PhaseQR, QR: "https://login.weixin.qq.com/l/made-up"})
	b := newBrowser(t)
	b.open(w.url + "/in")
	b.accessible("sign-in")
	for _, who := range []struct{ name, no string }{{"committee", committeeNo}, {"college", collegeNo}} {
		b.window(1280, 800, "light")
		b.signIn(w, who.no)
		for _, p := range pages {
			for _, size := range []struct{ width, height int64 }{{1280, 800}, {390, 844}} {
				for _, scheme := range []string{"light", "dark"} {
					if who.no == collegeNo && scheme == "dark" {
						continue // the same colours on the same pages
					}
					name := fmt.Sprintf("%s-%s-%d-%s", p.name, who.name, size.width, scheme)
					b.window(size.width, size.height, scheme)
					b.open(w.url + p.path)
					b.holds(name+" does not scroll sideways", `document.documentElement.scrollWidth <= innerWidth`)
					b.accessible(name)
					b.shot(name)
				}
			}
		}
		b.click(".me button")
		b.wait("the way in", `document.title.startsWith('进入控制台')`)
	}
}

// A list narrows while somebody types, its address can be kept, and the way back works.
func TestFindingInABrowser(t *testing.T) {
	w := newWorld(t, storagetest.SQLite(t), 13)
	b := newBrowser(t)
	b.window(1280, 800, "light")
	b.signIn(w, committeeNo)
	b.click(`nav a[href="/members"]`)
	b.wait("the list", `document.title.startsWith('名单') && document.querySelectorAll('#list tbody tr').length === 50`)
	eval[bool](b, "marking the page", `window.mark = 1; true`)
	b.do("typing", chromedp.SendKeys(chromedp.CSS("#find"), branchNo))
	b.wait("the one found", `document.querySelectorAll('#list tbody tr').length === 1 && location.search.includes('find=`+branchNo+`')`)
	b.holds("the page was not loaded again", `window.mark === 1`)
	b.holds("whoever types stays in the field", `document.activeElement.id === 'find'`)
	eval[bool](b, "choosing", `const f = document.querySelector('#find'); f.value = ''; const s = document.querySelector('select[name=go]'); s.value = 'military'; s.dispatchEvent(new Event('change', { bubbles: true })); true`)
	b.wait("those who go there", `document.querySelector('#list h2').textContent.includes('参军') && [...document.querySelectorAll('#list tbody tr')].every((r) => r.textContent.includes('参军'))`)
	b.open(eval[string](b, "keeping the address", `location.href`))
	b.holds("the address brings the same back", `document.querySelector('select[name=go]').value === 'military' && document.querySelector('#list h2').textContent.includes('参军')`)
	b.click(`#list tbody tr a`)
	b.wait("the member's story", `document.querySelector('#declarations-title') !== null`)
	eval[bool](b, "going back", `setTimeout(() => history.back()); true`)
	b.wait("the list again", `document.querySelector('#list h2')?.textContent.includes('参军')`)
}

// The login code renews itself, the picture is not loaded anew while it is the same, and whoever is on a button stays there.
func TestLoginCodeInABrowser(t *testing.T) {
	w := newWorld(t, storagetest.SQLite(t), 1)
	w.connect(bot.State{Phase: bot.PhaseQR, QR: "https://login.weixin.qq.com/l/first"})
	b := newBrowser(t)
	b.window(390, 844, "dark")
	b.signIn(w, committeeNo)
	b.open(w.url + "/wechat")
	b.wait("the code", `document.querySelector('#accounts img').naturalWidth > 100`)
	eval[bool](b, "marking the picture", `window.before = document.querySelector('#accounts img').src; document.querySelector('#accounts img').mark = 1;
		window.refreshed = 0; document.body.addEventListener('htmx:afterSettle', () => window.refreshed++); document.querySelector('#pause-main').focus(); true`)
	b.wait("a refresh", `window.refreshed > 0`)
	b.holds("the same picture stands", `document.querySelector('#accounts img').mark === 1`)
	b.holds("the button keeps the focus", `document.activeElement.id === 'pause-main'`)
	w.connect(bot.State{Phase: bot.PhaseQR, QR: "https://login.weixin.qq.com/l/second"})
	b.wait("the next code", `document.querySelector('#accounts img').src !== window.before && document.querySelector('#accounts img').naturalWidth > 100`)
	w.connect(bot.State{Phase: bot.PhaseOnline})
	b.wait("the end of codes", `document.querySelector('#accounts img') === null`)
}

// Everything can be reached by keyboard, beginning with the way past the navigation.
func TestKeyboard(t *testing.T) {
	w := newWorld(t, storagetest.SQLite(t), 1)
	b := newBrowser(t)
	b.window(1280, 800, "light")
	b.signIn(w, committeeNo)
	b.do("tab", chromedp.KeyEvent(kb.Tab))
	b.holds("the first stop leads to the text", `document.activeElement.textContent === '跳到正文' && document.activeElement.getBoundingClientRect().left >= 0`)
	b.do("enter", chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent(kb.Tab))
	b.holds("the next stop is in the text", `document.querySelector('main').contains(document.activeElement)`)
}
