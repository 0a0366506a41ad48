-- Ways into the console. Tokens are stored as their SHA-256: who reads the database cannot sign in with what is in it.

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

-- +goose Down
DROP TABLE console_sessions;
DROP TABLE console_links;
