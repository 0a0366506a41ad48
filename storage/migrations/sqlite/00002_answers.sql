-- +goose Up
-- A reminder may be meant for one person of a party: who answered 知道了, who took a matter over.
ALTER TABLE duty_steps ADD COLUMN person_id INTEGER NULL;

-- What people answered to digests, one row per duty; rows are never changed.
CREATE TABLE acknowledgements (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  outbox_id    INTEGER NOT NULL,
  duty_id      INTEGER NOT NULL,
  party TEXT NOT NULL,
  person_id    INTEGER NOT NULL,
  what TEXT NOT NULL,
  to_person_id INTEGER NULL,
  inbox_id     INTEGER NULL,
  at           DATETIME NOT NULL
);
CREATE INDEX acknowledgements_duty ON acknowledgements (duty_id, id);

-- +goose Down
DROP TABLE acknowledgements;
ALTER TABLE duty_steps DROP COLUMN person_id;
