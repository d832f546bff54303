-- Who wants to be reminded of deadlines for comments, and who was of which.

-- +goose Up
CREATE TABLE deadline_wishes (
    subscriber_id BIGINT PRIMARY KEY REFERENCES subscribers (id),
    at            TIMESTAMPTZ NOT NULL
);
-- Once a person, item and day: a deadline that is extended is another.
CREATE TABLE deadline_reminders (
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id),
    item_id       BIGINT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    until         TEXT NOT NULL, -- the last day for comments
    day           TEXT NOT NULL, -- of the letter that names it
    PRIMARY KEY (subscriber_id, item_id, until)
);
CREATE INDEX deadline_reminders_until ON deadline_reminders (until);
-- How far the letters of a day are planned.
CREATE TABLE deadline_runs (
    day         TEXT PRIMARY KEY,
    done_to     BIGINT NOT NULL DEFAULT 0, -- the last subscriber that was read
    finished_at TIMESTAMPTZ
);

-- +goose Down
DROP TABLE deadline_runs;
DROP TABLE deadline_reminders;
DROP TABLE deadline_wishes;
