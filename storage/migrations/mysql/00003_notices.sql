-- +goose Up
CREATE TABLE notices (
  id           BIGINT NOT NULL PRIMARY KEY,
  text         LONGTEXT NOT NULL,
  audience     LONGTEXT NOT NULL,
  sentence     TEXT NOT NULL,
  state        VARCHAR(16) NOT NULL,
  planned      INT NOT NULL,
  sends        INT NOT NULL,
  by_person_id BIGINT NOT NULL,
  contact_id   BIGINT NOT NULL,
  released_by  BIGINT NULL,
  follows      BIGINT NULL,
  created_at   DATETIME(6) NOT NULL,
  released_at  DATETIME(6) NULL,
  done_at      DATETIME(6) NULL,
  KEY notices_state (state)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE notice_recipients (
  notice_id   BIGINT NOT NULL,
  person_id   BIGINT NOT NULL,
  via         VARCHAR(16) NOT NULL,
  contact_id  BIGINT NULL,
  outbox_id   BIGINT NULL,
  reason      VARCHAR(32) NOT NULL,
  answered_at DATETIME(6) NULL,
  PRIMARY KEY (notice_id, person_id),
  KEY notice_recipients_person (person_id, answered_at),
  KEY notice_recipients_outbox (outbox_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE class_groups (
  contact_id   BIGINT NOT NULL PRIMARY KEY,
  branch_id    BIGINT NOT NULL,
  by_person_id BIGINT NOT NULL,
  bound_at     DATETIME(6) NOT NULL,
  KEY class_groups_branch (branch_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

ALTER TABLE accounts ADD COLUMN refused_at DATETIME(6) NULL;
ALTER TABLE accounts ADD COLUMN stopped_at DATETIME(6) NULL;

-- The next message is the first of this index; sorting a long queue for each of them took longer than sending it.
DROP INDEX outbox_queue ON outbox;
CREATE INDEX outbox_queue ON outbox (account, state, priority, id);

-- +goose Down
DROP INDEX outbox_queue ON outbox;
CREATE INDEX outbox_queue ON outbox (account, state, not_before);
ALTER TABLE accounts DROP COLUMN stopped_at;
ALTER TABLE accounts DROP COLUMN refused_at;
DROP TABLE class_groups;
DROP TABLE notice_recipients;
DROP TABLE notices;
