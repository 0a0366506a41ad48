-- What follows a reminder: answers to it, steps meant for one person, and duties about organisations.

-- +goose Up
CREATE TABLE acknowledgements (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  outbox_id    INTEGER NOT NULL,
  duty_id      INTEGER NOT NULL,
  party        TEXT NOT NULL,
  person_id    INTEGER NOT NULL,
  what         TEXT NOT NULL,
  to_person_id INTEGER NULL,
  inbox_id     INTEGER NULL,
  at           DATETIME NOT NULL
);
CREATE INDEX acknowledgements_duty ON acknowledgements (duty_id, id);

CREATE TABLE org_events (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  org_id       INTEGER NOT NULL,
  event        TEXT NOT NULL,
  at           DATETIME NOT NULL,
  recorded_at  DATETIME NOT NULL,
  by_person_id INTEGER NULL,
  inbox_id     INTEGER NULL,
  undone_at    DATETIME NULL
);
CREATE INDEX org_events_org ON org_events (org_id, id);

ALTER TABLE duties ADD COLUMN subject TEXT NOT NULL DEFAULT 'member';
DROP INDEX duties_person;
CREATE INDEX duties_person ON duties (person_id, closed_at);
CREATE INDEX duties_org ON duties (org_id, subject, closed_at);

ALTER TABLE duty_steps ADD COLUMN person_id INTEGER NULL;
DROP INDEX duty_steps_duty;
CREATE INDEX duty_steps_duty ON duty_steps (duty_id, state);

CREATE INDEX transfers_updated ON transfers (updated_at);

-- +goose Down
DROP INDEX transfers_updated;
DROP INDEX duty_steps_duty;
ALTER TABLE duty_steps DROP COLUMN person_id;
CREATE INDEX duty_steps_duty ON duty_steps (duty_id);
DROP INDEX duties_org;
DROP INDEX duties_person;
ALTER TABLE duties DROP COLUMN subject;
CREATE INDEX duties_person ON duties (person_id, id);
DROP TABLE org_events;
DROP TABLE acknowledgements;
