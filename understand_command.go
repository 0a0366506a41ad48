package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"xianjie/season"
	"xianjie/seasons"
	"xianjie/understand"
)

// understandCommand reads messages as the bot does, one per line, for people who look over what it makes of them.
func understandCommand() command {
	return command{
		"understand", "[--unit | --field student_no|name|phone|date [--today DATE]]", "say what is read in each line of the input, one JSON object per line",
		func(fs *flag.FlagSet) {
			fs.Bool("unit", false, "lines are names of units or addresses")
			fs.String("field", "", "lines are answers to a question for student_no, name, phone or date")
			fs.String("today", "", "the day of writing, 2006-01-02 (default: today, if it lies in the season)")
		}, understandLines,
	}
}

// readLine is what `understand` says about one message.
type readLine struct {
	Text        string            `json:"text"`
	Kind        understand.Kind   `json:"kind"`
	Destination string            `json:"destination"`
	Candidates  []string          `json:"candidates"`
	Slots       map[string]string `json:"slots"`
	CrossSystem *bool             `json:"cross_system"`
	Question    string            `json:"question"`
}

func understandLines(_ context.Context, in *invocation) error {
	if err := in.none(); err != nil {
		return err
	}
	c, err := in.settings()
	if err != nil {
		return err
	}
	s, err := seasons.Load(c.Season)
	if err != nil {
		return err
	}
	field := in.str("field")
	switch {
	case in.yes("unit") && field != "":
		return usagef("--unit and --field exclude each other")
	case in.yes("unit"):
		return eachLine(in, func(line string) any { return unitLine(s, line) })
	case field != "":
		read, err := fieldReader(s, field, in.str("today"))
		if err != nil {
			return err
		}
		return eachLine(in, read)
	}
	words, err := seasons.Words()
	if err != nil {
		return err
	}
	r := understand.NewReader(s, words)
	return eachLine(in, func(line string) any {
		read := r.Read(line)
		out := readLine{
			Text: line, Kind: read.Kind, Destination: read.Destination, Candidates: read.Candidates,
			Slots: map[string]string{}, Question: read.Question,
		}
		if out.Candidates == nil {
			out.Candidates = []string{}
		}
		for _, slot := range read.Slots {
			out.Slots[slot.Name] = slot.Value
		}
		if crosses, known := read.CrossSystem(s); known {
			out.CrossSystem = &crosses
		}
		return out
	})
}

// unitLine is what `understand --unit` says about one unit or address.
func unitLine(s *season.Season, line string) any {
	out := struct {
		Text        string  `json:"text"`
		Province    *string `json:"province"`
		CrossSystem *bool   `json:"cross_system"`
	}{Text: line}
	if p := understand.Unit(line); p.Known {
		crosses := s.CrossSystem.Holds(p.Province)
		out.Province, out.CrossSystem = &p.Province, &crosses
	}
	return out
}

// fieldReader reads one kind of answer.
func fieldReader(s *season.Season, field, today string) (func(string) any, error) {
	from := s.Opens
	to := season.Date{Year: max(s.Closes.Year, s.Opens.Year+1), Month: time.December, Day: 31}
	on := s.DateOf(time.Now())
	if on.Before(from) || on.After(to) {
		on = season.Date{}
	}
	if today != "" {
		var err error
		if on, err = season.ParseDate(today); err != nil {
			return nil, usagef("--today: %v", err)
		}
	}
	readers := map[string]func(string) (string, error){
		"student_no": understand.StudentNo,
		"name":       understand.PersonName,
		"phone":      understand.Phone,
		"date":       func(line string) (string, error) { return understand.DateOrMonth(line, from, to, on) },
	}
	read, ok := readers[field]
	if !ok {
		return nil, usagef("--field must be student_no, name, phone or date, not %q", field)
	}
	return func(line string) any {
		out := struct {
			Text   string `json:"text"`
			OK     bool   `json:"ok"`
			Value  string `json:"value"`
			Reason string `json:"reason"`
		}{Text: line}
		value, err := read(line)
		var refused *understand.Refused
		switch {
		case errors.As(err, &refused):
			out.Reason = refused.Reason
		case err != nil:
			out.Reason = err.Error()
		default:
			out.OK, out.Value = true, value
		}
		return out
	}, nil
}

// eachLine writes what do makes of every line of the input.
func eachLine(in *invocation, do func(line string) any) error {
	r := bufio.NewReader(in.in)
	w := bufio.NewWriter(in.out)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for n := 1; ; n++ {
		line, err := r.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if line == "" && err != nil {
			return w.Flush()
		}
		if err := e.Encode(do(strings.TrimRight(line, "\r\n"))); err != nil {
			return err
		}
		if r.Buffered() == 0 { // whoever types the lines sees each answer at once
			if err := w.Flush(); err != nil {
				return err
			}
		}
	}
}
