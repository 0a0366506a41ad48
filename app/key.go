package app

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/gofrs/flock"

	"xianjie/storage"
)

// RotateKey makes a new key for everything that is sealed, while a serve of this installation may go on. progress is where
// a person looks at it; nil when nobody does.
func RotateKey(ctx context.Context, d *Data, out, progress io.Writer) error {
	lock := flock.New(d.Config.Secrets.KeyFile+".lock", flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("lock beside the key file: %w", err)
	}
	if !ok {
		return errors.New("another xianjie key rotate is at work")
	}
	defer lock.Unlock() //nolint:errcheck // it ends with the process anyway
	r, err := d.Store.RotateKey(ctx, storage.Audit{At: d.Now(), Action: "rotate", Subject: "key"}, func(n int) {
		if progress != nil {
			fmt.Fprintf(progress, "\r已重新加密 %d 项", n)
		}
	})
	if progress != nil && r.Resealed > 0 {
		fmt.Fprintln(progress)
	}
	if err != nil {
		return fmt.Errorf("%w; nothing is lost: run xianjie key rotate again to finish", err)
	}
	if r.Resumed {
		fmt.Fprintln(out, "接着完成了上次中断的更换。")
	}
	fmt.Fprintf(out, "密钥已更换，现在是 %s；重新加密了 %d 项，旧密钥已从 %s 里删掉。\n请马上另存新的密钥文件。更换以前的备份仍要用旧密钥才能恢复。\n", r.To, r.Resealed, d.Config.Secrets.KeyFile)
	return nil
}
