package storage

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"gorm.io/gorm"
)

// Why a restore is refused.
var (
	ErrNotEmpty   = errors.New("the database holds data already; a backup is restored into an empty one only")
	ErrBackup     = errors.New("this is no whole backup")
	ErrNewer      = errors.New("the backup was made by a newer xianjie; restore it with that one")
	ErrHalfway    = errors.New("a restore into this database was interrupted; run xianjie restore again")
	errUnreadable = errors.New("it does not read as one")
)

// metaHalfway is there while a database is being filled.
const metaHalfway = "restoring"

// Restored is what Restore did.
type Restored struct {
	Header BackupHeader
	Rows   int64
}

// Restore fills an empty database with a backup, all or nothing, and leaves it held: nothing is sent from it until Release.
// A SQLite file appears when it is whole. On MySQL, where statements that change the schema commit by themselves, a mark makes
// Open refuse a database that is not whole, and lets the next Restore begin it again.
func Restore(ctx context.Context, o Options, r io.Reader, by Audit) (Restored, error) {
	in := &backupReader{r: bufio.NewReaderSize(r, 1<<16), sum: sha256.New()}
	done := Restored{}
	if err := in.line(&done.Header); err != nil {
		return done, err
	}
	h := done.Header
	switch {
	case h.Format != backupFormat:
		return done, ErrBackup
	case h.Version > backupVersion:
		return done, ErrNewer
	}
	if o.KeyFile != "" { // one made anew would fit nothing
		if _, err := os.Stat(o.KeyFile); err != nil {
			return done, fmt.Errorf("key file: %w; put the one that belongs to the backup there", err)
		}
	}
	target := o
	if o.Driver == SQLite {
		if _, err := os.Stat(o.DSN); !errors.Is(err, fs.ErrNotExist) {
			return done, errors.Join(fmt.Errorf("%s: %w", o.DSN, ErrNotEmpty), err)
		}
		target.DSN += ".restoring"
		if err := removeSQLite(target.DSN); err != nil {
			return done, err
		}
	}
	s, err := open(ctx, target)
	if err != nil {
		return done, err
	}
	done.Rows, err = s.restore(ctx, in, h, by)
	if err := errors.Join(err, s.Close()); err != nil || o.Driver != SQLite {
		if o.Driver == SQLite {
			err = errors.Join(err, removeSQLite(target.DSN))
		}
		return done, err
	}
	return done, appear(target.DSN, o.DSN)
}

// removeSQLite removes a database file with its side files.
func removeSQLite(path string) error {
	var errs []error
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// appear gives a closed database file its name, whole and down to the disk, unless something has that name by now.
func appear(from, to string) error {
	if err := os.Link(from, to); err != nil {
		return errors.Join(err, removeSQLite(from))
	}
	dir, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close(), os.Remove(from))
}

