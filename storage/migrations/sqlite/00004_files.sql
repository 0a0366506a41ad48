-- +goose Up
CREATE TABLE files (
  id         INTEGER NOT NULL PRIMARY KEY,
  kind       TEXT NOT NULL,
  name       TEXT NOT NULL,
  size       INTEGER NOT NULL,
  content    TEXT NOT NULL,
  inbox_id   INTEGER NULL,
  reason     TEXT NOT NULL,
  created_at DATETIME NOT NULL
);
CREATE UNIQUE INDEX files_inbox ON files (inbox_id);

ALTER TABLE outbox ADD COLUMN file_id INTEGER NULL;
ALTER TABLE transfer_events ADD COLUMN file_id INTEGER NULL;
ALTER TABLE notices ADD COLUMN file_id INTEGER NULL;

-- +goose Down
ALTER TABLE notices DROP COLUMN file_id;
ALTER TABLE transfer_events DROP COLUMN file_id;
ALTER TABLE outbox DROP COLUMN file_id;
DROP TABLE files;
