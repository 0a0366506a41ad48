// Package seasons holds the built-in season files.
//
// A setting `season: cqu-2020` names one of them; any other value is the path of a file of the operator's own.
package seasons

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"xianjie/season"
)

//go:embed *.yaml
var files embed.FS

// Names lists the built-in seasons.
func Names() []string {
	list, _ := fs.Glob(files, "*.yaml")
	for i, n := range list {
		list[i] = strings.TrimSuffix(n, ".yaml")
	}
	return list
}

// Load loads a built-in season by name, or a season file by path. Its error is season.Faults when the file is there
// but wrong.
func Load(name string) (*season.Season, error) {
	if data, err := files.ReadFile(name + ".yaml"); err == nil {
		return season.Load("seasons/"+name+".yaml", data)
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("season %q is neither built in (%s) nor a file", name, strings.Join(Names(), ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("season file: %w", err)
	}
	return season.Load(name, data)
}
