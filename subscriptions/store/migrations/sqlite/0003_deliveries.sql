-- The ledger: who gets which message, and what became of it.

-- +goose Up
CREATE TABLE variants (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    edition_id BIGINT NOT NULL REFERENCES editions (id),
    topics     TEXT NOT NULL, -- topic ids with commas between, sorted
    UNIQUE (edition_id, topics)
);

CREATE TABLE deliveries (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    kind          TEXT NOT NULL,
    unique_key    TEXT NOT NULL,
    edition_id    BIGINT REFERENCES editions (id),
    subscriber_id BIGINT REFERENCES subscribers (id),
    variant_id    BIGINT REFERENCES variants (id),
    ref_id        BIGINT NOT NULL DEFAULT 0,
    address       TEXT NOT NULL,
    priority      INTEGER NOT NULL DEFAULT 0,
    state         TEXT NOT NULL CHECK (state IN ('queued', 'claimed', 'sending', 'sent', 'deferred', 'failed', 'skipped', 'uncertain')),
    attempts      INTEGER NOT NULL DEFAULT 0,
    not_before    TIMESTAMP NOT NULL,
    worker        TEXT NOT NULL DEFAULT '',
    lease_until   TIMESTAMP,
    message_id    TEXT NOT NULL DEFAULT '',
    code          INTEGER NOT NULL DEFAULT 0,
    status        TEXT NOT NULL DEFAULT '',
    detail        TEXT NOT NULL DEFAULT '',
    created_at    TIMESTAMP NOT NULL,
    updated_at    TIMESTAMP NOT NULL,
    sent_at       TIMESTAMP,
    CHECK ((state IN ('claimed', 'sending')) = (worker <> '')),
    CHECK ((state = 'sent') = (sent_at IS NOT NULL))
);
-- One message a person and run, whatever happens (MAIL 27).
CREATE UNIQUE INDEX deliveries_key ON deliveries (unique_key);
-- The claim takes what is due, an edition at a time.
CREATE INDEX deliveries_due ON deliveries (edition_id, priority, not_before, id) WHERE state IN ('queued', 'deferred');
-- What dead workers hold.
CREATE INDEX deliveries_held ON deliveries (worker) WHERE state IN ('claimed', 'sending');
-- The books.
CREATE INDEX deliveries_edition ON deliveries (edition_id, state);
CREATE INDEX deliveries_subscriber ON deliveries (subscriber_id);

-- +goose Down
DROP TABLE deliveries;
DROP TABLE variants;
