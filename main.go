// Command xianjie is 衔接, the WeChat bot that carries graduating members' League relation (团组织关系) to where they go.
//
//	xianjie demo      the whole product on this machine with nothing installed
//	xianjie serve     the real thing
//	xianjie help      everything else
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the zone of a season must load on machines without a zone database
)

// version is set by the build (-ldflags -X main.version=…).
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Exit codes, as interface.md promises them.
const (
	exitOK    = 0
	exitFault = 1
	exitUsage = 2
)

// command is one subcommand. run gets what is left after its flags were parsed.
type command struct {
	name, args, does string
	flags            func(*flag.FlagSet) // nil: only --config
	run              func(context.Context, *invocation) error
}

// invocation is one call of a command.
type invocation struct {
	flags   *flag.FlagSet
	args    []string
	config  string // --config, "" when not given
	environ []string
	in      io.Reader
	out     io.Writer
	err     io.Writer
}

// str, num and yes read a flag defined by the command.
func (in *invocation) str(name string) string { return in.flags.Lookup(name).Value.String() }

func (in *invocation) num(name string) int {
	return in.flags.Lookup(name).Value.(flag.Getter).Get().(int)
}

func (in *invocation) yes(name string) bool {
	return in.flags.Lookup(name).Value.(flag.Getter).Get().(bool)
}

// usage is wrong use of a command: exit code 2.
type usage struct{ text string }

func (u usage) Error() string { return u.text }

func usagef(format string, args ...any) error { return usage{fmt.Sprintf(format, args...)} }

// run is main without the process: it returns the exit code.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		printUsage(stdout)
		if len(args) == 0 {
			return exitUsage
		}
		return exitOK
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		in := &invocation{flags: flag.NewFlagSet(c.name, flag.ContinueOnError), environ: environ, in: stdin, out: stdout, err: stderr}
		in.flags.SetOutput(io.Discard)
		in.flags.StringVar(&in.config, "config", "", "settings file (default ./xianjie.yaml if it exists)")
		if c.flags != nil {
			c.flags(in.flags)
		}
		rest, err := parse(in.flags, args[1:])
		if errors.Is(err, flag.ErrHelp) {
			printHelp(stdout, c, in.flags)
			return exitOK
		}
		if err == nil {
			in.args = rest
			err = c.run(ctx, in)
		} else {
			err = usagef("%v", err)
		}
		return report(stderr, c, err)
	}
	fmt.Fprintf(stderr, "xianjie: there is no command %q; see xianjie help\n", args[0])
	return exitUsage
}

// parse lets flags stand before and after the other arguments, as people type them.
func parse(fs *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := fs.Parse(args); err != nil {
			return nil, err
		}
		if args = fs.Args(); len(args) == 0 {
			return rest, nil
		}
		rest, args = append(rest, args[0]), args[1:]
	}
}

func report(stderr io.Writer, c command, err error) int {
	var u usage
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return exitOK
	case errors.As(err, &u):
		fmt.Fprintf(stderr, "xianjie %s: %v\nusage: xianjie %s %s\n", c.name, err, c.name, c.args)
		return exitUsage
	}
	fmt.Fprintf(stderr, "xianjie %s: %v\n", c.name, err)
	return exitFault
}

func printUsage(w io.Writer) {
	fmt.Fprint(w, "衔接 Xianjie: the League relation of every graduate follows them, in time.\n\nusage: xianjie COMMAND [--config FILE]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-38s %s\n", c.name+" "+c.args, c.does)
	}
}

func printHelp(w io.Writer, c command, fs *flag.FlagSet) {
	fmt.Fprintf(w, "xianjie %s %s\n%s\n\n", c.name, c.args, c.does)
	fs.SetOutput(w)
	fs.PrintDefaults()
}
