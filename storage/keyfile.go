package storage

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

// LoadOrCreateKeys reads the key file, or makes one (mode 0600) when there is none. It holds one key a line; more than one
// only while RotateKey is at work or was interrupted. Without the keys of a database its sealed fields cannot be read: they
// belong into every backup, apart from the data.
func LoadOrCreateKeys(path string) ([][]byte, error) {
	keys, err := readKeys(path)
	if errors.Is(err, fs.ErrNotExist) {
		return createKey(path)
	}
	return keys, err
}

func readKeys(path string) ([][]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	var keys [][]byte
	for line := range strings.Lines(strings.TrimSpace(string(text))) {
		key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(line))
		if err != nil || len(key) != KeySize {
			keys = nil
			break
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("key file %s does not hold keys of %d bytes in base64; restore it from the backup", path, KeySize)
	}
	return keys, nil
}

func newKey() []byte {
	key := make([]byte, KeySize)
	_, _ = rand.Read(key) // never fails, see crypto/rand
	return key
}

func createKey(path string) ([][]byte, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	keys := [][]byte{newKey()}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	name := f.Name()
	if err := writeKeys(f, keys); err != nil {
		return nil, err
	}
	defer os.Remove(name) //nolint:errcheck // a second name of what is there
	// A link appears whole or not at all, and only once: of two processes starting at once one makes the key, the other
	// reads it.
	err = os.Link(name, path)
	if errors.Is(err, fs.ErrExist) {
		return readKeys(path)
	}
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	return keys, nil
}

// replaceKeys writes the key file anew. After a power cut it holds the old keys or the new ones. What a killed process left
// aside is taken away by the next one: only one at a time does this.
func replaceKeys(path string, keys [][]byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	if err := writeKeys(f, keys); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Join(fmt.Errorf("key file: %w", err), os.Remove(f.Name()))
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	return nil
}

// writeKeys fills a new file down to the disk, or removes it.
func writeKeys(f *os.File, keys [][]byte) error {
	var lines strings.Builder
	for _, key := range keys {
		lines.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	}
	_, err := f.WriteString(lines.String())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("key file: %w", err), os.Remove(f.Name()))
	}
	return nil
}
