-- +goose Up
CREATE TABLE files (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  kind       VARCHAR(16) NOT NULL,
  name       TEXT NOT NULL,
  size       BIGINT NOT NULL,
  content    LONGTEXT NOT NULL,
  inbox_id   BIGINT NULL,
  reason     VARCHAR(255) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  UNIQUE KEY files_inbox (inbox_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

ALTER TABLE outbox ADD COLUMN file_id BIGINT NULL;
ALTER TABLE transfer_events ADD COLUMN file_id BIGINT NULL;
ALTER TABLE notices ADD COLUMN file_id BIGINT NULL;

-- +goose Down
ALTER TABLE notices DROP COLUMN file_id;
ALTER TABLE transfer_events DROP COLUMN file_id;
ALTER TABLE outbox DROP COLUMN file_id;
DROP TABLE files;
