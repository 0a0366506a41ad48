-- +goose Up
ALTER TABLE people ADD COLUMN former VARCHAR(200) NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE people DROP COLUMN former;
