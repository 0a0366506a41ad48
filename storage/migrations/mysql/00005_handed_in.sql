-- +goose Up
CREATE INDEX transfer_events_file ON transfer_events (file_id);

-- +goose Down
DROP INDEX transfer_events_file ON transfer_events;
