package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"xianjie/app"
	"xianjie/config"
	"xianjie/roster"
	"xianjie/storage"
	"xianjie/wechatsim"
)

// Theatre is the real Stage: the whole product on a simulated WeChat, an embedded database in a temporary folder and a
// clock that can be moved. Everything on it happens through the product's own doors: the people of the cast write in
// WeChat, days pass through the planner.
type Theatre struct {
	app    *app.App
	sim    *wechatsim.Server
	bot    *wechatsim.Account
	cast   Cast
	log    *slog.Logger
	folder string
	clock  *clock

	changed chan struct{}
	extras  *extras

	mu     sync.Mutex      // guards what follows
	member string          // who holds the member phone, by number
	taken  map[string]bool // members who have held it: they no longer act by themselves
	moving *Moving         // nil while the clock just ticks
	done   Done            // it never goes back
	events []Happened      // latest first
	serial int             // of the lines of events

	walks chan time.Time             // where the calendar is to go
	noted struct{ out, audit int64 } // up to where events has been written; only the walk and Prepare use it
}

// accountID is how the simulator calls the product's account, accountName how everybody else does.
const (
	accountID   = "assistant"
	accountName = "团组织关系助手"
)

// settings are those of a fresh installation in a folder, with a pace that suits a page where somebody waits.
func settings(folder string) (config.Config, error) {
	c, err := config.Load(filepath.Join(folder, "none.yaml"), false, nil)
	if err != nil {
		return c, err
	}
	c.Database = config.Database{Driver: config.SQLite, DSN: filepath.Join(folder, "xianjie.db")}
	c.Secrets.KeyFile = filepath.Join(folder, "key")
	c.WeChat.Pace = config.Pace{}
	return c, nil
}

// NewTheatre builds the stage in a folder and lets the season begin. Run it before anything is played.
func NewTheatre(ctx context.Context, folder string, seed uint64, members int, log *slog.Logger) (*Theatre, error) {
	return theatreWith(ctx, folder, seed, members, log, nil)
}

func theatreWith(ctx context.Context, folder string, seed uint64, members int, log *slog.Logger, back *backstage) (*Theatre, error) {
	c, err := settings(folder)
	if err != nil {
		return nil, err
	}
	t := &Theatre{
		cast: People(seed, members), log: log, folder: folder, changed: make(chan struct{}, 1), taken: map[string]bool{},
		walks: make(chan time.Time, 1),
	}
	data, err := app.OpenData(ctx, c, nil, log) // the season says when the clock begins
	if err != nil {
		return nil, err
	}
	t.clock = newClock(data.Season.Morning(data.Season.Opens).Add(30 * time.Minute))
	if err := data.Close(); err != nil {
		return nil, err
	}
	t.sim = wechatsim.New(wechatsim.Options{Now: t.clock.now, Seed: seed})
	t.bot = t.sim.AddAccount(accountID, accountName)
	t.sim.AutoConfirm(t.bot)
	t.sim.Subscribe(t.touch)
	t.app, err = app.Open(ctx, app.Options{
		Config: c, Log: log, Now: t.clock.now, Transport: t.sim.Transport(), Poll: time.Second, ConsoleAt: back.linkAt(),
	})
	if err != nil {
		return nil, err
	}
	t.extras = newExtras(t, rand.New(rand.NewPCG(seed, 2))) //nolint:gosec // invented people need no secrecy
	return t, nil
}

// Close gives back what NewTheatre took.
func (t *Theatre) Close() { t.app.Close() }

// Run runs the product until ctx ends.
func (t *Theatre) Run(ctx context.Context) error { return t.app.Run(ctx) }

