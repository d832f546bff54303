-- What statistics are made of: sums that name nobody, and stay when the people in
-- them are forgotten.

-- +goose Up
-- What happened on a day (UTC). A day is counted while it is young and then never
-- again, so that what is forgotten, replaced or taken back later changes no past.
CREATE TABLE stat_days (
    day      TEXT NOT NULL,
    measure  TEXT NOT NULL,
    topic_id BIGINT NOT NULL DEFAULT 0,
    reason   TEXT NOT NULL DEFAULT '',
    n        BIGINT NOT NULL,
    PRIMARY KEY (day, measure, topic_id, reason)
);
-- How far it was counted: the last day, which may be counted again.
CREATE TABLE stat_counted (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    day TEXT NOT NULL,
    at  TIMESTAMPTZ NOT NULL
);
-- What became of an edition: by state, domain, topic.
CREATE TABLE edition_figures (
    edition_id BIGINT NOT NULL REFERENCES editions (id),
    measure    TEXT NOT NULL,
    item       TEXT NOT NULL DEFAULT '', -- state, domain, topic id
    n          BIGINT NOT NULL,
    PRIMARY KEY (edition_id, measure, item)
);
CREATE TABLE edition_counted (
    edition_id BIGINT PRIMARY KEY REFERENCES editions (id),
    at         TIMESTAMPTZ NOT NULL
);
CREATE INDEX consents_at ON consents (at);

-- +goose Down
DROP INDEX consents_at;
DROP TABLE edition_counted;
DROP TABLE edition_figures;
DROP TABLE stat_counted;
DROP TABLE stat_days;
