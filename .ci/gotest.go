//go:build ignore

// Command gotest runs go test with the arguments given to it and insists that every test ran: a skipped test, or none at
// all, is a failure. It prints the output of failed tests as they fail; at the end the skipped ones, a count, and go's
// own line for each package.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// event is one line of go test -json; see go doc test2json.
type event struct {
	Action, Package, ImportPath, Test, Output string
}

// test names one test; an empty name is the package itself.
type test struct{ pkg, name string }

// tally is what became of the tests.
type tally struct {
	out                   io.Writer
	output                map[test]*strings.Builder // of what has not ended
	skipped               []string                  // with what the test said about it
	closing               []string                  // go's lines about packages
	tests, cases, failing int
}

func main() {
	t := &tally{out: os.Stdout, output: map[test]*strings.Builder{}}
	cmd := exec.Command("go", append([]string{"test", "-json", "-count=1"}, os.Args[1:]...)...)
	cmd.Stderr = os.Stderr
	lines, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
		os.Exit(1)
	}
	if err := t.read(lines); err != nil {
		fmt.Fprintln(os.Stderr, "gotest: reading go test:", err)
	}
	err = cmd.Wait()
	if !t.close(err) {
		os.Exit(1)
	}
}

func (t *tally) read(r io.Reader) error {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		if json.Unmarshal(line, &e) == nil && e.Action != "" {
			t.take(e)
		} else {
			t.out.Write(line) // go itself speaking
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (t *tally) take(e event) {
	id := test{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		io.WriteString(t.out, e.Output)
	case "output":
		t.hear(id, e.Output)
	case "pass", "fail", "skip":
		t.end(id, e.Action)
	}
}

// hear keeps what a test printed; go's line about a package goes to the end.
func (t *tally) hear(id test, s string) {
	if id.name == "" {
		for _, p := range []string{"ok  \t", "FAIL\t", "?   \t", "\t" + id.pkg} {
			if strings.HasPrefix(s, p) {
				t.closing = append(t.closing, s)
				return
			}
		}
		if s == "PASS\n" || s == "FAIL\n" {
			return
		}
	}
	if t.output[id] == nil {
		t.output[id] = &strings.Builder{}
	}
	t.output[id].WriteString(s)
}

func (t *tally) end(id test, action string) {
	said := ""
	if b := t.output[id]; b != nil {
		said = b.String()
		delete(t.output, id)
	}
	if id.name == "" {
		t.endPackage(id.pkg, action, said)
		return
	}
	if strings.Contains(id.name, "/") {
		t.cases++
	} else {
		t.tests++
	}
	switch action {
	case "fail":
		t.failing++
		io.WriteString(t.out, said)
	case "skip":
		t.skipped = append(t.skipped, said)
	}
}

// endPackage shows, of a package that failed, what it printed outside of tests and what tests printed that never ended.
func (t *tally) endPackage(pkg, action, said string) {
	if action == "fail" {
		io.WriteString(t.out, said)
	}
	for id, b := range t.output {
		if id.pkg != pkg {
			continue
		}
		if action == "fail" {
			t.failing++
			fmt.Fprintf(t.out, "%s did not end:\n%s", id.name, b)
		}
		delete(t.output, id)
	}
}

// close prints the end of the report and says whether all is well.
func (t *tally) close(err error) bool {
	ok := err == nil && len(t.skipped) == 0 && t.tests > 0
	for _, s := range t.skipped {
		fmt.Fprint(t.out, "SKIPPED, and must not be: ", strings.TrimPrefix(s, "=== RUN   "))
	}
	if t.tests == 0 {
		fmt.Fprintln(t.out, "no test was run")
	}
	fmt.Fprintf(t.out, "%d tests and %d cases within them: %d failed, %d skipped\n", t.tests, t.cases, t.failing, len(t.skipped))
	for _, line := range t.closing {
		io.WriteString(t.out, line)
	}
	if !ok {
		fmt.Fprintln(t.out, "FAIL")
	}
	return ok
}
