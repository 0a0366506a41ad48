-- +goose Up
CREATE TABLE meta (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE orgs (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  parent_id  INTEGER NULL,
  created_at DATETIME NOT NULL
);
CREATE UNIQUE INDEX orgs_name ON orgs (kind, parent_id, name);

CREATE TABLE people (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  no TEXT NOT NULL,
  name TEXT NOT NULL,
  branch_id  INTEGER NULL,
  college_id INTEGER NULL,
  cohort     INTEGER NOT NULL,
  phone TEXT NOT NULL,
  political TEXT NOT NULL,
  left_at    DATETIME NULL,
  created_at DATETIME NOT NULL,
  updated_at DATETIME NOT NULL
);
CREATE UNIQUE INDEX people_no ON people (no);
CREATE INDEX people_college ON people (college_id, name);
CREATE INDEX people_branch ON people (branch_id, name);
CREATE INDEX people_name ON people (name);

CREATE TABLE roles (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  person_id INTEGER NOT NULL,
  party TEXT NOT NULL,
  org_id    INTEGER NOT NULL,
  since     DATETIME NOT NULL,
  until     DATETIME NULL
);
CREATE INDEX roles_person ON roles (person_id);
CREATE INDEX roles_org ON roles (party, org_id);

CREATE TABLE accounts (
  name TEXT NOT NULL PRIMARY KEY,
  session TEXT NOT NULL,
  login TEXT NOT NULL,
  ready      BOOLEAN NOT NULL,
  phase TEXT NOT NULL,
  phase_at   DATETIME NULL,
  held_until DATETIME NULL,
  updated_at DATETIME NOT NULL
);

CREATE TABLE contacts (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  account TEXT NOT NULL,
  login TEXT NOT NULL,
  user_name TEXT NOT NULL,
  kind TEXT NOT NULL,
  nick TEXT NOT NULL,
  remark TEXT NOT NULL,
  alias TEXT NOT NULL,
  avatar TEXT NOT NULL,
  signature TEXT NOT NULL,
  province TEXT NOT NULL,
  city TEXT NOT NULL,
  sex        INTEGER NOT NULL,
  person_id  INTEGER NULL,
  bound_at   DATETIME NULL,
  state TEXT NOT NULL,
  created_at DATETIME NOT NULL,
  updated_at DATETIME NOT NULL
);
CREATE UNIQUE INDEX contacts_user ON contacts (account, login, user_name);
CREATE INDEX contacts_person ON contacts (person_id);

CREATE TABLE dialogues (
  contact_id INTEGER NOT NULL PRIMARY KEY,
  state TEXT NOT NULL,
  data TEXT NOT NULL,
  version    INTEGER NOT NULL,
  updated_at DATETIME NOT NULL
);

CREATE TABLE declarations (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  person_id     INTEGER NOT NULL,
  seq           INTEGER NOT NULL,
  season TEXT NOT NULL,
  destination TEXT NOT NULL,
  route TEXT NOT NULL,
  target TEXT NOT NULL,
  cross_system  BOOLEAN NOT NULL,
  answers TEXT NOT NULL,
  confirmed_at  DATETIME NOT NULL,
  inbox_id      INTEGER NULL,
  by_person_id  INTEGER NULL,
  superseded_at DATETIME NULL
);
CREATE UNIQUE INDEX declarations_seq ON declarations (person_id, seq);

CREATE TABLE transfers (
  person_id      INTEGER NOT NULL PRIMARY KEY,
  college_id     INTEGER NOT NULL,
  branch_id      INTEGER NOT NULL,
  declaration_id INTEGER NULL,
  destination TEXT NOT NULL,
  track TEXT NOT NULL,
  state TEXT NOT NULL,
  entered_at     DATETIME NOT NULL,
  version        INTEGER NOT NULL,
  updated_at     DATETIME NOT NULL
);
CREATE INDEX transfers_college ON transfers (college_id, person_id);
CREATE INDEX transfers_branch ON transfers (branch_id, person_id);

CREATE TABLE transfer_events (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  person_id      INTEGER NOT NULL,
  declaration_id INTEGER NULL,
  event TEXT NOT NULL,
  at             DATETIME NOT NULL,
  recorded_at    DATETIME NOT NULL,
  by_person_id   INTEGER NULL,
  inbox_id       INTEGER NULL,
  from_state TEXT NOT NULL,
  to_state TEXT NOT NULL,
  note TEXT NOT NULL,
  undone_at      DATETIME NULL
);
CREATE INDEX transfer_events_person ON transfer_events (person_id, id);
CREATE INDEX transfer_events_declaration ON transfer_events (declaration_id, id);

CREATE TABLE duties (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  season TEXT NOT NULL,
  rule TEXT NOT NULL,
  person_id  INTEGER NOT NULL,
  org_id     INTEGER NOT NULL,
  party TEXT NOT NULL,
  open_key TEXT NULL,
  opened_at  DATETIME NOT NULL,
  due TEXT NOT NULL,
  lapses_at  DATETIME NOT NULL,
  lapsed_at  DATETIME NULL,
  closed_at  DATETIME NULL,
  outcome TEXT NOT NULL
);
CREATE UNIQUE INDEX duties_open ON duties (open_key);
CREATE INDEX duties_person ON duties (person_id, id);
CREATE INDEX duties_lapse ON duties (closed_at, lapsed_at, lapses_at);

CREATE TABLE duty_steps (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  duty_id INTEGER NOT NULL,
  step TEXT NOT NULL,
  party TEXT NOT NULL,
  at      DATETIME NOT NULL,
  state TEXT NOT NULL
);
CREATE INDEX duty_steps_due ON duty_steps (state, at);
CREATE INDEX duty_steps_duty ON duty_steps (duty_id);

CREATE TABLE reminders (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  duty_id   INTEGER NOT NULL,
  step_id   INTEGER NOT NULL,
  step TEXT NOT NULL,
  party TEXT NOT NULL,
  person_id INTEGER NOT NULL,
  outbox_id INTEGER NULL,
  slot TEXT NOT NULL,
  at        DATETIME NOT NULL,
  reason TEXT NOT NULL
);
CREATE UNIQUE INDEX reminders_once ON reminders (step_id, person_id);
CREATE INDEX reminders_duty ON reminders (duty_id);
CREATE INDEX reminders_outbox ON reminders (outbox_id);

CREATE TABLE inbox (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  account TEXT NOT NULL,
  msg_id TEXT NOT NULL,
  login TEXT NOT NULL,
  contact_id  INTEGER NOT NULL,
  sender TEXT NOT NULL,
  from_self   BOOLEAN NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  raw TEXT NOT NULL,
  extra TEXT NOT NULL,
  at          DATETIME NOT NULL,
  received_at DATETIME NOT NULL,
  state TEXT NOT NULL,
  done_at     DATETIME NULL,
  outcome TEXT NOT NULL
);
CREATE UNIQUE INDEX inbox_msg ON inbox (account, msg_id);
CREATE INDEX inbox_pending ON inbox (state, account, contact_id, id);

CREATE TABLE outbox (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  account TEXT NOT NULL,
  contact_id INTEGER NOT NULL,
  person_id  INTEGER NULL,
  kind TEXT NOT NULL,
  priority   INTEGER NOT NULL,
  once TEXT NULL,
  inbox_id   INTEGER NULL,
  part       INTEGER NOT NULL,
  text TEXT NOT NULL,
  extra TEXT NOT NULL,
  created_at DATETIME NOT NULL,
  not_before DATETIME NOT NULL,
  expires_at DATETIME NULL,
  state TEXT NOT NULL,
  claimed_at DATETIME NULL,
  done_at    DATETIME NULL,
  msg_id TEXT NOT NULL,
  attempts   INTEGER NOT NULL,
  reason TEXT NOT NULL
);
CREATE UNIQUE INDEX outbox_once ON outbox (once);
CREATE INDEX outbox_queue ON outbox (account, state, not_before);
CREATE INDEX outbox_contact ON outbox (contact_id, id);

CREATE TABLE matters (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  college_id  INTEGER NOT NULL,
  person_id   INTEGER NULL,
  contact_id  INTEGER NOT NULL,
  inbox_id    INTEGER NULL,
  text TEXT NOT NULL,
  created_at  DATETIME NOT NULL,
  answered_at DATETIME NULL,
  answered_by INTEGER NULL,
  answer TEXT NOT NULL
);
CREATE INDEX matters_open ON matters (answered_at, college_id);
CREATE INDEX matters_contact ON matters (contact_id);

CREATE TABLE audit (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  at         DATETIME NOT NULL,
  actor_id   INTEGER NULL,
  contact_id INTEGER NULL,
  inbox_id   INTEGER NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL
);
CREATE INDEX audit_subject ON audit (subject);

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
