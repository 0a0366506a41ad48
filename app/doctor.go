package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"xianjie/bot"
	"xianjie/config"
	"xianjie/scheduler"
	"xianjie/season"
	"xianjie/seasons"
	"xianjie/storage"
)

// Doctor checks everything serve depends on and writes one line per check, with what to do where something is wrong.
// Its error says how many checks failed.
func Doctor(ctx context.Context, c config.Config, out io.Writer) error {
	d := &doctor{out: out}
	d.settings(c)
	sn := d.season(c)
	st := d.database(ctx, c)
	if st != nil {
		defer st.Close() //nolint:errcheck // only read from
		d.held(ctx, st, c.Zone)
		d.roster(ctx, st)
		d.accounts(ctx, st, c)
	}
	d.redis(ctx, c)
	d.alerts(c)
	answered := d.wechat(ctx, c)
	d.clock(c, sn, answered)
	if d.failed > 0 {
		return fmt.Errorf("%d check(s) failed", d.failed)
	}
	return nil
}

type doctor struct {
	out    io.Writer
	failed int
}

func (d *doctor) ok(what, format string, args ...any) {
	fmt.Fprintf(d.out, "[正常] %s：%s\n", what, fmt.Sprintf(format, args...))
}

func (d *doctor) note(what, format string, args ...any) {
	fmt.Fprintf(d.out, "[注意] %s：%s\n", what, fmt.Sprintf(format, args...))
}

func (d *doctor) bad(what, todo string, err error) {
	d.failed++
	fmt.Fprintf(d.out, "[异常] %s：%v\n       怎么办：%s\n", what, err, todo)
}

func (d *doctor) settings(c config.Config) {
	d.ok("设置", "数据库 %s，微信账号 %d 个，时区 %s", c.Database.Driver, len(c.WeChat.Accounts), c.Zone)
	info, err := os.Stat(c.Secrets.KeyFile)
	switch {
	case errors.Is(err, os.ErrNotExist):
		d.note("密钥", "%s 还不存在，第一次启动时会自动生成。请和数据分开备份", c.Secrets.KeyFile)
	case err != nil:
		d.bad("密钥", "检查 secrets.key_file 指向的文件能否读取", err)
	case info.Mode().Perm()&0o077 != 0:
		d.bad("密钥", "运行 chmod 600 "+c.Secrets.KeyFile, fmt.Errorf("%s 的权限是 %o，别人也能读", c.Secrets.KeyFile, info.Mode().Perm()))
	default:
		d.ok("密钥", "%s，请确认已经和数据分开备份", c.Secrets.KeyFile)
	}
}

func (d *doctor) season(c config.Config) *season.Season {
	sn, err := seasons.Load(c.Season)
	if err != nil {
		d.bad("毕业季文件", "用 xianjie season check 看每一处问题，改好再试", err)
		return nil
	}
	d.ok("毕业季文件", "%s（%s 至 %s）", sn.Title, sn.Opens.ChineseYear(), sn.Closes.ChineseYear())
	if sn.Zone.String() != c.Zone.String() {
		d.bad("时区", "把 timezone 改成 "+sn.Zone.String()+"，或改毕业季文件的 zone", fmt.Errorf("设置是 %s，毕业季文件是 %s", c.Zone, sn.Zone))
	}
	return sn
}

