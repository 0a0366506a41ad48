-- +goose Up
ALTER TABLE notice_recipients ADD COLUMN file_outbox_id INTEGER NULL;
CREATE INDEX notice_recipients_file ON notice_recipients (file_outbox_id);

-- +goose Down
DROP INDEX notice_recipients_file;
ALTER TABLE notice_recipients DROP COLUMN file_outbox_id;
