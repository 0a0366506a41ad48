package storage_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pressly/goose/v3"

	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// databases are the two kinds of fresh databases.
func databases(t *testing.T, f func(*testing.T, storage.Options)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, storagetest.SQLite(t)) })
	t.Run("mariadb", func(t *testing.T) { f(t, storagetest.MariaDB(t)) })
}

// provider is the migrations as an operator applies them by hand.
func provider(t *testing.T, o storage.Options) *goose.Provider {
	t.Helper()
	dialect, dir := goose.DialectSQLite3, "migrations/sqlite"
	if o.Driver == storage.MySQL {
		dialect, dir = goose.DialectMySQL, "migrations/mysql"
	}
	p, err := goose.NewProvider(dialect, rawDB(t, o), os.DirFS(dir), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// schema is every table of ours with its columns, in order.
func schema(t *testing.T, o storage.Options) map[string]string {
	t.Helper()
	db := rawDB(t, o)
	query := "SELECT m.name, p.name, p.\"notnull\" = 0 FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'"
	if o.Driver == storage.MySQL {
		query = "SELECT table_name, column_name, is_nullable = 'YES' FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position"
	}
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	m := map[string]string{}
	for rows.Next() {
		var table, column string
		var nullable bool
		if err := rows.Scan(&table, &column, &nullable); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(tables, table) {
			if nullable && column != "id" { // SQLite calls an INTEGER PRIMARY KEY nullable
				column += "?"
			}
			m[table] += " " + column
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return m
}

// Both schemas hold the same tables with the same columns: a column forgotten in one is found here.
func TestSchemasAreTheSame(t *testing.T) {
	a, b := storagetest.SQLite(t), storagetest.MariaDB(t)
	storagetest.Open(t, a)
	storagetest.Open(t, b)
	lite, maria := schema(t, a), schema(t, b)
	for _, table := range tables {
		if lite[table] == "" || lite[table] != maria[table] {
			t.Errorf("%s\nsqlite: %s\nmaria:  %s", table, lite[table], maria[table])
		}
	}
}

func TestMigrateAgainKeepsTheData(t *testing.T) {
	databases(t, func(t *testing.T, o storage.Options) {
		if err := storagetest.Open(t, o).SetMeta(ctx, "a", "值"); err != nil {
			t.Fatal(err)
		}
		again := storagetest.Open(t, o)
		if v, err := again.Meta(ctx, "a"); err != nil || v != "值" {
			t.Errorf("Meta = %q, %v", v, err)
		}
		if err := again.SetMeta(ctx, "a", "新"); err != nil {
			t.Error(err)
		}
		if v, err := again.Meta(ctx, "a"); err != nil || v != "新" {
			t.Errorf("Meta = %q, %v", v, err)
		}
		if v, err := again.Meta(ctx, "b"); err != nil || v != "" {
			t.Errorf("Meta of what is not there = %q, %v", v, err)
		}
	})
}

// Several processes may start on an empty database at once.
func TestMigrateTogether(t *testing.T) {
	databases(t, func(t *testing.T, o storage.Options) {
		var g sync.WaitGroup
		for i := range 5 {
			g.Go(func() {
				s, err := storage.Open(ctx, o)
				if err != nil {
					t.Error(err)
					return
				}
				if err := errors.Join(s.SetMeta(ctx, fmt.Sprint(i), "x"), s.Ping(ctx), s.Close()); err != nil {
					t.Error(err)
				}
			})
		}
		g.Wait()
		var n int
		if err := rawDB(t, o).QueryRow("SELECT COUNT(*) FROM meta WHERE name NOT IN ('key', 'audit_key')").Scan(&n); err != nil || n != 5 {
			t.Errorf("%d of 5 wrote, %v", n, err)
		}
	})
}

// Down takes every version back and Up brings it again.
func TestMigrateDownAndUp(t *testing.T) {
	databases(t, func(t *testing.T, o storage.Options) {
		storagetest.Open(t, o)
		full := schema(t, o)
		p := provider(t, o)
		if _, err := p.DownTo(ctx, 0); err != nil {
			t.Fatal(err)
		}
		if left := schema(t, o); len(left) != 0 {
			t.Errorf("left: %v", left)
		}
		if s := storagetest.Open(t, o); s.SetMeta(ctx, "a", "b") != nil {
			t.Error("not usable again")
		}
		if again := schema(t, o); fmt.Sprint(again) != fmt.Sprint(full) {
			t.Errorf("came back as %v", again)
		}
	})
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name string
		o    storage.Options
		want string
	}{
		{"no key", storage.Options{Driver: storage.SQLite, DSN: t.TempDir() + "/a.db"}, "encryption key"},
		{"driver", storage.Options{Driver: "oracle", Key: storagetest.Key}, `database.driver "oracle" is neither sqlite nor mysql`},
		{"dsn", storage.Options{Driver: storage.MySQL, DSN: "nowhere", Key: storagetest.Key}, "database.dsn"},
		{"nobody there", storage.Options{Driver: storage.MySQL, DSN: "u@tcp(127.0.0.1:1)/x", Key: storagetest.Key}, "database mysql"},
		{"no folder", storage.Options{Driver: storage.SQLite, DSN: "/dev/null/a.db", Key: storagetest.Key}, "database folder"},
	} {
		if s, err := storage.Open(ctx, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
			if s != nil {
				_ = s.Close()
			}
		}
	}
}