func (d *doctor) database(ctx context.Context, c config.Config) *storage.Store {
	if c.Database.Driver == config.SQLite {
		if _, err := os.Stat(c.Database.DSN); errors.Is(err, os.ErrNotExist) {
			d.note("数据库", "%s 还不存在，第一次启动时会自动建立", c.Database.DSN)
			return nil
		}
	}
	if _, err := storage.LoadOrCreateKeys(c.Secrets.KeyFile); err != nil {
		d.bad("密钥", "从备份里恢复这个数据库对应的密钥文件", err)
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	st, err := storage.Open(ctx, storage.Options{Driver: c.Database.Driver, DSN: c.Database.DSN, KeyFile: c.Secrets.KeyFile})
	if err != nil {
		d.bad("数据库", "检查 database.dsn、账号密码和数据库是否在运行；库要先建好，字符集 utf8mb4", err)
		return nil
	}
	d.ok("数据库", "能连接，表结构是最新的")
	return st
}

func (d *doctor) held(ctx context.Context, st *storage.Store, zone *time.Location) {
	h, err := st.Held(ctx)
	switch {
	case err != nil:
		d.bad("恢复", "检查数据库", err)
	case h != nil:
		d.bad("恢复", "确认原来的程序已经停掉，再运行 xianjie resume", fmt.Errorf("数据恢复自 %s 的备份，还没有人放行，什么都不会发出", h.MadeAt.In(zone).Format("2006-01-02 15:04")))
	}
}

func (d *doctor) roster(ctx context.Context, st *storage.Store) {
	counts, err := st.CountsIn(ctx, storage.Scope{})
	if err != nil {
		d.bad("名册", "数据库能连但读不出数据，检查密钥文件是不是这个数据库的", err)
		return
	}
	n := 0
	for _, c := range counts {
		n += c.N
	}
	if n == 0 {
		d.note("名册", "还没有毕业生，用 xianjie import 名册.xlsx 导入")
		return
	}
	seats, err := st.Seats(ctx)
	if err != nil {
		d.bad("名册", "检查数据库", err)
		return
	}
	if len(seats) == 0 {
		d.note("名册", "%d 名毕业生，但没有任何干部：没有人能收到提醒，请在“干部”表里补上再导入", n)
		return
	}
	d.ok("名册", "%d 名毕业生，%d 个干部角色", n, len(seats))
}

func (d *doctor) accounts(ctx context.Context, st *storage.Store, c config.Config) {
	for _, a := range c.WeChat.Accounts {
		stored, err := st.AccountNamed(ctx, a.Name)
		if err != nil {
			d.bad("微信账号 "+a.Name, "检查密钥文件是不是这个数据库的", err)
			continue
		}
		switch {
		case stored.StoppedAt != nil:
			d.bad("微信账号 "+a.Name, "先在手机上确认账号正常，再运行 xianjie resume "+a.Name+"，或由校团委干部在微信里回复“继续”", errors.New("微信两次提示发送过于频繁，已停发"))
		case stored.Session != "":
			d.ok("微信账号 "+a.Name, "存有登录状态，启动时会先试着直接登录")
		default:
			d.note("微信账号 "+a.Name, "没有登录状态，启动时要扫码")
		}
	}
}

func (d *doctor) redis(ctx context.Context, c config.Config) {
	if c.Redis.Addr == "" {
		d.ok("Redis", "没有使用，单进程运行")
		return
	}
	r := scheduler.NewRedis(c.Redis.Addr, time.Now)
	defer r.Close() //nolint:errcheck // nothing to lose
	if err := r.Ping(ctx); err != nil {
		d.bad("Redis", "检查 redis.addr 和 Redis 是否在运行；单进程运行可以把 redis.addr 留空", err)
		return
	}
	d.ok("Redis", "能连接")
}

// wechat reports when WeChat answered by its own clock; the zero time when it did not.
func (d *doctor) wechat(ctx context.Context, c config.Config) time.Time {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	client, err := wechatClient(c)
	if err != nil {
		d.bad("微信", "检查 wechat.endpoint 和 wechat.ca_file", err)
		return time.Time{}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, "https://login.wx.qq.com/", nil)
	if err != nil {
		d.bad("微信", "这是程序的问题，请反馈", err)
		return time.Time{}
	}
	resp, err := client.Do(req)
	if err != nil {
		d.bad("微信", "检查这台机器能否访问 https://login.wx.qq.com（防火墙、DNS）", err)
		return time.Time{}
	}
	_ = resp.Body.Close()
	d.ok("微信", "能访问 login.wx.qq.com")
	at, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return at
}

// maxSkew is how far the machine's clock may be off before reminders are noticeably early or late.
const maxSkew = 30 * time.Second

func (d *doctor) clock(c config.Config, sn *season.Season, answered time.Time) {
	now := time.Now()
	if !answered.IsZero() {
		if skew := now.Sub(answered).Abs(); skew > maxSkew {
			d.bad("时钟", "打开自动对时（例如 timedatectl set-ntp true）", fmt.Errorf("和微信服务器的时间差了 %s", skew.Round(time.Second)))
			return
		}
	}
	product := Clock(c.Clock, time.Now)()
	if !c.Clock.StartAt.IsZero() {
		d.note("时钟", "clock.start_at 已设置，程序会当作现在是 %s；正式运行时要去掉", product.In(c.Zone).Format("2006-01-02 15:04"))
	} else {
		d.ok("时钟", "%s", now.In(c.Zone).Format("2006-01-02 15:04:05"))
	}
	if sn == nil {
		return
	}
	if day := sn.DateOf(product); day.Before(sn.Opens) || day.After(sn.Closes) {
		d.note("时钟", "今天不在这个毕业季（%s 至 %s）之内", sn.Opens.ChineseYear(), sn.Closes.ChineseYear())
	}
}

// wechatClient reaches WeChat as serve does.
func wechatClient(c config.Config) (*http.Client, error) {
	var ca []byte
	if c.WeChat.CAFile != "" {
		var err error
		if ca, err = os.ReadFile(c.WeChat.CAFile); err != nil {
			return nil, err
		}
	}
	t, err := bot.Network(c.WeChat.Endpoint, ca)
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, nil
}
