-- What editors collect: webinars, editions, items and the glossary.

-- +goose Up
CREATE TABLE webinars (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    slug             TEXT NOT NULL UNIQUE,
    title            TEXT NOT NULL,
    starts           TIMESTAMP NOT NULL,
    ends             TIMESTAMP NOT NULL,
    zone             TEXT NOT NULL,
    language         TEXT NOT NULL DEFAULT '',
    presenters       TEXT NOT NULL DEFAULT '[]', -- JSON: name, role, biography
    contents         TEXT NOT NULL DEFAULT '',
    registration_url TEXT NOT NULL DEFAULT '',
    join_url         TEXT NOT NULL DEFAULT '',
    capacity         INTEGER NOT NULL DEFAULT 0,
    register_until   TIMESTAMP,
    recording_url    TEXT NOT NULL DEFAULT '',
    slides_url       TEXT NOT NULL DEFAULT '',
    state            TEXT NOT NULL CHECK (state IN ('draft', 'announced', 'live', 'over', 'cancelled')),
    sequence         INTEGER NOT NULL DEFAULT 0,
    created_at       TIMESTAMP NOT NULL,
    updated_at       TIMESTAMP NOT NULL,
    CHECK (ends > starts)
);
CREATE TABLE webinar_topics (
    webinar_id BIGINT NOT NULL REFERENCES webinars (id),
    topic_id   BIGINT NOT NULL REFERENCES topics (id),
    position   INTEGER NOT NULL,
    PRIMARY KEY (webinar_id, topic_id)
);
CREATE TABLE registrations (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    webinar_id    BIGINT NOT NULL REFERENCES webinars (id),
    subscriber_id BIGINT REFERENCES subscribers (id),
    address       TEXT NOT NULL,
    address_key   TEXT NOT NULL,
    name          TEXT NOT NULL DEFAULT '',
    organisation  TEXT NOT NULL DEFAULT '',
    zone          TEXT NOT NULL DEFAULT '',
    state         TEXT NOT NULL CHECK (state IN ('pending', 'registered', 'waiting', 'cancelled', 'attended', 'missed')),
    created_at    TIMESTAMP NOT NULL,
    confirmed_at  TIMESTAMP,
    ended_at      TIMESTAMP
);
-- One open place a person and webinar.
CREATE UNIQUE INDEX registrations_open ON registrations (webinar_id, address_key) WHERE state <> 'cancelled';

CREATE TABLE editions (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    slug         TEXT NOT NULL UNIQUE,
    title        TEXT NOT NULL,
    period_from  TEXT NOT NULL, -- days as 2019-03-31
    period_to    TEXT NOT NULL,
    intro        TEXT NOT NULL DEFAULT '',
    about        TEXT NOT NULL DEFAULT '',
    contact      TEXT NOT NULL DEFAULT '',
    state        TEXT NOT NULL CHECK (state IN ('collecting', 'frozen', 'approved', 'sending', 'paused', 'sent', 'cancelled')),
    hash         TEXT NOT NULL DEFAULT '',
    created_at   TIMESTAMP NOT NULL,
    frozen_at    TIMESTAMP,
    approved_at  TIMESTAMP,
    approved_by  TEXT NOT NULL DEFAULT '',
    started_at   TIMESTAMP,
    finished_at  TIMESTAMP,
    cancelled_at TIMESTAMP,
    plan_cursor  BIGINT NOT NULL DEFAULT 0, -- the last subscriber the plan has read
    planned_at   TIMESTAMP,                 -- the plan is complete
    planned      BIGINT NOT NULL DEFAULT 0,
    passed_over  BIGINT NOT NULL DEFAULT 0, -- people with nothing in their topics
    CHECK (period_from <= period_to)
);
-- The edition as it was frozen; everything that is sent comes from here.
CREATE TABLE edition_contents (
    edition_id BIGINT PRIMARY KEY REFERENCES editions (id),
    content    TEXT NOT NULL -- JSON
);

CREATE TABLE items (
    id                      INTEGER PRIMARY KEY AUTOINCREMENT,
    slug                    TEXT NOT NULL UNIQUE,
    title                   TEXT NOT NULL,
    number                  INTEGER NOT NULL DEFAULT 0,
    date                    TEXT NOT NULL DEFAULT '', -- day as 2019-03-31, '' for none
    issuer                  TEXT NOT NULL DEFAULT '',
    summary                 TEXT NOT NULL DEFAULT '',
    body                    TEXT NOT NULL DEFAULT '',
    standard_identifier     TEXT NOT NULL DEFAULT '',
    standard_title          TEXT NOT NULL DEFAULT '',
    standard_original_title TEXT NOT NULL DEFAULT '',
    standard_committee      TEXT NOT NULL DEFAULT '',
    standard_stage          TEXT NOT NULL DEFAULT '',
    standard_relation       TEXT NOT NULL DEFAULT '',
    comments_until          TEXT NOT NULL DEFAULT '',
    comments_url            TEXT NOT NULL DEFAULT '',
    webinar_slug            TEXT NOT NULL DEFAULT '',
    state                   TEXT NOT NULL CHECK (state IN ('draft', 'published', 'withdrawn')),
    edition_id              BIGINT REFERENCES editions (id),
    origin                  TEXT NOT NULL DEFAULT '',
    created_at              TIMESTAMP NOT NULL,
    updated_at              TIMESTAMP NOT NULL,
    published_at            TIMESTAMP
);
CREATE INDEX items_date ON items (date, id);
CREATE INDEX items_edition ON items (edition_id);
CREATE TABLE item_topics (
    item_id  BIGINT NOT NULL REFERENCES items (id),
    topic_id BIGINT NOT NULL REFERENCES topics (id),
    position INTEGER NOT NULL, -- 0 is the home topic
    PRIMARY KEY (item_id, topic_id)
);
CREATE TABLE item_sources (
    item_id  BIGINT NOT NULL REFERENCES items (id),
    position INTEGER NOT NULL,
    title    TEXT NOT NULL DEFAULT '',
    url      TEXT NOT NULL,
    language TEXT NOT NULL DEFAULT '',
    accessed TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (item_id, position)
);

CREATE TABLE glossary_terms (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    abbreviation TEXT NOT NULL UNIQUE,
    english      TEXT NOT NULL DEFAULT '',
    chinese      TEXT NOT NULL DEFAULT ''
);

-- +goose Down
DROP TABLE glossary_terms;
DROP TABLE item_sources;
DROP TABLE item_topics;
DROP TABLE items;
DROP TABLE edition_contents;
DROP TABLE editions;
DROP TABLE registrations;
DROP TABLE webinar_topics;
DROP TABLE webinars;
