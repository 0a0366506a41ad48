package season

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Fault is one thing wrong with a season file.
type Fault struct {
	File string
	Line int
	Text string // what is wrong and what to do
}

func (f Fault) Error() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Text) }

// Faults are all faults of a file in order of their lines.
type Faults []Fault

func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Load reads and validates a season file; name stands in its faults. The error is Faults: every fault with its line.
func Load(name string, data []byte) (*Season, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, YAMLFaults(name, err)
	}
	if len(root.Content) == 0 {
		return nil, Faults{{name, 1, "the file is empty; a season has a key, destinations, tracks and duties"}}
	}
	s := new(Season)
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	var wrong Faults
	if err := d.Decode(s); err != nil && !errors.Is(err, io.EOF) {
		wrong = YAMLFaults(name, err)
		if !errors.As(err, new(*yaml.TypeError)) || root.Content[0].Kind != yaml.MappingNode {
			return nil, wrong // nothing was read
		}
	}
	sum := sha256.Sum256(data)
	s.Hash = hex.EncodeToString(sum[:])
	v := &validator{s: s, file: name, places: map[string]place{}}
	v.index("", root.Content[0])
	s.complete()
	v.check()
	if fs := append(v.without(wrong), wrong...); len(fs) > 0 {
		slices.SortStableFunc(fs, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
		return nil, fs
	}
	return s, nil
}

var (
	yamlLine    = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)
	yamlUnknown = regexp.MustCompile(`^field (\S+) not found in type .*$`)
)

// YAMLFaults turns the complaints of the YAML decoder about a file into faults a person can act on.
func YAMLFaults(name string, err error) Faults {
	texts := []string{err.Error()}
	var types *yaml.TypeError
	if errors.As(err, &types) {
		texts = types.Errors
	}
	var fs Faults
	for _, t := range texts {
		f := Fault{File: name, Line: 1, Text: t}
		if m := yamlLine.FindStringSubmatch(t); m != nil {
			f.Line, _ = strconv.Atoi(m[1])
			f.Text = m[2]
		}
		if m := yamlUnknown.FindStringSubmatch(f.Text); m != nil {
			f.Text = fmt.Sprintf("there is no key %q here; check the spelling", m[1])
		}
		fs = append(fs, f)
	}
	slices.SortStableFunc(fs, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
	return fs
}

// complete fills in what follows from the file: keys of map entries, the zone, default step keys and date ranges.
func (s *Season) complete() {
	// "Local" would make the rules depend on the machine.
	if zone, err := time.LoadLocation(s.ZoneID); err == nil && s.ZoneID != "" && s.ZoneID != "Local" {
		s.Zone = zone
	}
	for k, p := range s.Parties {
		p.Key = k
		s.Parties[k] = p
	}
	for k, q := range s.Questions {
		if q == nil {
			continue
		}
		q.Key = k
		if q.Kind == KindDate && q.From.IsZero() {
			q.From = s.Opens
		}
		if q.Kind == KindDate && q.To.IsZero() {
			q.To = Date{max(s.Closes.Year, s.Opens.Year+1), time.December, 31}
		}
	}
	for k, t := range s.Tracks {
		if t != nil {
			t.Key = k
		}
	}
	for i := range s.Rates {
		r := &s.Rates[i]
		if len(r.AllBut) == 0 || len(r.Of) > 0 {
			continue
		}
		for _, d := range s.Destinations {
			if !d.Uncounted && !slices.Contains(r.AllBut, d.Key) {
				r.Of = append(r.Of, d.Key)
			}
		}
	}
	for i := range s.Duties {
		s.Duties[i].Subject = cmp.Or(s.Duties[i].Subject, SubjectMember)
		s.Duties[i].inherit(s.Follow)
		for j := range s.Duties[i].Steps {
			st := &s.Duties[i].Steps[j]
			switch {
			case st.Key != "":
			case st.Before != nil:
				st.Key = fmt.Sprintf("before-%d", *st.Before)
			case st.After != nil:
				st.Key = fmt.Sprintf("after-%d", *st.After)
			default:
				st.Key = "on-" + st.On.String()
			}
		}
	}
}
