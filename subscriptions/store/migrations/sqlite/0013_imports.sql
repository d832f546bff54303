-- Imports, which are drafts with a report and a way back, and the feeds that are
-- watched.

-- +goose Up
CREATE TABLE feeds (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    url           TEXT NOT NULL,
    title         TEXT NOT NULL,
    every         BIGINT NOT NULL, -- seconds
    created_at    TIMESTAMP NOT NULL,
    etag          TEXT NOT NULL DEFAULT '',
    last_modified TEXT NOT NULL DEFAULT '',
    looked_at     TIMESTAMP,
    found_at      TIMESTAMP,
    next_at       TIMESTAMP,
    fault         TEXT NOT NULL DEFAULT '',
    failures      INTEGER NOT NULL DEFAULT 0,
    paused_at     TIMESTAMP,
    ended_at      TIMESTAMP
);
CREATE UNIQUE INDEX feeds_url ON feeds (url) WHERE ended_at IS NULL;
CREATE TABLE feed_topics (
    feed_id  BIGINT NOT NULL REFERENCES feeds (id),
    topic_id BIGINT NOT NULL REFERENCES topics (id),
    position INTEGER NOT NULL,
    PRIMARY KEY (feed_id, topic_id)
);
-- What a feed has brought: an entry is taken once.
CREATE TABLE feed_entries (
    feed_id  BIGINT NOT NULL REFERENCES feeds (id),
    key      TEXT NOT NULL, -- how the feed names the entry
    seen_at  TIMESTAMP NOT NULL,
    PRIMARY KEY (feed_id, key)
);

CREATE TABLE imports (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    kind      TEXT NOT NULL,
    name      TEXT NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('prepared', 'taken', 'undone')),
    at        TIMESTAMP NOT NULL,
    taken_at  TIMESTAMP,
    undone_at TIMESTAMP,
    editor_id BIGINT REFERENCES editors (id),
    actor     TEXT NOT NULL, -- the name as it was then
    feed_id   BIGINT REFERENCES feeds (id),
    counts    TEXT NOT NULL, -- JSON: read, new, known, faulty, left, alike, undone
    report    TEXT NOT NULL  -- JSON: findings, terms, webinars
);
CREATE INDEX imports_prepared ON imports (at) WHERE state = 'prepared';
CREATE INDEX imports_feed ON imports (feed_id, id);
CREATE TABLE import_entries (
    import_id BIGINT NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    title     TEXT NOT NULL,
    file      TEXT NOT NULL DEFAULT '',
    line      INTEGER NOT NULL DEFAULT 0, -- in a feed: which entry
    key       TEXT NOT NULL DEFAULT '',
    outcome   TEXT NOT NULL CHECK (outcome IN ('new', 'known', 'faulty', 'left', 'taken', 'undone', 'stays')),
    why       TEXT NOT NULL DEFAULT '',
    alike     TEXT NOT NULL DEFAULT '[]', -- JSON: items it may be the same as
    draft     TEXT NOT NULL DEFAULT '',   -- JSON, '' once it is an item
    item_id   BIGINT REFERENCES items (id) ON DELETE SET NULL,
    mark      TEXT NOT NULL DEFAULT '',   -- of the item as it came in
    PRIMARY KEY (import_id, position)
);
CREATE INDEX import_entries_item ON import_entries (item_id) WHERE item_id IS NOT NULL;

-- +goose Down
DROP TABLE import_entries;
DROP TABLE imports;
DROP TABLE feed_entries;
DROP TABLE feed_topics;
DROP TABLE feeds;