func (s *Store) restore(ctx context.Context, in *backupReader, h BackupHeader, by Audit) (int64, error) {
	if err := s.seal.follow(h.Key); err != nil {
		return 0, err
	}
	p, err := s.versions()
	if err != nil {
		return 0, err
	}
	if known := p.ListSources(); h.Schema > known[len(known)-1].Version {
		return 0, ErrNewer
	}
	if err := s.empty(ctx); err != nil {
		return 0, err
	}
	// From nothing to the schema of the backup; what came later changes the data as it would have.
	err = s.schema(ctx, func(p *goose.Provider) error {
		_, err := p.DownTo(ctx, 0)
		if err == nil {
			_, err = p.UpTo(ctx, h.Schema)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	mark := func(tx *gorm.DB) error { return tx.Create(&metaRow{metaHalfway, ""}).Error }
	if err := s.transact(ctx, mark); err != nil {
		return 0, err
	}
	rows, err := s.fill(ctx, in)
	if err != nil {
		return 0, err
	}
	for _, step := range []func(context.Context) error{s.migrate, s.proveKey, s.startChain} {
		if err := step(ctx); err != nil {
			return 0, err
		}
	}
	by.Detail = map[string]string{"made_at": h.MadeAt.Format(time.RFC3339), "rows": fmt.Sprint(rows)}
	return rows, s.tx(ctx, func(tx *gorm.DB) error {
		if err := s.hold(tx, h.MadeAt); err != nil {
			return err
		}
		if err := tx.Where("name = ?", metaHalfway).Delete(&metaRow{}).Error; err != nil {
			return err
		}
		return (&work{Store: s, tx: tx, at: s.now()}).audit([]Audit{by})
	})
}

// whole refuses a database that a restore has left half filled.
func (s *Store) whole(ctx context.Context) error {
	mark, err := s.halfway(ctx)
	if err != nil {
		return err
	}
	if mark {
		return ErrHalfway
	}
	return nil
}

func (s *Store) halfway(ctx context.Context) (bool, error) {
	var n int64
	err := s.db(ctx).Model(&metaRow{}).Where("name = ?", metaHalfway).Count(&n).Error
	return n > 0, err
}

// empty refuses a database that holds anything but what Open writes into every new one, or what is left of a restore.
func (s *Store) empty(ctx context.Context) error {
	tables, err := s.tables(s.db(ctx))
	if err != nil {
		return err
	}
	if slices.ContainsFunc(tables, func(t table) bool { return t.name == "meta" }) {
		if mark, err := s.halfway(ctx); err != nil || mark {
			return err
		}
	}
	for _, t := range tables {
		if t.name == "meta" || t.name == "audit_head" {
			continue
		}
		var any []int
		if err := s.db(ctx).Raw("SELECT 1 FROM " + quoted(t.name) + " LIMIT 1").Scan(&any).Error; err != nil {
			return err
		}
		if len(any) > 0 {
			return ErrNotEmpty
		}
	}
	return nil
}

// backupReader reads a backup line by line.
type backupReader struct {
	r   *bufio.Reader
	sum hash.Hash
	n   int // lines read
}

// next is the next line; ErrBackup where there is none.
func (b *backupReader) next() ([]byte, error) {
	text, err := b.r.ReadBytes('\n')
	b.n++
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("%w: it ends in line %d", ErrBackup, b.n)
	case err != nil:
		return nil, fmt.Errorf("%w: line %d: %w", ErrBackup, b.n, err)
	}
	return text, nil
}

func (b *backupReader) line(into any) error {
	text, err := b.next()
	if err != nil {
		return err
	}
	b.sum.Write(text)
	if json.Unmarshal(text, into) != nil {
		return fmt.Errorf("%w: line %d: %w", ErrBackup, b.n, errUnreadable)
	}
	return nil
}

// restoreBytes bounds what one statement writes; servers bound it too.
const restoreBytes = 2 << 20

// fill reads tables and rows up to the end of the backup, which must say that this was all.
func (s *Store) fill(ctx context.Context, in *backupReader) (int64, error) {
	tables, err := s.tables(s.db(ctx))
	if err != nil {
		return 0, err
	}
	f := &filling{Store: s, tables: tables}
	for total := int64(0); ; {
		text, err := in.next()
		if err != nil {
			return 0, err
		}
		if !bytes.HasPrefix(text, []byte("[")) {
			if err := f.flush(ctx); err != nil {
				return 0, err
			}
			var end backupEnd
			if json.Unmarshal(text, &end) == nil && end.Sum != "" {
				if end.Sum != hex.EncodeToString(in.sum.Sum(nil)) || end.Rows != total {
					return 0, fmt.Errorf("%w: it was changed or damaged", ErrBackup)
				}
				return total, nil
			}
			err = f.begin(text)
		} else {
			total++
			err = f.row(ctx, text)
		}
		if err != nil {
			return 0, fmt.Errorf("%w: line %d: %w", ErrBackup, in.n, err)
		}
		in.sum.Write(text)
	}
}

// filling writes the rows of one table after another.
type filling struct {
	*Store
	tables []table
	head   backupTable
	rows   [][]any
	size   int
}

// begin starts a table, which must be there with its columns.
func (f *filling) begin(text []byte) error {
	f.head = backupTable{}
	if json.Unmarshal(text, &f.head) != nil || len(f.head.Columns) == 0 || len(f.head.Kinds) != len(f.head.Columns) {
		return errUnreadable
	}
	i := slices.IndexFunc(f.tables, func(t table) bool { return t.name == f.head.Table })
	if i < 0 {
		return fmt.Errorf("there is no table %s", f.head.Table)
	}
	for j, name := range f.head.Columns {
		if !slices.Contains(f.tables[i].columns, column{name, f.head.Kinds[j]}) {
			return fmt.Errorf("table %s has no %s column %s", f.head.Table, f.head.Kinds[j], name)
		}
	}
	return nil
}

func (f *filling) row(ctx context.Context, text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var values []any
	if d.Decode(&values) != nil || len(values) != len(f.head.Columns) || len(values) == 0 {
		return errUnreadable
	}
	for i, v := range values {
		var err error
		switch x := v.(type) {
		case nil:
			continue
		case json.Number:
			values[i], err = x.Int64()
		case string:
			if f.head.Kinds[i] == kindInstant {
				values[i], err = time.Parse(time.RFC3339Nano, x)
			}
		default:
			err = errUnreadable
		}
		if err != nil {
			return fmt.Errorf("column %s: %w", f.head.Columns[i], errUnreadable)
		}
	}
	f.rows, f.size = append(f.rows, values), f.size+len(text)
	if len(f.rows) < 4*f.most && f.size < restoreBytes {
		return nil
	}
	return f.flush(ctx)
}

// flush writes the rows gathered. The mark of a restore that is under way outlives the rows of meta.
func (f *filling) flush(ctx context.Context) error {
	if len(f.rows) == 0 {
		return nil
	}
	names := make([]string, len(f.head.Columns))
	for i, c := range f.head.Columns {
		names[i] = quoted(c)
	}
	in := insertion{table: quoted(f.head.Table), columns: strings.Join(names, ", ")}
	err := f.transact(ctx, func(tx *gorm.DB) error {
		_, err := f.insert(tx, in, f.rows)
		return err
	})
	f.rows, f.size = nil, 0
	return err
}
