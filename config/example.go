package config

import (
	"fmt"
	"strings"
)

// Example is a settings file with every setting at its default, explained.
func Example() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Settings of 衔接 Xianjie, each at its default. Every key can also be given as an environment variable,\n"+
		"# which wins: %s for database.dsn. Lists are written in YAML there too.\n\n", field{key: "database.dsn"}.variable())
	var open []string // the sections the last line stands in
	for _, f := range fields {
		parts := strings.Split(f.key, ".")
		sections, name := parts[:len(parts)-1], parts[len(parts)-1]
		for i, s := range sections {
			if i >= len(open) || open[i] != s {
				open = open[:min(i, len(open))]
				fmt.Fprintf(&b, "%s%s:\n", indent(i), s)
				open = append(open, s)
			}
		}
		open = open[:len(sections)]
		fmt.Fprintf(&b, "%-46s # %s\n", indent(len(sections))+name+": "+f.preset, f.comment)
	}
	return b.String()
}

func indent(depth int) string { return strings.Repeat("  ", depth) }
