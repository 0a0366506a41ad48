package main

import (
	"context"
	"fmt"

	"xianjie/console"
)

// userCommand is the way into the console for whoever runs the installation.
func userCommand() command {
	return command{"user", "link", "print a one-time link into the console for whoever runs the bot", nil, user}
}

func user(ctx context.Context, in *invocation) error {
	if len(in.args) != 1 || in.args[0] != "link" {
		return usagef("there is: user link")
	}
	d, err := in.data(ctx)
	if err != nil {
		return err
	}
	defer d.Close() //nolint:errcheck // everything is committed
	if d.Config.Console.Listen == "" {
		return fmt.Errorf("console.listen is empty: there is no console to sign in to")
	}
	link, err := console.OperatorLink(ctx, d.Store, console.URLOf(d.Config.Console.Listen, d.Config.Console.URL))
	if err != nil {
		return err
	}
	fmt.Fprintf(in.out, "5分钟内有效，只能用一次，请不要转发：\n%s\n", link)
	return nil
}
