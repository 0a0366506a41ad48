-- The console. Tokens are stored as their SHA-256: who reads the database cannot sign in with what is in it.

-- +goose Up
CREATE TABLE console_links (
  hash       CHAR(64) NOT NULL PRIMARY KEY,
  person_id  BIGINT NULL,
  created_at DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  used_at    DATETIME(6) NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE console_sessions (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  hash       CHAR(64) NOT NULL,
  person_id  BIGINT NULL,
  browser    VARCHAR(255) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  seen_at    DATETIME(6) NOT NULL,
  ended_at   DATETIME(6) NULL,
  UNIQUE KEY console_sessions_hash (hash)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Lists of the console: whoever is looked for by part of a name is found by scanning these entries, not the rows, and who
-- goes where or stands somewhere without scanning at all.
CREATE INDEX people_found ON people (left_at, id, name);
CREATE INDEX transfers_destination ON transfers (destination, person_id);
CREATE INDEX transfers_state ON transfers (state, track, person_id);
CREATE INDEX duties_calendar ON duties (closed_at, due, id);

-- How much of its pace an account has used.
CREATE INDEX outbox_done ON outbox (account, done_at);

ALTER TABLE accounts ADD COLUMN paused_at DATETIME(6) NULL;

-- +goose Down
ALTER TABLE accounts DROP COLUMN paused_at;
DROP INDEX outbox_done ON outbox;
DROP INDEX duties_calendar ON duties;
DROP INDEX transfers_state ON transfers;
DROP INDEX transfers_destination ON transfers;
DROP INDEX people_found ON people;
DROP TABLE console_sessions;
DROP TABLE console_links;
