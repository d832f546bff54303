-- A letter of a registration that was composed before its latest change does not
-- leave; and from which time a webinar was moved, for the letter that says so.

-- +goose Up
ALTER TABLE registrations ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE webinars ADD COLUMN was_starts TIMESTAMP;
ALTER TABLE webinars ADD COLUMN was_ends TIMESTAMP;

-- +goose Down
ALTER TABLE webinars DROP COLUMN was_ends;
ALTER TABLE webinars DROP COLUMN was_starts;
ALTER TABLE registrations DROP COLUMN revision;
