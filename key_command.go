package main

import (
	"context"

	"xianjie/app"
)

func keyCommand() command {
	return command{"key", "rotate", "make a new key and seal everything anew with it; may be interrupted and called again", nil, keyRotate}
}

func keyRotate(ctx context.Context, in *invocation) error {
	if len(in.args) != 1 || in.args[0] != "rotate" {
		return usagef("key rotate")
	}
	d, err := in.data(ctx)
	if err != nil {
		return err
	}
	defer d.Close() //nolint:errcheck // everything is committed
	return app.RotateKey(ctx, d, in.out, terminal(in.err))
}
