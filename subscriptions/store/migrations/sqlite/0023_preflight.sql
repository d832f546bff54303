-- What an editor sees before an edition is released: letters as others get them,
-- tests of them, and what the machine found.

-- +goose Up
-- A reader who is none, to look at letters as: topics, zone and dates.
CREATE TABLE personas (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL,
    topics     TEXT NOT NULL, -- ids with commas between
    zone       TEXT NOT NULL DEFAULT '',
    dates      TEXT NOT NULL DEFAULT '',
    actor      TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMP NOT NULL,
    ended_at   TIMESTAMP
);

-- Who gets the test letters: small groups of addresses, which are nobody's
-- subscription.
CREATE TABLE seed_groups (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    used_at    TIMESTAMP NOT NULL -- the last test, or change
);
CREATE TABLE seed_addresses (
    group_id BIGINT NOT NULL REFERENCES seed_groups (id) ON DELETE CASCADE,
    address  TEXT NOT NULL,
    PRIMARY KEY (group_id, address)
);

-- A test: what was sent, as it stood at that moment, and to which letters it was
-- cut. Its deliveries belong to no edition, so that no book counts them.
CREATE TABLE test_sends (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    edition_id BIGINT NOT NULL REFERENCES editions (id),
    group_name TEXT NOT NULL,
    hash       TEXT NOT NULL,
    content    TEXT NOT NULL, -- '' once it is forgotten
    letters    INTEGER NOT NULL,
    addresses  INTEGER NOT NULL,
    actor      TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX test_sends_edition ON test_sends (edition_id, id);
CREATE TABLE test_letters (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    test_id BIGINT NOT NULL REFERENCES test_sends (id) ON DELETE CASCADE,
    topics  TEXT NOT NULL
);
CREATE INDEX test_letters_test ON test_letters (test_id);
CREATE INDEX deliveries_test ON deliveries (created_at) WHERE kind = 'test' AND address <> '';

-- A preflight: one run of the checks on one state of an edition.
CREATE TABLE preflights (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    edition_id  BIGINT NOT NULL REFERENCES editions (id) ON DELETE CASCADE,
    hash        TEXT NOT NULL, -- of the content that was checked
    state       TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    people      BIGINT NOT NULL DEFAULT 0,
    links       INTEGER NOT NULL DEFAULT 0,
    links_done  INTEGER NOT NULL DEFAULT 0,
    findings    TEXT NOT NULL DEFAULT '[]', -- JSON
    letters     TEXT NOT NULL DEFAULT '[]', -- JSON
    why         TEXT NOT NULL DEFAULT '',   -- it failed
    actor       TEXT NOT NULL DEFAULT '',
    started_at  TIMESTAMP NOT NULL,
    updated_at  TIMESTAMP NOT NULL,
    finished_at TIMESTAMP
);
CREATE INDEX preflights_edition ON preflights (edition_id, id);
-- What a publisher has taken note of. The key names what a finding says: when it
-- says something else, it is another one.
CREATE TABLE preflight_acknowledgements (
    edition_id BIGINT NOT NULL REFERENCES editions (id) ON DELETE CASCADE,
    finding    TEXT NOT NULL,
    reason     TEXT NOT NULL,
    actor      TEXT NOT NULL,
    at         TIMESTAMP NOT NULL,
    PRIMARY KEY (edition_id, finding)
);
-- How links answered, so that no server is asked twice for the same.
CREATE TABLE link_answers (
    url        TEXT PRIMARY KEY,
    state      TEXT NOT NULL,
    status     INTEGER NOT NULL DEFAULT 0,
    target     TEXT NOT NULL DEFAULT '', -- where it led
    detail     TEXT NOT NULL DEFAULT '',
    checked_at TIMESTAMP NOT NULL
);
CREATE INDEX link_answers_checked ON link_answers (checked_at);

-- +goose Down
DROP TABLE link_answers;
DROP TABLE preflight_acknowledgements;
DROP TABLE preflights;
DROP INDEX deliveries_test;
DROP TABLE test_letters;
DROP TABLE test_sends;
DROP TABLE seed_addresses;
DROP TABLE seed_groups;
DROP TABLE personas;
