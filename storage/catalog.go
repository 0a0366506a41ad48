package storage

import (
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// table is one table of ours as the database describes it. What must reach every table (a backup, a new key) asks the
// database, so that no table is forgotten.
type table struct {
	name    string
	columns []column
	key     []string // columns of the primary key
}

type column struct{ name, kind string }

// Kinds of columns, the same for both databases.
const (
	kindText    = "text"
	kindNumber  = "number" // a truth is 0 or 1
	kindInstant = "instant"
)

// kinds of the types our migrations use.
var kinds = map[string]string{
	"integer": kindNumber, "bigint": kindNumber, "int": kindNumber, "tinyint": kindNumber, "boolean": kindNumber,
	"text": kindText, "longtext": kindText, "varchar": kindText, "char": kindText,
	"datetime": kindInstant,
}

// versionTable is that of the migrations.
const versionTable = "goose_db_version"

// tables are all our tables in order of their names, without that of the migrations.
func (s *Store) tables(db *gorm.DB) ([]table, error) {
	query := `SELECT m.name AS name, c.name AS col, LOWER(c.type) AS type, c.pk > 0 AS part
		FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid`
	if s.driver == MySQL {
		query = `SELECT table_name AS name, column_name AS col, data_type AS type, column_key = 'PRI' AS part
			FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position`
	}
	var rows []struct {
		Name, Col, Type string
		Part            bool
	}
	if err := db.Raw(query).Scan(&rows).Error; err != nil {
		return nil, err
	}
	var ts []table
	for _, r := range rows {
		if r.Name == versionTable {
			continue
		}
		if len(ts) == 0 || ts[len(ts)-1].name != r.Name {
			ts = append(ts, table{name: r.Name})
		}
		t := &ts[len(ts)-1]
		kind := kinds[strings.ToLower(r.Type)]
		if kind == "" {
			return nil, fmt.Errorf("%s.%s has the type %s, which nothing here knows", r.Name, r.Col, r.Type)
		}
		t.columns = append(t.columns, column{r.Col, kind})
		if r.Part {
			t.key = append(t.key, r.Col)
		}
	}
	return ts, nil
}

// texts are the columns that hold text.
func (t table) texts() []string {
	var names []string
	for _, c := range t.columns {
		if c.kind == kindText {
			names = append(names, c.name)
		}
	}
	return names
}

// quoted are names as both databases take them in a statement.
func quoted(names ...string) string { return "`" + strings.Join(names, "`, `") + "`" }
