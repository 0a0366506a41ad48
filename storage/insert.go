package storage

import (
	"strings"

	"gorm.io/gorm"
)

// insertion writes the rows of a table in as few statements as there are batches. What every message writes goes this way:
// GORM would find out by reflection, field by field, what stands here once.
type insertion struct {
	table   string
	columns string
	update  []string // columns to overwrite where the key exists; nil: a second row with the key is an error
	ignore  bool     // leave rows out whose key exists
	key     string   // columns of that key
}

var (
	insertInbox = insertion{
		table: "inbox", ignore: true, key: "account, msg_id",
		columns: "account, msg_id, login, contact_id, sender, from_self, kind, text, raw, extra, at, received_at, state, outcome",
	}
	upsertDialogues = insertion{
		table: "dialogues", key: "contact_id", update: []string{"state", "data", "version", "updated_at"},
		columns: "contact_id, state, data, version, updated_at",
	}
	insertSteps = insertion{
		table: "duty_steps", columns: "duty_id, step, party, person_id, at, state",
	}
	insertOutbox = insertion{
		table: "outbox",
		columns: "account, contact_id, person_id, kind, priority, once, inbox_id, part, text, extra, file_id, created_at, not_before, " +
			"expires_at, state, msg_id, attempts, reason",
	}
	insertAudit = insertion{
		table:   "audit",
		columns: "id, at, actor_id, contact_id, inbox_id, action, subject, detail, hash",
	}
	// rehashAudit gives lines that are there a hash, and seals what was in clear.
	rehashAudit = insertion{table: insertAudit.table, columns: insertAudit.columns, key: "id", update: []string{"detail", "hash"}}
)

// values are the columns of a row as the database takes them; they follow the columns of insertInbox.
func (r *Inbox) values(s *sealer) []any {
	return []any{
		r.Account, r.MsgID, r.Login, r.ContactID, r.Sender, r.FromSelf, r.Kind, s.seal(r.Text), s.seal(r.Raw), s.seal(r.Extra),
		r.At, r.ReceivedAt, r.State, r.Outcome,
	}
}

func (r *Dialogue) values(s *sealer) []any {
	return []any{r.ContactID, r.State, s.seal(string(r.Data)), r.Version, r.UpdatedAt}
}

func (r *Outbox) values(s *sealer) []any {
	return []any{
		r.Account, r.ContactID, r.PersonID, r.Kind, r.Priority, r.Once, r.InboxID, r.Part, s.seal(r.Text), s.seal(r.Extra), r.FileID,
		r.CreatedAt, r.NotBefore, r.ExpiresAt, r.State, r.MsgID, r.Attempts, r.Reason,
	}
}

func (l *auditLine) values(s *sealer) []any {
	return []any{l.ID, l.At, l.ActorID, l.ContactID, l.InboxID, l.Action, l.Subject, s.seal(l.Detail), l.Hash}
}

// sqliteRows is how many rows a statement writes on SQLite: its driver looks every parameter up among all of them, so
// there a statement costs less than many parameters.
const sqliteRows = 16

// insert writes rows and returns the id the first one got. Within a statement ids rise one by one.
func (s *Store) insert(tx *gorm.DB, in insertion, rows [][]any) (ids []int64, err error) {
	for len(rows) > 0 {
		n := min(s.most, len(rows))
		args := make([]any, 0, n*len(rows[0]))
		for _, r := range rows[:n] {
			args = append(args, r...)
		}
		result, err := tx.Statement.ConnPool.ExecContext(tx.Statement.Context, s.statement(in, n, len(rows[0])), args...)
		if err != nil {
			return nil, translated(tx, err)
		}
		id, err := result.LastInsertId()
		if err != nil {
			return nil, err
		}
		if s.driver == SQLite { // the last id; MySQL gives the first
			id -= int64(n - 1)
		}
		for i := range n {
			ids = append(ids, id+int64(i))
		}
		rows = rows[n:]
	}
	return ids, nil
}

// statement is the SQL for n rows.
func (s *Store) statement(in insertion, n, columns int) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", columns), ",") + ")"
	var b strings.Builder
	b.Grow(len(in.columns) + n*(len(row)+1) + 200)
	b.WriteString("INSERT INTO " + in.table + " (" + in.columns + ") VALUES ")
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(row)
	}
	switch {
	case s.driver == SQLite && in.ignore:
		b.WriteString(" ON CONFLICT (" + in.key + ") DO NOTHING")
	case in.ignore: // unlike INSERT IGNORE this lets no other error pass
		b.WriteString(" ON DUPLICATE KEY UPDATE id = id")
	case in.update != nil && s.driver == SQLite:
		b.WriteString(" ON CONFLICT (" + in.key + ") DO UPDATE SET ")
		b.WriteString(assignments(in.update, "excluded.", ""))
	case in.update != nil:
		b.WriteString(" ON DUPLICATE KEY UPDATE ")
		b.WriteString(assignments(in.update, "VALUES(", ")"))
	}
	return b.String()
}

func assignments(columns []string, before, after string) string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = c + " = " + before + c + after
	}
	return strings.Join(list, ", ")
}

// translated is an error as GORM would return it.
func translated(tx *gorm.DB, err error) error {
	if t, ok := tx.Dialector.(gorm.ErrorTranslator); ok {
		return t.Translate(err)
	}
	return err
}
