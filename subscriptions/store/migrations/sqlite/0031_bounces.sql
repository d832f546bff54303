-- What comes back: one row for each address of a report, and the reports themselves
-- for a while. A failed delivery is taken for a report of its own once.

-- +goose Up
CREATE TABLE bounces (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    report        TEXT NOT NULL,            -- identity: the same report is here once
    position      INTEGER NOT NULL,         -- of the address in it
    at            TIMESTAMP NOT NULL,
    way           TEXT NOT NULL,
    kind          TEXT NOT NULL,
    class         TEXT NOT NULL CHECK (class IN ('hard', 'soft', 'complaint', 'none')),
    reason        TEXT NOT NULL DEFAULT '',
    status        TEXT NOT NULL DEFAULT '',
    action        TEXT NOT NULL DEFAULT '',
    address       TEXT NOT NULL DEFAULT '', -- '' once forgotten
    domain        TEXT NOT NULL DEFAULT '',
    hash          TEXT NOT NULL DEFAULT '', -- of our recipient; '' when nothing assigns it
    behind        BOOLEAN NOT NULL DEFAULT FALSE,
    subscriber_id BIGINT REFERENCES subscribers (id),
    delivery_id   BIGINT REFERENCES deliveries (id),
    edition_id    BIGINT REFERENCES editions (id),
    diagnostic    TEXT NOT NULL DEFAULT '',
    format        TEXT NOT NULL DEFAULT '',
    why           TEXT NOT NULL DEFAULT '',
    effect        TEXT NOT NULL DEFAULT '',
    kept          INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX bounces_report ON bounces (report, position);
-- The history of an address, the alarm of an edition, the sums of a span.
CREATE INDEX bounces_hash ON bounces (hash, at) WHERE hash <> '';
CREATE INDEX bounces_complaints ON bounces (edition_id) WHERE kind = 'complaint';
CREATE INDEX bounces_at ON bounces (at);
CREATE INDEX bounces_subscriber ON bounces (subscriber_id) WHERE subscriber_id IS NOT NULL;
CREATE INDEX bounces_address ON bounces (at) WHERE address <> '' OR diagnostic <> '';

CREATE TABLE bounce_originals (
    report TEXT PRIMARY KEY,
    at     TIMESTAMP NOT NULL,
    gzip   BLOB NOT NULL,
    size   INTEGER NOT NULL,
    cut    BOOLEAN NOT NULL
);
CREATE INDEX bounce_originals_at ON bounce_originals (at);

ALTER TABLE deliveries ADD COLUMN counted BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE deliveries SET counted = TRUE WHERE state = 'failed';
CREATE INDEX deliveries_refused ON deliveries (id) WHERE state = 'failed' AND NOT counted;

-- +goose Down
DROP INDEX deliveries_refused;
ALTER TABLE deliveries DROP COLUMN counted;
DROP TABLE bounce_originals;
DROP TABLE bounces;