// Prepare imports the roster and lets the season's first days be behind: officers are known, many members have declared.
// say reports how far it is.
func (t *Theatre) Prepare(ctx context.Context, say func(string)) error {
	say("导入名册")
	book, err := t.cast.Workbook()
	if err != nil {
		return err
	}
	path := filepath.Join(t.folder, "名册.xlsx")
	if err := os.WriteFile(path, book, 0o600); err != nil {
		return err
	}
	if _, err := app.Import(ctx, t.app.Data, path, true, io.Discard); err != nil {
		return err
	}
	for _, m := range t.cast.Members {
		t.person(m.No, m.Name)
	}
	t.member = t.cast.Members[0].No
	t.taken[t.member] = true
	say("登录微信")
	if err := t.await(ctx, func() (bool, error) { return t.bot.LoggedIn(), nil }); err != nil {
		return fmt.Errorf("login: %w", err)
	}
	say("请老师和同学们入场")
	if err := t.extras.enter(ctx); err != nil {
		return err
	}
	t.note(ctx)
	t.mu.Lock()
	t.events = nil // what came before the curtain is no news
	t.mu.Unlock()
	t.touch()
	return nil
}

// person is somebody's phone, made when first asked for. Its nickname is not the person's name, as in life.
func (t *Theatre) person(no, name string) *wechatsim.Person {
	if p := t.sim.Person(no); p != nil {
		return p
	}
	runes := []rune(name)
	return t.sim.AddPerson(no, wechatsim.Profile{Nick: "阿" + string(runes[len(runes)-1]) + no[len(no)-2:]})
}

// holder is the number of who holds a phone.
func (t *Theatre) holder(phone string) string {
	switch phone {
	case PhoneSecretary:
		return t.secretary().No
	case PhoneCommittee:
		return t.cast.Officers[0].No
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.member
}

// secretary is the officer whose phone is on the page: of the first college.
func (t *Theatre) secretary() roster.Officer {
	for _, o := range t.cast.Officers {
		if o.Role == roster.RoleCollege {
			return o
		}
	}
	return roster.Officer{}
}

// Say implements Stage.
func (t *Theatre) Say(_ context.Context, phone, text string) error {
	p := t.sim.Person(t.holder(phone))
	if !t.bot.IsFriend(p) {
		return Refused("先把助手加为好友，才能给它发消息。")
	}
	if p.Send(t.bot, typed(text)) == "" {
		return Refused("消息没有发出去，请先添加好友。")
	}
	return nil
}

// AddFriend implements Stage.
func (t *Theatre) AddFriend(_ context.Context, phone string) error {
	p := t.sim.Person(t.holder(phone))
	if t.bot.IsFriend(p) {
		return Refused("已经是好友了。")
	}
	p.Befriend(t.bot, "我是"+p.Profile().Nick)
	return nil
}

// Switch implements Stage.
func (t *Theatre) Switch(_ context.Context, person string) error {
	for _, m := range t.cast.Members {
		if m.No == person {
			t.mu.Lock()
			t.member = person
			t.taken[person] = true
			t.mu.Unlock()
			t.touch()
			return nil
		}
	}
	return Refused("没有这个人。")
}

// Changed implements Stage.
func (t *Theatre) Changed() <-chan struct{} { return t.changed }

func (t *Theatre) touch() {
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

// patience bounds how long the stage waits for the product; more means that something is broken.
const patience = 30 * time.Second

// errStuck says that the product did not do what was waited for.
var errStuck = errors.New("the product does not answer")

// await waits until something holds, looking again every few milliseconds.
func (t *Theatre) await(ctx context.Context, holds func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errStuck)
	defer cancel()
	for {
		ok, err := holds()
		if err != nil || ok {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// handled waits until a message has had its turn.
func (t *Theatre) handled(ctx context.Context, msgID string) error {
	return t.await(ctx, func() (bool, error) {
		state, err := t.app.Store.MessageState(ctx, mainAccount, msgID)
		return state == storage.InboxDone || state == storage.InboxSkipped, err
	})
}

// quiet waits until everything that may leave has left.
func (t *Theatre) quiet(ctx context.Context) error {
	return t.await(ctx, func() (bool, error) {
		n, err := t.app.Store.OutUnderway(ctx, mainAccount)
		return n == 0, err
	})
}

// mainAccount is the name of the only account in the default settings.
const mainAccount = "main"
