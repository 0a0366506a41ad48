-- +goose Up
CREATE TABLE meta (
  name  VARCHAR(64) NOT NULL PRIMARY KEY,
  value LONGTEXT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE orgs (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  kind       VARCHAR(16) NOT NULL,
  name       VARCHAR(120) NOT NULL,
  parent_id  BIGINT NULL,
  created_at DATETIME(6) NOT NULL,
  UNIQUE KEY orgs_name (kind, parent_id, name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE people (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  no         VARCHAR(32) NOT NULL,
  name       VARCHAR(64) NOT NULL,
  branch_id  BIGINT NULL,
  college_id BIGINT NULL,
  cohort     INT NOT NULL,
  phone      TEXT NOT NULL,
  political  VARCHAR(32) NOT NULL,
  left_at    DATETIME(6) NULL,
  created_at DATETIME(6) NOT NULL,
  updated_at DATETIME(6) NOT NULL,
  UNIQUE KEY people_no (no),
  KEY people_college (college_id, name),
  KEY people_branch (branch_id, name),
  KEY people_name (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE roles (
  id        BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  person_id BIGINT NOT NULL,
  party     VARCHAR(16) NOT NULL,
  org_id    BIGINT NOT NULL,
  since     DATETIME(6) NOT NULL,
  until     DATETIME(6) NULL,
  KEY roles_person (person_id),
  KEY roles_org (party, org_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE accounts (
  name       VARCHAR(64) NOT NULL PRIMARY KEY,
  session    LONGTEXT NOT NULL,
  login      VARCHAR(64) NOT NULL,
  ready      BOOLEAN NOT NULL,
  phase      VARCHAR(32) NOT NULL,
  phase_at   DATETIME(6) NULL,
  held_until DATETIME(6) NULL,
  updated_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE contacts (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account    VARCHAR(64) NOT NULL,
  login      VARCHAR(64) NOT NULL,
  user_name  VARCHAR(160) NOT NULL,
  kind       VARCHAR(16) NOT NULL,
  nick       VARCHAR(255) NOT NULL,
  remark     VARCHAR(255) NOT NULL,
  alias      VARCHAR(255) NOT NULL,
  avatar     VARCHAR(255) NOT NULL,
  signature  VARCHAR(255) NOT NULL,
  province   VARCHAR(64) NOT NULL,
  city       VARCHAR(64) NOT NULL,
  sex        INT NOT NULL,
  person_id  BIGINT NULL,
  bound_at   DATETIME(6) NULL,
  state      VARCHAR(16) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  updated_at DATETIME(6) NOT NULL,
  UNIQUE KEY contacts_user (account, login, user_name),
  KEY contacts_person (person_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE dialogues (
  contact_id BIGINT NOT NULL PRIMARY KEY,
  state      VARCHAR(32) NOT NULL,
  data       LONGTEXT NOT NULL,
  version    BIGINT NOT NULL,
  updated_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE declarations (
  id            BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  person_id     BIGINT NOT NULL,
  seq           INT NOT NULL,
  season        VARCHAR(64) NOT NULL,
  destination   VARCHAR(32) NOT NULL,
  route         VARCHAR(32) NOT NULL,
  target        TEXT NOT NULL,
  cross_system  BOOLEAN NOT NULL,
  answers       LONGTEXT NOT NULL,
  confirmed_at  DATETIME(6) NOT NULL,
  inbox_id      BIGINT NULL,
  by_person_id  BIGINT NULL,
  superseded_at DATETIME(6) NULL,
  UNIQUE KEY declarations_seq (person_id, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE transfers (
  person_id      BIGINT NOT NULL PRIMARY KEY,
  college_id     BIGINT NOT NULL,
  branch_id      BIGINT NOT NULL,
  declaration_id BIGINT NULL,
  destination    VARCHAR(32) NOT NULL,
  track          VARCHAR(32) NOT NULL,
  state          VARCHAR(32) NOT NULL,
  entered_at     DATETIME(6) NOT NULL,
  version        BIGINT NOT NULL,
  updated_at     DATETIME(6) NOT NULL,
  KEY transfers_college (college_id, person_id),
  KEY transfers_branch (branch_id, person_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE transfer_events (
  id             BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  person_id      BIGINT NOT NULL,
  declaration_id BIGINT NULL,
  event          VARCHAR(32) NOT NULL,
  at             DATETIME(6) NOT NULL,
  recorded_at    DATETIME(6) NOT NULL,
  by_person_id   BIGINT NULL,
  inbox_id       BIGINT NULL,
  from_state     VARCHAR(32) NOT NULL,
  to_state       VARCHAR(32) NOT NULL,
  note           TEXT NOT NULL,
  undone_at      DATETIME(6) NULL,
  KEY transfer_events_person (person_id, id),
  KEY transfer_events_declaration (declaration_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE duties (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  season     VARCHAR(64) NOT NULL,
  rule       VARCHAR(32) NOT NULL,
  person_id  BIGINT NOT NULL,
  org_id     BIGINT NOT NULL,
  party      VARCHAR(16) NOT NULL,
  open_key   VARCHAR(64) NULL,
  opened_at  DATETIME(6) NOT NULL,
  due        CHAR(10) NOT NULL,
  lapses_at  DATETIME(6) NOT NULL,
  lapsed_at  DATETIME(6) NULL,
  closed_at  DATETIME(6) NULL,
  outcome    VARCHAR(32) NOT NULL,
  UNIQUE KEY duties_open (open_key),
  KEY duties_person (person_id, id),
  KEY duties_lapse (closed_at, lapsed_at, lapses_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE duty_steps (
  id      BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  duty_id BIGINT NOT NULL,
  step    VARCHAR(64) NOT NULL,
  party   VARCHAR(16) NOT NULL,
  at      DATETIME(6) NOT NULL,
  state   VARCHAR(16) NOT NULL,
  KEY duty_steps_due (state, at),
  KEY duty_steps_duty (duty_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE reminders (
  id        BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  duty_id   BIGINT NOT NULL,
  step_id   BIGINT NOT NULL,
  step      VARCHAR(64) NOT NULL,
  party     VARCHAR(16) NOT NULL,
  person_id BIGINT NOT NULL,
  outbox_id BIGINT NULL,
  slot      VARCHAR(32) NOT NULL,
  at        DATETIME(6) NOT NULL,
  reason    VARCHAR(255) NOT NULL,
  UNIQUE KEY reminders_once (step_id, person_id),
  KEY reminders_duty (duty_id),
  KEY reminders_outbox (outbox_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE inbox (
  id          BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account     VARCHAR(64) NOT NULL,
  msg_id      VARCHAR(64) NOT NULL,
  login       VARCHAR(64) NOT NULL,
  contact_id  BIGINT NOT NULL,
  sender      VARCHAR(160) NOT NULL,
  from_self   BOOLEAN NOT NULL,
  kind        VARCHAR(32) NOT NULL,
  text        LONGTEXT NOT NULL,
  raw         LONGTEXT NOT NULL,
  extra       LONGTEXT NOT NULL,
  at          DATETIME(6) NOT NULL,
  received_at DATETIME(6) NOT NULL,
  state       VARCHAR(16) NOT NULL,
  done_at     DATETIME(6) NULL,
  outcome     VARCHAR(64) NOT NULL,
  UNIQUE KEY inbox_msg (account, msg_id),
  KEY inbox_pending (state, account, contact_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE outbox (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account    VARCHAR(64) NOT NULL,
  contact_id BIGINT NOT NULL,
  person_id  BIGINT NULL,
  kind       VARCHAR(16) NOT NULL,
  priority   INT NOT NULL,
  once       VARCHAR(120) NULL,
  inbox_id   BIGINT NULL,
  part       INT NOT NULL,
  text       LONGTEXT NOT NULL,
  extra      LONGTEXT NOT NULL,
  created_at DATETIME(6) NOT NULL,
  not_before DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NULL,
  state      VARCHAR(16) NOT NULL,
  claimed_at DATETIME(6) NULL,
  done_at    DATETIME(6) NULL,
  msg_id     VARCHAR(64) NOT NULL,
  attempts   INT NOT NULL,
  reason     VARCHAR(255) NOT NULL,
  UNIQUE KEY outbox_once (once),
  KEY outbox_queue (account, state, not_before),
  KEY outbox_contact (contact_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE matters (
  id          BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  kind        VARCHAR(16) NOT NULL,
  college_id  BIGINT NOT NULL,
  person_id   BIGINT NULL,
  contact_id  BIGINT NOT NULL,
  inbox_id    BIGINT NULL,
  text        LONGTEXT NOT NULL,
  created_at  DATETIME(6) NOT NULL,
  answered_at DATETIME(6) NULL,
  answered_by BIGINT NULL,
  answer      LONGTEXT NOT NULL,
  KEY matters_open (answered_at, college_id),
  KEY matters_contact (contact_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE audit (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  at         DATETIME(6) NOT NULL,
  actor_id   BIGINT NULL,
  contact_id BIGINT NULL,
  inbox_id   BIGINT NULL,
  action     VARCHAR(32) NOT NULL,
  subject    VARCHAR(64) NOT NULL,
  detail     LONGTEXT NOT NULL,
  KEY audit_subject (subject)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE audit;
DROP TABLE matters;
DROP TABLE outbox;
DROP TABLE inbox;
DROP TABLE reminders;
DROP TABLE duty_steps;
DROP TABLE duties;
DROP TABLE transfer_events;
DROP TABLE transfers;
DROP TABLE declarations;
DROP TABLE dialogues;
DROP TABLE contacts;
DROP TABLE accounts;
DROP TABLE roles;
DROP TABLE people;
DROP TABLE orgs;
DROP TABLE meta;
