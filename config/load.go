package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// loader gathers for each key the last value given and where it was given.
type loader struct {
	given  map[string]given
	faults []error
}

type given struct {
	node *yaml.Node
	at   func(line int) string // how a person finds that line of the value
}

func (l *loader) fault(where, key, text string) {
	l.faults = append(l.faults, Fault{Where: where, Key: key, Text: text})
}

// faulty reports that a setting was found wrong already.
func (l *loader) faulty(key string) bool {
	return slices.ContainsFunc(l.faults, func(err error) bool {
		var f Fault
		return errors.As(err, &f) && f.Key == key
	})
}

func (l *loader) give(key string, g given) {
	if l.given == nil {
		l.given = map[string]given{}
	}
	l.given[key] = g
}

// yamlLine is how the YAML reader names a line.
var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// file takes what stands in the settings file.
func (l *loader) file(path string, data []byte) {
	name := filepath.Base(path)
	at := func(line int) string { return name + " line " + strconv.Itoa(line) }
	root, err := parse(data)
	if err != nil {
		where := name
		if m := yamlLine.FindStringSubmatch(err.Error()); m != nil && m[1] != "" {
			where += " near line " + m[1] // the reader names where the broken list or section began, at times one too few
		}
		l.fault(where, "", yamlLine.ReplaceAllString(err.Error(), ""))
		return
	}
	if root != nil {
		l.section("", root, at)
	}
}

// parse returns the value of the only YAML document, nil when there is none.
func parse(data []byte) (*yaml.Node, error) {
	var doc, second yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if err := d.Decode(&second); err == nil {
		return nil, fmt.Errorf("yaml: line %d: a second document begins here; settings are one", second.Line)
	} else if !errors.Is(err, io.EOF) {
		return nil, err
	}
	n := doc.Content[0]
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil, nil
	}
	return n, nil
}

// section takes the keys beneath a section; under is "" at the top or ends with a point.
func (l *loader) section(under string, n *yaml.Node, at func(int) string) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return // a section whose keys are all commented out
	}
	if n.Kind != yaml.MappingNode {
		l.fault(at(n.Line), strings.TrimSuffix(under, "."), "a section of settings is wanted")
		return
	}
	seen := map[string]bool{}
	for name, value := range pairs(n) {
		key := under + name.Value
		switch {
		case seen[key]:
			l.fault(at(name.Line), key, "is there twice")
		case slices.ContainsFunc(fields, func(f field) bool { return f.key == key }):
			l.give(key, given{value, at})
		case slices.ContainsFunc(fields, func(f field) bool { return strings.HasPrefix(f.key, key+".") }):
			l.section(key+".", value, at)
		default:
			l.fault(at(name.Line), key, "there is no such setting"+suggest(key))
		}
		seen[key] = true
	}
}

// environment takes the variables that name a setting; another one of our prefix is most likely a slip of the pen.
func (l *loader) environment(environ []string) {
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, prefix) || name == testAll {
			continue
		}
		at := func(int) string { return "variable " + name }
		i := slices.IndexFunc(fields, func(f field) bool { return f.variable() == name })
		if i < 0 {
			l.fault(at(0), strings.ToLower(strings.TrimPrefix(name, prefix)), "there is no such setting")
			continue
		}
		l.give(fields[i].key, given{variableNode(value), at})
	}
}

// testAll belongs to the tests (see CONTRIBUTING.md) and is no setting.
const testAll = prefix + "TEST_ALL"

// variableNode is the value of a variable: a list if it is written as one, otherwise the text as it stands, since a
// password needs no YAML quoting in a variable.
func variableNode(value string) *yaml.Node {
	text := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
	n, err := parse([]byte(value))
	if err != nil || n == nil || n.Kind != yaml.SequenceNode {
		return text
	}
	return n
}

// config sets every field from what was given last or from its default.
func (l *loader) config() (Config, error) {
	var c Config
	for _, f := range fields {
		g, ok := l.given[f.key]
		if !ok {
			node, err := parse([]byte(f.preset))
			if err != nil {
				panic(fmt.Sprintf("default of %s: %v", f.key, err)) // a mistake in the table above, caught by every test
			}
			g = given{node, func(int) string { return "default" }}
		}
		err := f.set(&c, g.node)
		var inner faults
		switch {
		case errors.As(err, &inner):
			for _, i := range inner {
				l.fault(g.at(i.line), f.key+i.key, i.text)
			}
		case err != nil:
			l.fault(g.at(g.node.Line), f.key, err.Error())
		}
	}
	if err := c.Database.check(); err != nil {
		l.fault(l.where("database.dsn", "database.driver"), "database.dsn", err.Error())
	}
	if key, err := c.Alerts.SMTP.check(); err != nil && !l.faulty("alerts.smtp."+key) {
		key = "alerts.smtp." + key
		l.fault(l.where(key, "alerts.smtp.host"), key, err.Error())
	}
	if len(l.faults) > 0 {
		return Config{}, errors.Join(l.faults...)
	}
	return c, nil
}

// where is the place of the first of these settings that was given at all: what two settings say together was caused
// by one of them.
func (l *loader) where(keys ...string) string {
	for _, key := range keys {
		if g, ok := l.given[key]; ok {
			return g.at(g.node.Line)
		}
	}
	return "default"
}

// pairs are the keys and values of a mapping, in the order of the file.
func pairs(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(k, v *yaml.Node) bool) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

// suggest names the setting whose last part is the same, the usual slip being a wrong section.
func suggest(key string) string {
	last := key[strings.LastIndex(key, ".")+1:]
	for _, f := range fields {
		if strings.HasSuffix(f.key, "."+last) {
			return "; is " + f.key + " meant?"
		}
	}
	return ""
}

// faults are what is wrong within one structured value.
type faults []innerFault

type innerFault struct {
	key  string // relative to the value
	line int
	text string
}

func (f faults) Error() string {
	var texts []string
	for _, i := range f {
		texts = append(texts, i.key+": "+i.text)
	}
	return strings.Join(texts, "; ")
}

// under adds err, found below key at that line.
func (f *faults) under(key string, line int, err error) {
	var inner faults
	if !errors.As(err, &inner) {
		*f = append(*f, innerFault{key, line, err.Error()})
		return
	}
	for _, i := range inner {
		*f = append(*f, innerFault{key + i.key, i.line, i.text})
	}
}

func (f faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}
