package main

import (
	"context"
	"flag"

	"xianjie/app"
)

func auditCommand() command {
	return command{
		"audit", "verify [--since END] [--accept]", "check that no line of the audit was altered, added, moved or dropped",
		func(fs *flag.FlagSet) {
			fs.String("since", "", "an end that verify printed earlier; the audit must pass through it")
			fs.Bool("accept", false, "begin the chain anew over what is left; the faults found are written down in it")
		}, auditVerify,
	}
}

func auditVerify(ctx context.Context, in *invocation) error {
	if len(in.args) != 1 || in.args[0] != "verify" {
		return usagef("audit verify")
	}
	since, err := app.ParseAuditEnd(in.str("since"))
	if err != nil {
		return usagef("--since: %v", err)
	}
	if since != nil && in.yes("accept") {
		return usagef("--since checks and --accept changes; one at a time")
	}
	d, err := in.data(ctx)
	if err != nil {
		return err
	}
	defer d.Close() //nolint:errcheck // everything is committed
	return app.VerifyAudit(ctx, d, in.out, since, in.yes("accept"))
}
