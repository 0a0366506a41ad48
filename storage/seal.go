package storage

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
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

// settled is the id of the only key in the file; ErrRotating when there are more, "" without a file.
func (s *sealer) settled() (string, error) {
	if s.file == "" {
		return "", nil
	}
	keys, err := readKeys(s.file)
	switch {
	case err != nil:
		return "", err
	case len(keys) > 1:
		return "", ErrRotating
	}
	return keyID(keys[0]), nil
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

// openOld opens a text of a column that was not sealed in former versions.
func (s *sealer) openOld(text string) (string, error) {
	if !strings.HasPrefix(text, sealFirst) && !strings.HasPrefix(text, sealPrefix) {
		return text, nil
	}
	return s.open(text)
}
