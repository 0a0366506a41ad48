-- +goose Up
CREATE TABLE outbox_batches (
  id         BIGINT NOT NULL PRIMARY KEY,
  account    VARCHAR(64) NOT NULL,
  messages   LONGTEXT NOT NULL,
  claimed_at DATETIME(6) NOT NULL,
  UNIQUE KEY outbox_batches_account (account)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE outbox_batches;
