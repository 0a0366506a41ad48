-- +goose Up
ALTER TABLE accounts ADD COLUMN lost_at DATETIME NULL;
ALTER TABLE accounts ADD COLUMN heard_at DATETIME NULL;
ALTER TABLE accounts ADD COLUMN news_at DATETIME NULL;

-- open_key is trouble/account while the incident lasts and nothing afterwards: one at a time.
CREATE TABLE incidents (
  id       INTEGER NOT NULL PRIMARY KEY,
  trouble  TEXT NOT NULL,
  account  TEXT NOT NULL,
  open_key TEXT NULL,
  since    DATETIME NOT NULL,
  begun_at DATETIME NOT NULL,
  told_at  DATETIME NOT NULL,
  over_at  DATETIME NULL
);
CREATE UNIQUE INDEX incidents_open ON incidents (open_key);

CREATE TABLE alerts (
  id          INTEGER NOT NULL PRIMARY KEY,
  incident_id INTEGER NOT NULL,
  event       TEXT NOT NULL,
  channel     TEXT NOT NULL,
  state       TEXT NOT NULL,
  at          DATETIME NOT NULL,
  not_before  DATETIME NOT NULL,
  attempts    INTEGER NOT NULL,
  done_at     DATETIME NULL,
  reason      TEXT NOT NULL
);
CREATE INDEX alerts_queue ON alerts (state, not_before);

-- number grows with every holder; who writes under a smaller one is refused.
CREATE TABLE fences (
  name     TEXT NOT NULL PRIMARY KEY,
  number   INTEGER NOT NULL,
  taken_at DATETIME NOT NULL
);

-- +goose Down
DROP TABLE fences;
DROP TABLE alerts;
DROP TABLE incidents;
ALTER TABLE accounts DROP COLUMN news_at;
ALTER TABLE accounts DROP COLUMN heard_at;
ALTER TABLE accounts DROP COLUMN lost_at;
