-- Every line of the audit carries a keyed hash over itself and the line before it; the head says where the chain ends.

-- +goose Up
ALTER TABLE audit ADD COLUMN hash VARCHAR(64) NULL;

CREATE TABLE audit_head (
  id      BIGINT NOT NULL PRIMARY KEY,
  total   BIGINT NOT NULL,
  last_id BIGINT NOT NULL,
  hash    VARCHAR(64) NOT NULL,
  proof   VARCHAR(64) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE audit_head;
ALTER TABLE audit DROP COLUMN hash;
DELETE FROM meta WHERE name = 'audit_key';
