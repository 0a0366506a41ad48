package main

import (
	"context"

	"xianjie/app"
)

func backupCommand() command {
	return command{"backup", "FILE", "write everything as it stands at one moment to a new file, while the product goes on", nil, backup}
}

func restoreCommand() command {
	return command{"restore", "FILE", "fill an empty database, of either kind, with a backup; it sends nothing until xianjie resume", nil, restore}
}

func backup(ctx context.Context, in *invocation) error {
	if len(in.args) != 1 {
		return usagef("name the file to write")
	}
	d, err := in.data(ctx)
	if err != nil {
		return err
	}
	defer d.Close() //nolint:errcheck // only read from
	return app.Backup(ctx, d, in.args[0], in.out)
}

func restore(ctx context.Context, in *invocation) error {
	if len(in.args) != 1 {
		return usagef("name a backup")
	}
	c, err := in.settings()
	if err != nil {
		return err
	}
	return app.Restore(ctx, c, in.args[0], in.out)
}
