-- +goose Up
-- A reminder may be meant for one person of a party: who answered 知道了, who took a matter over.
ALTER TABLE duty_steps ADD COLUMN person_id BIGINT NULL;

-- What people answered to digests, one row per duty; rows are never changed.
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

-- +goose Down
DROP TABLE acknowledgements;
ALTER TABLE duty_steps DROP COLUMN person_id;
