-- What editors decide about an edition that is collecting, and how many people
-- chose what.

-- +goose Up
ALTER TABLE editions ADD COLUMN version INTEGER NOT NULL DEFAULT 0; -- rises with each edit of its texts

CREATE TABLE edition_items (
    edition_id BIGINT NOT NULL REFERENCES editions (id) ON DELETE CASCADE,
    item_id    BIGINT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    placement  TEXT NOT NULL CHECK (placement IN ('pinned', 'ordered', 'left_out', 'moved')),
    position   INTEGER NOT NULL DEFAULT 0,
    topic_id   BIGINT REFERENCES topics (id), -- the section it was put into; NULL for its home
    by         TEXT NOT NULL DEFAULT '',
    at         TIMESTAMP NOT NULL,
    PRIMARY KEY (edition_id, item_id)
);
CREATE INDEX edition_items_item ON edition_items (item_id);

CREATE TABLE edition_sections (
    edition_id BIGINT NOT NULL REFERENCES editions (id) ON DELETE CASCADE,
    topic_id   BIGINT NOT NULL REFERENCES topics (id),
    position   INTEGER NOT NULL DEFAULT 0, -- 0: where the topic naturally stands
    heading    TEXT NOT NULL DEFAULT '',
    intro      TEXT NOT NULL DEFAULT '',
    by         TEXT NOT NULL DEFAULT '',
    at         TIMESTAMP NOT NULL,
    PRIMARY KEY (edition_id, topic_id)
);

-- The people of each exact set of topics, as they were counted; made anew with
-- every count, so that it may lag and cannot go astray.
CREATE TABLE topic_set_counts (
    topics  TEXT NOT NULL,            -- ids with commas between
    refusal TEXT NOT NULL DEFAULT '', -- why they get no digest now; '' for those who may
    people  BIGINT NOT NULL,
    PRIMARY KEY (topics, refusal)
);
CREATE TABLE topic_set_counted (
    id                INTEGER PRIMARY KEY CHECK (id = 1),
    at                TIMESTAMP NOT NULL,
    took_milliseconds BIGINT NOT NULL
);

-- +goose Down
DROP TABLE topic_set_counted;
DROP TABLE topic_set_counts;
DROP TABLE edition_sections;
DROP TABLE edition_items;
ALTER TABLE editions DROP COLUMN version;
