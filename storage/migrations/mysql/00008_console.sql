-- Ways into the console. Tokens are stored as their SHA-256: who reads the database cannot sign in with what is in it.

-- +goose Up
CREATE TABLE console_links (
  hash       CHAR(64) NOT NULL PRIMARY KEY,
  person_id  BIGINT NULL,
  created_at DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  used_at    DATETIME(6) NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE console_sessions (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  hash       CHAR(64) NOT NULL,
  person_id  BIGINT NULL,
  browser    VARCHAR(255) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  seen_at    DATETIME(6) NOT NULL,
  ended_at   DATETIME(6) NULL,
  UNIQUE KEY console_sessions_hash (hash)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- +goose Down
DROP TABLE console_sessions;
DROP TABLE console_links;
