package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"xianjie/alert"
	"xianjie/config"
)

// channelNames are channels as people call them.
var channelNames = map[string]string{"webhook": "Webhook", "mail": "邮件"}

// alerts checks the ways to people outside WeChat without using them.
func (d *doctor) alerts(c config.Config) {
	channels, err := alertChannels(c)
	switch {
	case err != nil:
		d.bad("告警", "检查 alerts 里的设置；密码写在 alerts.smtp.password_file 指向的文件的第一行", err)
	case len(channels) == 0:
		d.note("告警", "没有设置：微信掉线时不会有人知道。请填 alerts.webhook 或 alerts.smtp，见手册")
	default:
		for _, ch := range channels {
			d.ok("告警", "%s 已设置；xianjie doctor --alert 会真的发一条测试", channelNames[ch.Name()])
		}
	}
}

// TestAlerts sends a test through every way to people outside WeChat and says what became of it.
func TestAlerts(ctx context.Context, c config.Config, out io.Writer) error {
	channels, err := alertChannels(c)
	if err != nil {
		return err
	}
	if len(channels) == 0 {
		return errors.New("no alerts are set up; fill in alerts.webhook or alerts.smtp")
	}
	d := &doctor{out: out}
	for _, ch := range channels {
		a := alert.Alert{Event: alert.Test, At: time.Now(), Host: hostname()}
		if err := ch.Tell(ctx, a); err != nil {
			d.bad("告警 "+channelNames[ch.Name()], "检查 alerts 里的地址、端口、账号和密码，以及这台机器能否访问它", err)
			continue
		}
		d.ok("告警 "+channelNames[ch.Name()], "测试已发出，请看看收到没有")
	}
	if d.failed > 0 {
		return fmt.Errorf("%d alert(s) did not leave", d.failed)
	}
	return nil
}
