-- What an inbox shows of an edition's letters, where an editor has their own words.

-- +goose Up
ALTER TABLE editions ADD COLUMN subject TEXT NOT NULL DEFAULT '';
ALTER TABLE editions ADD COLUMN preheader TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE editions DROP COLUMN preheader;
ALTER TABLE editions DROP COLUMN subject;
