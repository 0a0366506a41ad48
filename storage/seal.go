package storage

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync"

	"gorm.io/gorm/schema"
)

// Sealed is text that is encrypted at rest (AES-256-GCM) and plain in memory.
type Sealed string

// sealer encrypts with the current key of its ring, and opens what any key of it sealed. Which key is current is decided
// by the database (see fence), not by the file, so that all processes change at the same moment. It is safe for concurrent
// use.
type sealer struct {
	file string // where the ring was read from, and is read again; "" when it was given
	mu   sync.RWMutex
	ring map[string]cipher.AEAD // by id; guarded by mu, as the rest
	now  string                 // id of the current key
	word string                 // the sealed word in the database that made it so, "" before it was looked at
}

// A sealed text begins with its scheme. s1 does not say which key sealed it; s2 does.
const (
	sealFirst  = "s1:"
	sealPrefix = "s2:"
)

// newSealer makes a ring; the first key is current until the database says otherwise.
func newSealer(file string, keys [][]byte) (*sealer, error) {
	s := &sealer{file: file}
	if len(keys) == 0 {
		return nil, errors.New("encryption key: there is none")
	}
	s.now = keyID(keys[0])
	return s, s.take(keys)
}

// keyID names a key without giving anything of it away.
func keyID(key []byte) string {
	sum := sha256.Sum256(append([]byte("xianjie key id "), key...))
	return hex.EncodeToString(sum[:4])
}

// take replaces the ring.
func (s *sealer) take(keys [][]byte) error {
	ring := make(map[string]cipher.AEAD, len(keys))
	for _, key := range keys {
		block, err := aes.NewCipher(key)
		if err != nil {
			return fmt.Errorf("encryption key: %w", err)
		}
		if ring[keyID(key)], err = cipher.NewGCM(block); err != nil {
			return fmt.Errorf("encryption key: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, old := range s.ring { // what was read before with an old key may be on its way still
		if ring[id] == nil {
			ring[id] = old
		}
	}
	s.ring = ring
	return nil
}

// again reads the key file again; false when there is none.
func (s *sealer) again() bool {
	if s.file == "" {
		return false
	}
	keys, err := readKeys(s.file)
	return err == nil && s.take(keys) == nil
}

// follow makes current the key that sealed a word of the database; ErrKey when this process cannot get it.
func (s *sealer) follow(word string) error {
	s.mu.RLock()
	known := s.word == word
	s.mu.RUnlock()
	if known {
		return nil
	}
	_, id, err := s.unseal(word)
	if err != nil {
		return ErrKey
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now, s.word = id, word
	return nil
}

// current is the id of the key that seals.
func (s *sealer) current() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.now
}

func (s *sealer) seal(plain string) string {
	if plain == "" {
		return ""
	}
	s.mu.RLock()
	id, aead := s.now, s.ring[s.now]
	s.mu.RUnlock()
	return sealWith(id, aead, plain)
}

func sealWith(id string, aead cipher.AEAD, plain string) string {
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	_, _ = rand.Read(nonce)
	return sealPrefix + id + ":" + base64.RawStdEncoding.EncodeToString(aead.Seal(nonce, nonce, []byte(plain), nil))
}

func (s *sealer) open(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	plain, _, err := s.unseal(text)
	return plain, err
}

// unseal also says which key it took. A key that is not in the ring may have been made by another process meanwhile.
func (s *sealer) unseal(text string) (plain, id string, err error) {
	body, first := strings.CutPrefix(text, sealFirst)
	if !first {
		var ok bool
		if body, ok = strings.CutPrefix(text, sealPrefix); ok {
			id, body, ok = strings.Cut(body, ":")
		}
		if !ok {
			return "", "", errors.New("sealed field: unknown scheme")
		}
	}
	raw, err := base64.RawStdEncoding.DecodeString(body)
	if err != nil {
		return "", "", errors.New("sealed field: damaged")
	}
	for again := false; ; again = true {
		for k, aead := range s.openers(id) {
			n := aead.NonceSize()
			if len(raw) < n {
				return "", "", errors.New("sealed field: damaged")
			}
			if plain, err := aead.Open(nil, raw[:n], raw[n:], nil); err == nil {
				return string(plain), k, nil
			}
		}
		if again || s.has(id) || !s.again() {
			return "", "", errors.New("sealed field: it was written with another key; restore the key file that belongs to this database")
		}
	}
}

// openers are the keys that may open what one of an id sealed; all of them for "".
func (s *sealer) openers(id string) map[string]cipher.AEAD {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if id == "" {
		return maps.Clone(s.ring)
	}
	if aead := s.ring[id]; aead != nil {
		return map[string]cipher.AEAD{id: aead}
	}
	return nil
}

func (s *sealer) has(id string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.ring[id] != nil
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
	schema.RegisterSerializer("sealedlate", lateSerializer{})
	schema.RegisterSerializer("detail", detailSerializer{})
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

// openOld opens a text of a column that was not sealed in former versions.
func (s *sealer) openOld(text string) (string, error) {
	if !strings.HasPrefix(text, sealFirst) && !strings.HasPrefix(text, sealPrefix) {
		return text, nil
	}
	return s.open(text)
}

// lateSerializer is sealedSerializer for strings that former versions left in clear.
type lateSerializer struct{ sealedSerializer }

func (lateSerializer) Scan(ctx context.Context, field *schema.Field, dst reflect.Value, dbValue any) error {
	s, err := sealerOf(ctx)
	if err != nil {
		return err
	}
	plain, err := s.openOld(text(dbValue))
	if err != nil {
		return fmt.Errorf("%s.%s: %w", field.Schema.Table, field.DBName, err)
	}
	field.ReflectValueOf(ctx, dst).SetString(plain)
	return nil
}

// detailSerializer reads the sealed JSON of the audit, which writes it itself. What was tampered with does not keep the rest
// from being read; VerifyAudit names it.
type detailSerializer struct{}

func (detailSerializer) Scan(ctx context.Context, field *schema.Field, dst reflect.Value, dbValue any) error {
	s, err := sealerOf(ctx)
	if err != nil {
		return err
	}
	values := map[string]string{}
	plain, err := s.openOld(text(dbValue))
	if err == nil && plain != "" {
		err = json.Unmarshal([]byte(plain), &values)
	}
	if err != nil {
		values["unreadable"] = err.Error()
	}
	return field.Set(ctx, dst, values)
}

func (detailSerializer) Value(context.Context, *schema.Field, reflect.Value, any) (any, error) {
	return nil, errors.New("audit is written by work.audit alone")
}

// answersSerializer keeps answers as JSON. Personal ones are sealed and lose the words they came from; of the others, those
// words are sealed.
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
		if v.Personal {
			v.Value, err = s.open(v.Value)
		} else {
			v.Text, err = s.openOld(v.Text)
		}
		if err != nil {
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
		} else {
			v.Text = s.seal(v.Text)
		}
		kept[k] = v
	}
	b, err := json.Marshal(kept)
	return string(b), err
}
