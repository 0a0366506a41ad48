package season

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

// provinces are the short names of the provincial units of the country (省、自治区、直辖市、特别行政区), which are the values
// of a question for a province.
//
//go:embed provinces.txt
var provinces string

func (v *validator) provinceNames(p string, names []string) {
	known := strings.Fields(provinces)
	for i, n := range names {
		if !slices.Contains(known, n) {
			v.fault(fmt.Sprintf("%s[%d]", p, i), "there is no province %q; its short name is wanted, without 省, 市 or 自治区", n)
		}
	}
}
