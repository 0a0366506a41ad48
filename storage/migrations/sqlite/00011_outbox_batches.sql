-- +goose Up
CREATE TABLE outbox_batches (
  id         INTEGER NOT NULL PRIMARY KEY,
  account    TEXT NOT NULL,
  messages   TEXT NOT NULL,
  claimed_at DATETIME NOT NULL
);
CREATE UNIQUE INDEX outbox_batches_account ON outbox_batches (account);

-- +goose Down
DROP TABLE outbox_batches;
