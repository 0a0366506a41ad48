-- The console. Tokens are stored as their SHA-256: who reads the database cannot sign in with what is in it.

-- +goose Up
CREATE TABLE console_links (
  hash       TEXT NOT NULL PRIMARY KEY,
  person_id  INTEGER NULL,
  created_at DATETIME NOT NULL,
  expires_at DATETIME NOT NULL,
  used_at    DATETIME NULL
);

CREATE TABLE console_sessions (
  id         INTEGER NOT NULL PRIMARY KEY,
  hash       TEXT NOT NULL,
  person_id  INTEGER NULL,
  browser    TEXT NOT NULL,
  created_at DATETIME NOT NULL,
  seen_at    DATETIME NOT NULL,
  ended_at   DATETIME NULL
);
CREATE UNIQUE INDEX console_sessions_hash ON console_sessions (hash);

-- The indices of MySQL for lists of members are not here: SQLite would take them for the common lists too, and sort.
CREATE INDEX duties_calendar ON duties (closed_at, due, id);

-- How much of its pace an account has used.
CREATE INDEX outbox_done ON outbox (account, done_at);

ALTER TABLE accounts ADD COLUMN paused_at DATETIME NULL;

-- +goose Down
ALTER TABLE accounts DROP COLUMN paused_at;
DROP INDEX outbox_done;
DROP INDEX duties_calendar;
DROP TABLE console_sessions;
DROP TABLE console_links;
