-- +goose Up
ALTER TABLE accounts ADD COLUMN lost_at DATETIME(6) NULL;
ALTER TABLE accounts ADD COLUMN heard_at DATETIME(6) NULL;
ALTER TABLE accounts ADD COLUMN news_at DATETIME(6) NULL;

-- open_key is trouble/account while the incident lasts and nothing afterwards: one at a time.
CREATE TABLE incidents (
  id       BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  trouble  VARCHAR(32) NOT NULL,
  account  VARCHAR(64) NOT NULL,
  open_key VARCHAR(128) NULL,
  since    DATETIME(6) NOT NULL,
  begun_at DATETIME(6) NOT NULL,
  told_at  DATETIME(6) NOT NULL,
  over_at  DATETIME(6) NULL,
  UNIQUE KEY incidents_open (open_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE alerts (
  id          BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  incident_id BIGINT NOT NULL,
  event       VARCHAR(16) NOT NULL,
  channel     VARCHAR(16) NOT NULL,
  state       VARCHAR(16) NOT NULL,
  at          DATETIME(6) NOT NULL,
  not_before  DATETIME(6) NOT NULL,
  attempts    INT NOT NULL,
  done_at     DATETIME(6) NULL,
  reason      VARCHAR(255) NOT NULL,
  KEY alerts_queue (state, not_before)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- number grows with every holder; who writes under a smaller one is refused.
CREATE TABLE fences (
  name     VARCHAR(64) NOT NULL PRIMARY KEY,
  number   BIGINT NOT NULL,
  taken_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE fences;
DROP TABLE alerts;
DROP TABLE incidents;
ALTER TABLE accounts DROP COLUMN news_at;
ALTER TABLE accounts DROP COLUMN heard_at;
ALTER TABLE accounts DROP COLUMN lost_at;
