-- Topics, people, what they asked for and what they agreed to.

-- +goose Up
CREATE TABLE topics (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    slug         TEXT NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    short_name   TEXT NOT NULL,
    description  TEXT NOT NULL DEFAULT '',
    accent       TEXT NOT NULL DEFAULT '',
    position     INTEGER NOT NULL DEFAULT 0,
    for_everyone BOOLEAN NOT NULL DEFAULT FALSE,
    created_at   TIMESTAMP NOT NULL,
    retired_at   TIMESTAMP
);

CREATE TABLE subscribers (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    address      TEXT NOT NULL,          -- as typed; '' once erased
    address_key  TEXT,                   -- in lower case; NULL once erased
    name         TEXT NOT NULL DEFAULT '',
    organisation TEXT NOT NULL DEFAULT '',
    zone         TEXT NOT NULL DEFAULT '',
    created_at   TIMESTAMP NOT NULL,
    confirmed_at TIMESTAMP,
    paused_until TIMESTAMP,
    ended_at     TIMESTAMP,
    end_reason   TEXT NOT NULL DEFAULT '',
    erased_at    TIMESTAMP,
    revision     BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX subscribers_address_key ON subscribers (address_key);
-- The plan of an edition walks the people who may be mailed, by id.
CREATE INDEX subscribers_mailable ON subscribers (id) WHERE confirmed_at IS NOT NULL AND ended_at IS NULL AND erased_at IS NULL;

CREATE TABLE subscriptions (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id),
    topic_id      BIGINT NOT NULL REFERENCES topics (id),
    state         TEXT NOT NULL CHECK (state IN ('pending', 'active', 'ended')),
    created_at    TIMESTAMP NOT NULL,
    confirmed_at  TIMESTAMP,
    ended_at      TIMESTAMP,
    end_reason    TEXT NOT NULL DEFAULT '',
    CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
    CHECK ((state = 'ended') = (end_reason <> ''))
);
-- At most one open row a person and topic; ended ones are history.
CREATE UNIQUE INDEX subscriptions_open ON subscriptions (subscriber_id, topic_id) WHERE state <> 'ended';
CREATE INDEX subscriptions_subscriber ON subscriptions (subscriber_id);

CREATE TABLE consents (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id),
    kind          TEXT NOT NULL CHECK (kind IN ('given', 'confirmed', 'imported', 'changed', 'withdrawn', 'erased')),
    topics        TEXT NOT NULL DEFAULT '', -- slugs with commas between
    wording       TEXT NOT NULL DEFAULT '',
    source        TEXT NOT NULL DEFAULT '',
    ip            TEXT NOT NULL DEFAULT '',
    at            TIMESTAMP NOT NULL
);
CREATE INDEX consents_subscriber ON consents (subscriber_id);

CREATE TABLE suppressions (
    hash       TEXT PRIMARY KEY, -- keyed hash of the address
    reason     TEXT NOT NULL,
    note       TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMP NOT NULL,
    lifted_at  TIMESTAMP
);

-- +goose Down
DROP TABLE suppressions;
DROP TABLE consents;
DROP TABLE subscriptions;
DROP TABLE subscribers;
DROP TABLE topics;
