package storage

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"time"

	"gorm.io/gorm"
)

// A backup is lines of JSON, the same from both databases, so that either can be restored from either:
//
//	{"format":"xianjie backup","version":1,"schema":6,…}    a [BackupHeader]
//	{"table":"people","columns":["id","no",…],"kinds":[…]}   then a line per row:
//	[1,"20160001",…]                                         numbers, texts, null, instants as RFC 3339
//	{"rows":12345,"sha256":"…"}                              of every byte before it: a backup cut short is none
//
// What is sealed stays sealed: without the key file a backup shows nothing personal but names and numbers.
type BackupHeader struct {
	Format  string    `json:"format"`
	Version int       `json:"version"`
	Schema  int64     `json:"schema"` // version of the schema
	MadeAt  time.Time `json:"made_at"`
	Driver  string    `json:"driver"`
	Key     string    `json:"key"` // the sealed word of the database: shows at once whether a key fits
}

const (
	backupFormat  = "xianjie backup"
	backupVersion = 1
)

type backupTable struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
	Kinds   []string `json:"kinds"`
}

type backupEnd struct {
	Rows int64  `json:"rows"`
	Sum  string `json:"sha256"`
}

// ErrRotating says that a new key is being given, or was not quite: a backup would need both keys.
var ErrRotating = errors.New("the key is being changed; run xianjie key rotate to finish, then back up")

// Backup writes everything as it stood at one moment, while others write. It returns how many rows that is.
func (s *Store) Backup(ctx context.Context, w io.Writer) (int64, error) {
	var rows int64
	key, err := s.seal.settled()
	if err != nil {
		return 0, err
	}
	p, err := s.versions()
	if err != nil {
		return 0, err
	}
	schema, err := p.GetDBVersion(ctx)
	if err != nil {
		return 0, fmt.Errorf("database schema: %w", err)
	}
	err = s.snapshot(ctx, func(tx *gorm.DB) error {
		out := &backupWriter{sum: sha256.New()}
		buffered := bufio.NewWriter(w)
		out.w = io.MultiWriter(buffered, out.sum)
		h := BackupHeader{Format: backupFormat, Version: backupVersion, Schema: schema, MadeAt: s.now(), Driver: s.driver}
		if err := tx.Raw("SELECT value FROM meta WHERE name = ?", metaKey).Scan(&h.Key).Error; err != nil {
			return err
		}
		// The moment is fixed by now. The same single key before and after it: none was given in between.
		if again, err := s.seal.settled(); err != nil || again != key {
			return errors.Join(err, ErrRotating)
		}
		if err := out.line(h); err != nil {
			return err
		}
		tables, err := s.tables(tx)
		if err != nil {
			return err
		}
		for _, t := range tables {
			if err := out.table(tx, t); err != nil {
				return fmt.Errorf("table %s: %w", t.name, err)
			}
		}
		rows = out.rows
		if err := out.line(backupEnd{rows, hex.EncodeToString(out.sum.Sum(nil))}); err != nil {
			return err
		}
		return buffered.Flush()
	})
	return rows, err
}

type backupWriter struct {
	w    io.Writer
	sum  hash.Hash
	rows int64
}

func (b *backupWriter) line(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = b.w.Write(append(text, '\n'))
	return err
}

// table writes one table in the order of its key.
func (b *backupWriter) table(tx *gorm.DB, t table) error {
	head := backupTable{Table: t.name}
	for _, c := range t.columns {
		head.Columns, head.Kinds = append(head.Columns, c.name), append(head.Kinds, c.kind)
	}
	if err := b.line(head); err != nil {
		return err
	}
	rows, err := tx.Raw("SELECT " + quoted(head.Columns...) + " FROM " + quoted(t.name) + " ORDER BY " + quoted(t.key...)).Rows()
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	values, into := make([]any, len(t.columns)), make([]any, len(t.columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, c := range t.columns {
			if values[i], err = portable(c.kind, values[i]); err != nil {
				return fmt.Errorf("column %s: %w", c.name, err)
			}
		}
		if err := b.line(values); err != nil {
			return err
		}
		b.rows++
	}
	return rows.Err()
}

// portable is a value of a column as a backup holds it, whatever the driver made of it.
func portable(kind string, v any) (any, error) {
	if b, ok := v.([]byte); ok {
		v = string(b)
	}
	switch x := v.(type) {
	case nil:
		return nil, nil
	case bool:
		if x {
			return 1, nil
		}
		return 0, nil
	case int64:
		if kind == kindNumber {
			return x, nil
		}
	case time.Time:
		if kind == kindInstant {
			return utc(x).Format(time.RFC3339Nano), nil
		}
	case string:
		switch kind {
		case kindText:
			return x, nil
		case kindNumber:
			return strconv.ParseInt(x, 10, 64)
		}
	}
	return nil, fmt.Errorf("a %T is no %s", v, kind)
}
