package app

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"xianjie/config"
	"xianjie/storage"
)

// Backup writes everything as it stands at one moment to a file that must not exist yet, while a serve goes on. The file is
// there whole or not at all. The key is not in it.
func Backup(ctx context.Context, d *Data, path string, out io.Writer) error {
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%s exists already; name another file", path)
	}
	var rows int64
	err := WriteWhole(path, func(w io.Writer) (err error) {
		z := gzip.NewWriter(w)
		rows, err = d.Store.Backup(ctx, z)
		return errors.Join(err, z.Close())
	})
	if err != nil {
		return fmt.Errorf("backup %s: %w", path, err)
	}
	fmt.Fprintf(out, "备份已写好：%s，共 %d 行。\n密钥 %s 不在里面，请另外保存：没有它，备份恢复不了。\n", path, rows, d.Config.Secrets.KeyFile)
	return nil
}

// Restore fills the database of the settings, which must be empty, with a backup. Nothing is sent from it until Release.
func Restore(ctx context.Context, c config.Config, path string, out io.Writer) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read from
	z, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("%s: %w", path, storage.ErrBackup)
	}
	release, err := alone(c.Database)
	if err != nil {
		return err
	}
	defer release()
	now := Clock(c.Clock, time.Now)
	o := storage.Options{Driver: c.Database.Driver, DSN: c.Database.DSN, KeyFile: c.Secrets.KeyFile, Now: now, Log: Logger(c.Log)}
	r, err := storage.Restore(ctx, o, z, storage.Audit{At: now(), Action: "restore", Subject: "database"})
	if err != nil {
		return fmt.Errorf("restore %s: %w", path, err)
	}
	fmt.Fprintf(out, "已恢复 %s 的备份，共 %d 行。\n现在处于暂停状态：可以启动和扫码登录，会收消息，但什么都不发。\n"+
		"确认原来的程序已经停掉、数据没有问题，再运行 xianjie resume。\n", r.Header.MadeAt.In(c.Zone).Format("2006-01-02 15:04"), r.Rows)
	return nil
}

// Release lets a restored installation send, see [storage.Store.Release].
func Release(ctx context.Context, d *Data, out io.Writer, send bool) error {
	unknown, err := d.Store.Release(ctx, send, storage.Audit{At: d.Now(), Action: "release", Subject: "database"})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "已放行，开始发送。")
	if unknown > 0 {
		fmt.Fprintf(out, "备份时还没发的 %d 条消息可能后来已经发过，记作“是否送达未知”，不再发送；xianjie export messages 可以查到。\n", unknown)
	}
	return nil
}
