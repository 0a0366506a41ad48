-- +goose Up
ALTER TABLE people ADD COLUMN former TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE people DROP COLUMN former;
