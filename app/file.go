package app

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// WriteWhole writes a file that is there whole or, on an error, as it was before. What the product writes may hold
// personal data: only its owner can read it.
func WriteWhole(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // gone already when all went well
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
