package console

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"xianjie/storage"
)

// healthLine is one thing the bot depends on.
type healthLine struct {
	Name, Text string
	State      string // healthGood, healthCare or healthBad
}

// States of a line; a word and a mark stand beside the colour.
const (
	healthGood = "good"
	healthCare = "care"
	healthBad  = "bad"
)

// Mark is the state in a word.
func (l healthLine) Mark() string {
	return map[string]string{healthGood: "正常", healthCare: "留意", healthBad: "异常"}[l.State]
}

// phases are the states of a connection, see bot.Phase.
var phases = map[string]healthLine{
	"online":  {Text: "已登录", State: healthGood},
	"qr":      {Text: "等人扫码登录", State: healthBad},
	"scanned": {Text: "已扫码，等手机上点“登录”", State: healthCare},
	"offline": {Text: "连接断开，正在重试", State: healthBad},
	"":        {Text: "还没有登录过", State: healthCare},
}

// healthView is the part of 总览 that refreshes by itself.
type healthView struct{ Health []healthLine }

func (c *Console) health(w http.ResponseWriter, v *visit) error {
	lines, err := c.healthLines(v.Context())
	if err != nil {
		return err
	}
	return c.write(w, http.StatusOK, "overview", "health", healthView{lines})
}

// late is how long a message may wait that could leave: longer means that something is wrong.
const late = 10 * time.Minute

// healthLines look at WeChat, database, Redis and queue. An account is looked at through the database: the process that
// is logged in may be another one.
func (c *Console) healthLines(ctx context.Context) ([]healthLine, error) {
	var lines []healthLine
	for _, name := range c.Accounts {
		a, err := c.Store.AccountNamed(ctx, name)
		if err != nil {
			return nil, err
		}
		lines = append(lines, c.accountLine(a))
		q, err := c.Store.QueueOf(ctx, name)
		if err != nil {
			return nil, err
		}
		lines = append(lines, c.queueLine(name, q))
	}
	lines = append(lines, healthLine{"数据库", "能连接", healthGood}) // the questions above were answered
	return append(lines, c.redisLine(ctx)), nil
}

func (c *Console) accountLine(a storage.Account) healthLine {
	l, ok := phases[a.Phase]
	if !ok {
		l = healthLine{Text: a.Phase, State: healthCare}
	}
	l.Name = "微信" + c.accountMark(a.Name)
	now := c.Now()
	switch {
	case a.StoppedAt != nil:
		l.Text, l.State = "微信两次提示发送过于频繁，已停发，等人恢复", healthBad
	case a.PausedAt != nil:
		l.Text, l.State = "有人暂停了发送，等人恢复", healthCare
	case a.HeldUntil != nil && now.Before(*a.HeldUntil):
		l.Text, l.State = "微信提示发送过于频繁，"+a.HeldUntil.In(c.Season.Zone).Format("15:04")+"以后再发", healthCare
	case a.Slowed(now) && l.State == healthGood:
		l.Text, l.State = "已登录，减速发送中", healthCare
	}
	return l
}

// accountMark tells accounts apart where there are several.
func (c *Console) accountMark(name string) string {
	if len(c.Accounts) < 2 {
		return ""
	}
	return "（" + name + "）"
}

func (c *Console) queueLine(name string, q storage.Queue) healthLine {
	l := healthLine{Name: "待发消息" + c.accountMark(name), Text: fmt.Sprintf("%d条", q.Ready), State: healthGood}
	if q.Waiting != nil {
		waited := c.Now().Sub(*q.Waiting)
		if waited >= time.Minute {
			l.Text += fmt.Sprintf("，最早的等了%s", lasted(waited))
		}
		if waited > late {
			l.State = healthCare
		}
	}
	if q.Later > 0 {
		l.Text += fmt.Sprintf("，定时的%d条", q.Later)
	}
	if q.Held > 0 {
		l.Text += fmt.Sprintf("，等人放行的%d条", q.Held)
	}
	return l
}

// lasted is a span as people say it.
func lasted(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d分钟", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d小时", int(d.Hours()))
	}
	return fmt.Sprintf("%d天", int(d.Hours()/24))
}

func (c *Console) redisLine(ctx context.Context) healthLine {
	if c.Redis == nil {
		return healthLine{"Redis", "没有使用，单进程运行", healthGood}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := c.Redis(ctx); err != nil {
		return healthLine{"Redis", "连不上，多个进程之间暂时不能协调", healthBad}
	}
	return healthLine{"Redis", "能连接", healthGood}
}
