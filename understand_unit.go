package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"

	"xianjie/season"
	"xianjie/seasons"
	"xianjie/understand"
)

// understandMessage reads what people write, one a line of the standard input: with --unit each is an employer, a school
// or an address.
func understandMessage(_ context.Context, in *invocation) error {
	if err := in.none(); err != nil {
		return err
	}
	if !in.yes("unit") {
		return usagef("say what the lines are: --unit")
	}
	c, err := in.settings()
	if err != nil {
		return err
	}
	s, err := seasons.Load(c.Season)
	if err != nil {
		return err
	}
	return understandUnits(os.Stdin, in.out, s.CrossSystem)
}

// placedUnit is what understand --unit prints of one line; null is what cannot be told.
type placedUnit struct {
	Text        string  `json:"text"`
	Province    *string `json:"province"`
	CrossSystem *bool   `json:"cross_system"`
}

// understandUnits places every line of r and writes one JSON object a line for it, in their order.
func understandUnits(r io.Reader, w io.Writer, rule season.CrossSystem) error {
	lines, out := bufio.NewReader(r), bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for {
		line, err := lines.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if line != "" {
			u := placedUnit{Text: strings.TrimRight(line, "\r\n")}
			if p := understand.Unit(u.Text); p.Known {
				crosses := rule.Holds(p.Province)
				u.Province, u.CrossSystem = &p.Province, &crosses
			}
			if err := enc.Encode(u); err != nil {
				return err
			}
		}
		// Whoever types line by line, or pipes from a program that does, sees each answer at once.
		if lines.Buffered() == 0 || err != nil {
			if err := out.Flush(); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
	}
}
