package app

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"xianjie/bot"
)

// Doorway shows people how to log in: the QR code in the terminal and as a picture in a folder, and what became of it.
type Doorway struct {
	Out    io.Writer // the terminal; nil shows no code there
	Folder string    // qr-ACCOUNT.png is kept here while it waits to be scanned
	Log    *slog.Logger

	mu    sync.Mutex
	shown map[string]string // account → what the code in the folder says; guarded by mu
}

// OnLogin is for Options.OnLogin.
func (d *Doorway) OnLogin(account string, s bot.State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shown == nil {
		d.shown = map[string]string{}
	}
	if s.Phase == bot.PhaseQR && d.shown[account] == s.QR {
		return
	}
	picture := filepath.Join(d.Folder, "qr-"+account+".png")
	switch s.Phase {
	case bot.PhaseQR:
		d.shown[account] = s.QR
		d.show(account, s.QR, picture)
		return
	case bot.PhaseScanned:
		d.say("已扫码，请在手机上点“登录”。\n")
	case bot.PhaseOnline:
		if !s.Ready {
			d.say("微信“%s”已登录，正在读取通讯录……\n", s.Nick)
		} else {
			d.say("通讯录已就绪，开始工作。\n")
		}
	case bot.PhaseOffline:
		if s.Err != nil {
			d.say("微信连接断开，稍后自动重试：%v\n", s.Err)
		}
	}
	if d.shown[account] != "" {
		delete(d.shown, account)
		_ = os.Remove(picture) // it is of no use to anybody any more
	}
}

func (d *Doorway) say(format string, args ...any) {
	if d.Out != nil {
		fmt.Fprintf(d.Out, format, args...)
	}
}

func (d *Doorway) show(account, text, picture string) {
	png, err := bot.QRPNG(text)
	if err == nil {
		err = WriteWhole(picture, func(w io.Writer) error {
			_, err := w.Write(png)
			return err
		})
	}
	if err != nil {
		d.Log.Warn("the login code was not written as a picture", "file", picture, "err", err)
	}
	if d.Out == nil {
		d.Log.Info("scan the login code with WeChat", "account", account, "picture", picture)
		return
	}
	d.say("\n请用要当助手的那个微信扫码登录（账号 %s）：\n\n", account)
	bot.QRTerminal(d.Out, text)
	d.say("\n扫不到就打开图片：%s\n", picture)
}
