-- What follows a reminder: answers to it, steps meant for one person, and duties about organisations.

-- +goose Up
CREATE TABLE acknowledgements (
  id           BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  outbox_id    BIGINT NOT NULL,
  duty_id      BIGINT NOT NULL,
  party        VARCHAR(16) NOT NULL,
  person_id    BIGINT NOT NULL,
  what         VARCHAR(16) NOT NULL,
  to_person_id BIGINT NULL,
  inbox_id     BIGINT NULL,
  at           DATETIME(6) NOT NULL,
  KEY acknowledgements_duty (duty_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE org_events (
  id           BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  org_id       BIGINT NOT NULL,
  event        VARCHAR(32) NOT NULL,
  at           DATETIME(6) NOT NULL,
  recorded_at  DATETIME(6) NOT NULL,
  by_person_id BIGINT NULL,
  inbox_id     BIGINT NULL,
  undone_at    DATETIME(6) NULL,
  KEY org_events_org (org_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

ALTER TABLE duties
  ADD COLUMN subject VARCHAR(16) NOT NULL DEFAULT 'member',
  DROP KEY duties_person,
  ADD KEY duties_person (person_id, closed_at),
  ADD KEY duties_org (org_id, subject, closed_at);

ALTER TABLE duty_steps
  ADD COLUMN person_id BIGINT NULL,
  DROP KEY duty_steps_duty,
  ADD KEY duty_steps_duty (duty_id, state);

ALTER TABLE transfers
  ADD KEY transfers_updated (updated_at);

-- +goose Down
ALTER TABLE transfers
  DROP KEY transfers_updated;

ALTER TABLE duty_steps
  DROP KEY duty_steps_duty,
  DROP COLUMN person_id,
  ADD KEY duty_steps_duty (duty_id);

ALTER TABLE duties
  DROP KEY duties_org,
  DROP KEY duties_person,
  DROP COLUMN subject,
  ADD KEY duties_person (person_id, id);

DROP TABLE org_events;
DROP TABLE acknowledgements;
