package storage

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// Rotation is what RotateKey did.
type Rotation struct {
	From, To string // ids of the keys; From is "" when an earlier call had changed the key already
	Resealed int    // values
	Resumed  bool   // an earlier call had been interrupted
}

// RotateKey makes a new key and seals everything with it that is sealed, while others read and write. It may be interrupted
// at any moment, and called again to finish:
//
//	key file [old]       database says old    nothing happened
//	key file [new, old]  database says old    every process can read both, and writes the old one
//	key file [new, old]  database says new    every process writes the new one (see keyed); old values are sealed anew
//	key file [new]       database says new    done: nothing is left that the old key opens
//
// A process on another machine, with a key file of its own, reads and writes nothing from the third line on until it gets
// the new file. progress hears of every step.
func (s *Store) RotateKey(ctx context.Context, by Audit, progress func(resealed int)) (Rotation, error) {
	var r Rotation
	if s.seal.file == "" {
		return r, errors.New("the key was not read from a file")
	}
	keys, err := readKeys(s.seal.file)
	if err != nil {
		return r, err
	}
	current, err := s.currentKey(ctx)
	if err != nil {
		return r, err
	}
	r.Resumed = len(keys) > 1
	if !r.Resumed {
		keys = slices.Insert(keys, 0, newKey())
		if err := replaceKeys(s.seal.file, keys); err != nil {
			return r, err
		}
	}
	r.To = keyID(keys[0])
	if current != r.To {
		r.From = current
		if err := s.changeKey(ctx, keys, r, by); err != nil {
			return r, err
		}
		if now, err := s.currentKey(ctx); err != nil || now != r.To {
			return r, errors.Join(err, fmt.Errorf("the database says that key %s is current, not %s", now, r.To))
		}
	}
	if err := s.reseal(ctx, &r, progress); err != nil {
		return r, err
	}
	return r, replaceKeys(s.seal.file, keys[:1])
}

// currentKey is the key the database says is current.
func (s *Store) currentKey(ctx context.Context) (string, error) {
	err := s.tx(ctx, func(*gorm.DB) error { return nil }) // it looks which key counts
	return s.seal.current(), err
}

// changeKey makes the first of keys current, for everybody at once: the word is locked, so no transaction is under way that
// may still seal with the old one.
func (s *Store) changeKey(ctx context.Context, keys [][]byte, r Rotation, by Audit) error {
	if err := s.seal.take(keys); err != nil {
		return err
	}
	word := sealWith(r.To, s.seal.openers(r.To)[r.To], "xianjie")
	by.Detail = map[string]string{"from": r.From, "to": r.To}
	return s.transact(ctx, func(tx *gorm.DB) error {
		if err := s.lock(tx).Find(&[]metaRow{}, "name = ?", metaKey).Error; err != nil {
			return err
		}
		if err := tx.Model(&metaRow{}).Where("name = ?", metaKey).Update("value", word).Error; err != nil {
			return err
		}
		return (&work{Store: s, tx: tx, at: s.now()}).audit([]Audit{by})
	})
}

// reseal seals anew whatever another key than the current one sealed, wherever it stands: in any column of any table, so that
// none can be forgotten. Index: the primary key of each table.
func (s *Store) reseal(ctx context.Context, r *Rotation, progress func(int)) error {
	tables, err := s.tables(s.db(ctx))
	if err != nil {
		return err
	}
	for _, t := range tables {
		for _, column := range t.texts() {
			if err := s.resealColumn(ctx, t, column, r, progress); err != nil {
				return fmt.Errorf("sealing %s.%s anew: %w", t.name, column, err)
			}
		}
	}
	return nil
}

// resealed is a value as it is read and as it is to be.
type resealed struct {
	key      []any
	old, new string
}

// resealBytes bounds what one transaction seals anew; files may be large.
const resealBytes = 1 << 20

// resealColumn walks one column. A value that changed since it was read was written after the key had changed, and is
// left alone. The walk is by key, so a value that cannot be opened by any key does not stop it.
func (s *Store) resealColumn(ctx context.Context, t table, column string, r *Rotation, progress func(int)) error {
	after := make([]any, len(t.key))
	for begun := false; ; begun = true {
		var todo []resealed
		rows, err := s.db(ctx).Raw(sealedAfter(t, column, begun), s.sealedArgs(after, begun)...).Rows()
		if err != nil {
			return err
		}
		last, size := after, 0
		for size < resealBytes && rows.Next() {
			v := resealed{key: make([]any, len(t.key))}
			into := make([]any, 0, len(t.key)+1)
			for i := range v.key {
				into = append(into, &v.key[i])
			}
			if err := rows.Scan(append(into, &v.old)...); err != nil {
				return errors.Join(err, rows.Close())
			}
			for i, k := range v.key {
				if b, ok := k.([]byte); ok { // GORM takes bytes for a list
					v.key[i] = string(b)
				}
			}
			last, size = v.key, size+len(v.old)
			if v.new = s.resealText(v.old); v.new != v.old {
				todo = append(todo, v)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil || size == 0 {
			return err
		}
		err = s.tx(ctx, func(tx *gorm.DB) error {
			for _, v := range todo {
				args := append([]any{v.new}, v.key...)
				if err := tx.Exec(replaceText(t, column), append(args, v.old)...).Error; err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		after = last
		if r.Resealed += len(todo); progress != nil && len(todo) > 0 {
			progress(r.Resealed)
		}
	}
}

// sealedAfter are the next values that hold something sealed, but for those the current key sealed as a whole.
func sealedAfter(t table, column string, begun bool) string {
	keys, value := quoted(t.key...), quoted(column)
	where := fmt.Sprintf("(%[1]s LIKE '%%%[2]s%%' OR %[1]s LIKE '%%%[3]s%%') AND %[1]s NOT LIKE ?", value, sealFirst, sealPrefix)
	if begun {
		where += fmt.Sprintf(" AND (%s) > (%s)", keys, strings.TrimSuffix(strings.Repeat("?,", len(t.key)), ","))
	}
	return fmt.Sprintf("SELECT %s, %s FROM %s WHERE %s ORDER BY %s LIMIT 500", keys, value, quoted(t.name), where, keys)
}

func (s *Store) sealedArgs(after []any, begun bool) []any {
	args := []any{sealPrefix + s.seal.current() + ":%"}
	if begun {
		args = append(args, after...)
	}
	return args
}

// replaceText writes a value in place of the one that was read.
func replaceText(t table, column string) string {
	var where []string
	for _, k := range append(slices.Clone(t.key), column) {
		where = append(where, quoted(k)+" = ?")
	}
	return fmt.Sprintf("UPDATE %s SET %s = ? WHERE %s", quoted(t.name), quoted(column), strings.Join(where, " AND "))
}

// sealedToken finds what is sealed, also inside of JSON.
var sealedToken = regexp.MustCompile(`s1:[A-Za-z0-9+/]{38,}|s2:[0-9a-f]{8}:[A-Za-z0-9+/]{38,}`)

// resealText seals every part of a text anew that another key than the current one opens. What only looks sealed stays.
func (s *Store) resealText(text string) string {
	now := s.seal.current()
	return sealedToken.ReplaceAllStringFunc(text, func(token string) string {
		plain, id, err := s.seal.unseal(token)
		if err != nil || id == now {
			return token
		}
		return s.seal.seal(plain)
	})
}
