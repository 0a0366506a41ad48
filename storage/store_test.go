package storage_test

import (
	"testing"

	"xianjie/storage/storagetest"
)

func TestMain(m *testing.M) { storagetest.Main(m) }
