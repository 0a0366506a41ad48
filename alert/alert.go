package alert

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Event is what an alert says about a trouble.
type Event string

// Events.
const (
	Begun Event = "begun"
	Still Event = "still" // told again after each day it goes on
	Over  Event = "over"
	Test  Event = "test" // nothing happened; somebody tries the way out
)

// Trouble is something a person must look after.
type Trouble string

// Troubles. All but Database are an account's.
const (
	Lost     Trouble = "wechat_lost"          // not logged in, or WeChat does not answer
	Silent   Trouble = "wechat_silent"        // WeChat answers and delivers nothing (假死), or nobody writes
	Stopped  Trouble = "wechat_stopped"       // WeChat called the account too fast twice in a day
	Stuck    Trouble = "outbox_stuck"         // messages could leave and do not
	Database Trouble = "database_unreachable" // for more than a minute
)

// Alert is one thing to tell.
type Alert struct {
	Event   Event
	Trouble Trouble   // none for Test
	Account string    // as the settings call it; "" where no account is concerned
	Since   time.Time // when the trouble began
	At      time.Time // when Event happened
	Host    string    // the machine that tells
}

// Channel is a way to people.
type Channel interface {
	// Name tells channels apart.
	Name() string
	// Tell returns nil when the other side has taken the alert. What it returns repeats no secret of the settings.
	Tell(ctx context.Context, a Alert) error
}

// words are what is said of a trouble: its name, what it means, what to do.
type words struct{ name, means, todo, over string }

var said = map[Trouble]words{
	Lost: {
		"微信掉线", "收不到也发不出微信消息。",
		"先看手机：专用微信是否在线、有没有要确认的提示。程序会自己重连；如果要求扫码，请用专用微信扫服务器上的二维码（运行 serve 的屏幕，或数据文件夹里的 qr-账号名.png）。",
		"微信恢复，收发正常。掉线期间要说的话，每个人最多收到一条汇总；已经过期的会如实写明。",
	},
	Silent: {
		"微信可能假死", "微信仍在应答，但一直没有送来任何消息。可能确实没有人说话，也可能是微信的网页端停止了投递。",
		"在手机上打开专用微信，再用另一个微信给它发一句话。助手有回答就没事；没有回答，请在手机上退出网页登录，再重新扫码。",
		"又收到微信消息了。",
	},
	Stopped: {
		"微信停发", "微信在一天内第二次提示发送过于频繁，助手已停止发送，连回答也不发。",
		"先在手机上确认账号正常，过几小时再运行 xianjie resume，或由校团委干部在微信里回复“继续”。",
		"已经有人恢复了发送。",
	},
	Stuck: {
		"消息发不出去", "微信在线，但排在最前面的消息一直没有发出。",
		"看程序的日志；检查 Redis 是否正常；也可能是今天的发送额度（wechat.pace）用完了。",
		"消息又在往外发了。",
	},
	Database: {
		"数据库连不上", "收到的消息存不下，要发的消息也取不出。",
		"检查数据库是否在运行、磁盘是否已满，再运行 xianjie doctor。程序不用重启，数据库恢复后自己继续。",
		"数据库恢复。",
	},
}

// Title is the alert in a few words.
func (a Alert) Title() string {
	if a.Event == Test {
		return "【衔接】测试告警"
	}
	title := "【衔接】" + said[a.Trouble].name
	if a.Account != "" {
		title += "（" + a.Account + "）"
	}
	return title + map[Event]string{Still: "，仍未恢复", Over: "，已恢复"}[a.Event]
}

// Text is the alert in full. Times are those of zone.
func (a Alert) Text(zone *time.Location) string {
	w := said[a.Trouble]
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	clock := func(t time.Time) string { return t.In(zone).Format("1月2日 15:04") }
	switch a.Event {
	case Test:
		line("这是一条测试。您收到它，说明微信掉线时也能通知到您。")
	case Over:
		line("%s", w.over)
		line("从%s到%s，共%s。", clock(a.Since), clock(a.At), lasted(a.At.Sub(a.Since)))
	default:
		line("%s", w.means)
		line("从%s起，已经%s。", clock(a.Since), lasted(a.At.Sub(a.Since)))
		line("怎么办：%s", w.todo)
		if a.Trouble != Database {
			line("等待发送的消息都留着，不会算作已发送。")
		}
	}
	if a.Host != "" {
		line("（来自 %s）", a.Host)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// lasted is a span as people say it.
func lasted(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "不到1分钟"
	case d < time.Hour:
		return fmt.Sprintf("%d分钟", d/time.Minute)
	case d < 24*time.Hour:
		return fmt.Sprintf("%d小时%d分钟", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%d天%d小时", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}
