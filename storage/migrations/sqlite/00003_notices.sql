-- +goose Up
CREATE TABLE notices (
  id           INTEGER NOT NULL PRIMARY KEY,
  text         TEXT NOT NULL,
  audience     TEXT NOT NULL,
  sentence     TEXT NOT NULL,
  state        TEXT NOT NULL,
  planned      INTEGER NOT NULL,
  sends        INTEGER NOT NULL,
  by_person_id INTEGER NOT NULL,
  contact_id   INTEGER NOT NULL,
  released_by  INTEGER NULL,
  follows      INTEGER NULL,
  created_at   DATETIME NOT NULL,
  released_at  DATETIME NULL,
  done_at      DATETIME NULL
);
CREATE INDEX notices_state ON notices (state);

CREATE TABLE notice_recipients (
  notice_id   INTEGER NOT NULL,
  person_id   INTEGER NOT NULL,
  via         TEXT NOT NULL,
  contact_id  INTEGER NULL,
  outbox_id   INTEGER NULL,
  reason      TEXT NOT NULL,
  answered_at DATETIME NULL,
  PRIMARY KEY (notice_id, person_id)
);
CREATE INDEX notice_recipients_person ON notice_recipients (person_id, answered_at);
CREATE INDEX notice_recipients_outbox ON notice_recipients (outbox_id);

CREATE TABLE class_groups (
  contact_id   INTEGER NOT NULL PRIMARY KEY,
  branch_id    INTEGER NOT NULL,
  by_person_id INTEGER NOT NULL,
  bound_at     DATETIME NOT NULL
);
CREATE INDEX class_groups_branch ON class_groups (branch_id);

ALTER TABLE accounts ADD COLUMN refused_at DATETIME NULL;
ALTER TABLE accounts ADD COLUMN stopped_at DATETIME NULL;

-- The next message is the first of this index; sorting a long queue for each of them took longer than sending it.
DROP INDEX outbox_queue;
CREATE INDEX outbox_queue ON outbox (account, state, priority, id);

-- +goose Down
DROP INDEX outbox_queue;
CREATE INDEX outbox_queue ON outbox (account, state, not_before);
ALTER TABLE accounts DROP COLUMN stopped_at;
ALTER TABLE accounts DROP COLUMN refused_at;
DROP TABLE class_groups;
DROP TABLE notice_recipients;
DROP TABLE notices;
