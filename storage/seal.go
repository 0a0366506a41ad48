package storage

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"gorm.io/gorm/schema"
)

// Sealed is text that is encrypted at rest (AES-256-GCM) and plain in memory.
type Sealed string

// KeySize is the length of the key in bytes.
const KeySize = 32

// LoadOrCreateKey reads the key file, or makes one (mode 0600) when there is none. Without the key of a database its
// sealed fields cannot be read: it belongs into every backup, apart from the data.
func LoadOrCreateKey(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return createKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != KeySize {
		return nil, fmt.Errorf("key file %s does not hold a key of %d bytes in base64; restore it from the backup", path, KeySize)
	}
	return key, nil
}

func createKey(path string) ([]byte, error) {
	key := make([]byte, KeySize)
	_, _ = rand.Read(key) // never fails, see crypto/rand
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	// A link appears whole or not at all, and only once: of two processes starting at once one makes the key, the other
	// reads it.
	err = os.Link(f.Name(), path)
	if errors.Is(err, fs.ErrExist) {
		return LoadOrCreateKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	return key, nil
}

// sealer encrypts with one key. The prefix names the scheme, so that a later one can be told apart.
type sealer struct{ aead cipher.AEAD }

const sealPrefix = "s1:"

func newSealer(key []byte) (*sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("encryption key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	return &sealer{aead}, err
}

func (s *sealer) seal(plain string) string {
	if plain == "" {
		return ""
	}
	nonce := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(plain)+s.aead.Overhead())
	_, _ = rand.Read(nonce)
	return sealPrefix + base64.RawStdEncoding.EncodeToString(s.aead.Seal(nonce, nonce, []byte(plain), nil))
}

func (s *sealer) open(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	body, ok := strings.CutPrefix(text, sealPrefix)
	if !ok {
		return "", errors.New("sealed field: unknown scheme")
	}
	raw, err := base64.RawStdEncoding.DecodeString(body)
	if err != nil || len(raw) < s.aead.NonceSize() {
		return "", errors.New("sealed field: damaged")
	}
	n := s.aead.NonceSize()
	plain, err := s.aead.Open(nil, raw[:n], raw[n:], nil)
	if err != nil {
		return "", errors.New("sealed field: it was written with another key; restore the key file that belongs to this database")
	}
	return string(plain), nil
}

// The serializers find the key of their store in the context, where Store.db puts it.
type sealerKey struct{}

func sealerOf(ctx context.Context) (*sealer, error) {
	s, ok := ctx.Value(sealerKey{}).(*sealer)
	if !ok {
		return nil, errors.New("sealed field used outside a Store")
	}
	return s, nil
}

func init() {
	schema.RegisterSerializer("sealed", sealedSerializer{})
	schema.RegisterSerializer("answers", answersSerializer{})
}

func text(dbValue any) string {
	switch v := dbValue.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

// sealedSerializer keeps a Sealed, string or []byte field encrypted. It works on whole models; Updates with a map write
// past it and must call sealer.seal themselves.
type sealedSerializer struct{}

func (sealedSerializer) Scan(ctx context.Context, field *schema.Field, dst reflect.Value, dbValue any) error {
	s, err := sealerOf(ctx)
	if err != nil {
		return err
	}
	plain, err := s.open(text(dbValue))
	if err != nil {
		return fmt.Errorf("%s.%s: %w", field.Schema.Table, field.DBName, err)
	}
	f := field.ReflectValueOf(ctx, dst)
	if f.Kind() == reflect.String {
		f.SetString(plain)
	} else {
		f.SetBytes([]byte(plain))
	}
	return nil
}

func (sealedSerializer) Value(ctx context.Context, _ *schema.Field, _ reflect.Value, value any) (any, error) {
	s, err := sealerOf(ctx)
	if err != nil {
		return nil, err
	}
	switch v := value.(type) {
	case string:
		return s.seal(v), nil
	case Sealed:
		return s.seal(string(v)), nil
	case []byte:
		return s.seal(string(v)), nil
	}
	return nil, fmt.Errorf("cannot seal a %T", value)
}

// answersSerializer keeps answers as JSON, personal ones sealed and without the words they came from.
type answersSerializer struct{}

func (answersSerializer) Scan(ctx context.Context, field *schema.Field, dst reflect.Value, dbValue any) error {
	s, err := sealerOf(ctx)
	if err != nil {
		return err
	}
	values := map[string]Value{}
	if t := text(dbValue); t != "" {
		if err := json.Unmarshal([]byte(t), &values); err != nil {
			return fmt.Errorf("%s.%s: %w", field.Schema.Table, field.DBName, err)
		}
	}
	for k, v := range values {
		if !v.Personal {
			continue
		}
		if v.Value, err = s.open(v.Value); err != nil {
			return fmt.Errorf("%s.%s %s: %w", field.Schema.Table, field.DBName, k, err)
		}
		values[k] = v
	}
	return field.Set(ctx, dst, values)
}

func (answersSerializer) Value(ctx context.Context, _ *schema.Field, _ reflect.Value, value any) (any, error) {
	s, err := sealerOf(ctx)
	if err != nil {
		return nil, err
	}
	values, _ := value.(map[string]Value)
	kept := make(map[string]Value, len(values))
	for k, v := range values {
		if v.Personal {
			v.Value, v.Text = s.seal(v.Value), ""
		}
		kept[k] = v
	}
	b, err := json.Marshal(kept)
	return string(b), err
}
