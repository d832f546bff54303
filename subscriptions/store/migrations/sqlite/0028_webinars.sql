-- Webinars with a registration of our own: what the form asks, when people are
-- reminded, how often one was moved; who got a place when; and the letters that go
-- to many people, which are worked off in batches.

-- +goose Up
ALTER TABLE webinars ADD COLUMN questions TEXT NOT NULL DEFAULT '[]'; -- JSON: id, kind, text, choices, required
ALTER TABLE webinars ADD COLUMN reminders TEXT NOT NULL DEFAULT ''; -- '7d 24h 1h', 'none', '' for the standard ones
ALTER TABLE webinars ADD COLUMN alone BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE webinars ADD COLUMN announced_at TIMESTAMP;
ALTER TABLE webinars ADD COLUMN moves INTEGER NOT NULL DEFAULT 0;
ALTER TABLE webinars ADD COLUMN moved_at TIMESTAMP;
ALTER TABLE webinars ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE webinars ADD COLUMN version INTEGER NOT NULL DEFAULT 0;

ALTER TABLE registrations ADD COLUMN placed_at TIMESTAMP;
ALTER TABLE registrations ADD COLUMN turns INTEGER NOT NULL DEFAULT 0; -- how often the person has left and come back
ALTER TABLE registrations ADD COLUMN answers TEXT NOT NULL DEFAULT ''; -- JSON: question id to answer, '' for none
ALTER TABLE registrations ADD COLUMN source TEXT NOT NULL DEFAULT '';
UPDATE registrations SET placed_at = confirmed_at WHERE state IN ('registered', 'attended', 'missed');
CREATE INDEX registrations_state ON registrations (webinar_id, state, id);
CREATE INDEX registrations_pending ON registrations (created_at) WHERE state = 'pending';

-- One letter of a webinar to many people; a batch and the cursor move in one
-- transaction.
CREATE TABLE webinar_runs (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    webinar_id  BIGINT NOT NULL REFERENCES webinars (id),
    name        TEXT NOT NULL, -- announcement, moved:2, reminder:24h:0 …
    done_to     BIGINT NOT NULL DEFAULT 0, -- the last subscriber or registration that was read
    queued      BIGINT NOT NULL DEFAULT 0,
    started_at  TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    UNIQUE (webinar_id, name)
);
CREATE INDEX webinar_runs_open ON webinar_runs (id) WHERE finished_at IS NULL;

-- Letters of a registration: their addresses go when it is forgotten.
CREATE INDEX deliveries_registration ON deliveries (ref_id) WHERE kind LIKE 'webinar-%';

-- +goose Down
DROP INDEX deliveries_registration;
DROP TABLE webinar_runs;
DROP INDEX registrations_pending;
DROP INDEX registrations_state;
ALTER TABLE registrations DROP COLUMN source;
ALTER TABLE registrations DROP COLUMN answers;
ALTER TABLE registrations DROP COLUMN turns;
ALTER TABLE registrations DROP COLUMN placed_at;
ALTER TABLE webinars DROP COLUMN version;
ALTER TABLE webinars DROP COLUMN note;
ALTER TABLE webinars DROP COLUMN moved_at;
ALTER TABLE webinars DROP COLUMN moves;
ALTER TABLE webinars DROP COLUMN announced_at;
ALTER TABLE webinars DROP COLUMN alone;
ALTER TABLE webinars DROP COLUMN reminders;
ALTER TABLE webinars DROP COLUMN questions;
