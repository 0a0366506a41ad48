-- Every line of the audit carries a keyed hash over itself and the line before it; the head says where the chain ends.

-- +goose Up
ALTER TABLE audit ADD COLUMN hash TEXT NULL;

CREATE TABLE audit_head (
  id      INTEGER NOT NULL PRIMARY KEY,
  total   INTEGER NOT NULL,
  last_id INTEGER NOT NULL,
  hash    TEXT NOT NULL,
  proof   TEXT NOT NULL
);

-- +goose Down
DROP TABLE audit_head;
ALTER TABLE audit DROP COLUMN hash;
DELETE FROM meta WHERE name = 'audit_key';
