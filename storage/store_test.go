package storage_test

import (
	"context"
	"testing"

	"xianjie/storage"
	"xianjie/storage/storagetest"
)

func TestMain(m *testing.M) { storagetest.Main(m) }

func TestOpenTwice(t *testing.T) {
	for name, options := range map[string]func(testing.TB) storage.Options{"sqlite": storagetest.SQLite, "mariadb": storagetest.MariaDB} {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			s := storagetest.Open(t, o)
			if err := s.SetMeta(context.Background(), "a", "值"); err != nil {
				t.Fatal(err)
			}
			again := storagetest.Open(t, o)
			if v, err := again.Meta(context.Background(), "a"); err != nil || v != "值" {
				t.Fatalf("Meta = %q, %v", v, err)
			}
		})
	}
}
