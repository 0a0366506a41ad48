package season

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// UnmarshalYAML reads 2006-01-02; a fault carries its line.
func (d *Date) UnmarshalYAML(n *yaml.Node) error {
	v, err := ParseDate(n.Value)
	if err != nil {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %v", n.Line, err)}}
	}
	*d = v
	return nil
}

// UnmarshalYAML reads 09:00; a fault carries its line.
func (c *Clock) UnmarshalYAML(n *yaml.Node) error {
	v, err := ParseClock(n.Value)
	if err != nil {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %v", n.Line, err)}}
	}
	*c = v
	return nil
}

// UnmarshalYAML reads facts with one value or a list of values.
func (c *Cond) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: a condition is written {question: value}", n.Line)}}
	}
	*c = Cond{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		values, err := oneOrMore(n.Content[i+1])
		if err != nil {
			return err
		}
		(*c)[n.Content[i].Value] = values
	}
	return nil
}

// UnmarshalYAML reads one key or a list of keys.
func (k *Keys) UnmarshalYAML(n *yaml.Node) (err error) {
	*k, err = oneOrMore(n)
	return err
}

func oneOrMore(n *yaml.Node) ([]string, error) {
	if n.Kind == yaml.ScalarNode {
		return []string{n.Value}, nil
	}
	var list []string
	err := n.Decode(&list)
	return list, err
}
