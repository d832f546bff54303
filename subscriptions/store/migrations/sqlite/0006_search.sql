-- The archive as rows. What an edition says is frozen as one document; here each
-- of its entries is a row, so that a page of a topic, a feed and a search read
-- what they show and no more. The rows are written with the document, in the same
-- transaction (archive.go), and of what was frozen before this step when the
-- program that brought it starts. Readers see those whose edition has begun to
-- leave.

-- +goose Up
-- By which rules the document was put into rows; 0 not at all.
ALTER TABLE edition_contents ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX edition_contents_indexed ON edition_contents (indexed);
-- The public editions, newest first.
CREATE INDEX editions_public ON editions (period_to DESC, period_from DESC, id DESC, started_at) WHERE started_at IS NOT NULL;

CREATE TABLE archive_entries (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    edition_id BIGINT NOT NULL REFERENCES editions (id),
    position   INTEGER NOT NULL, -- in the edition, from 0
    period_to  TEXT NOT NULL,    -- of the edition
    date       TEXT NOT NULL,    -- of the item, '' for none
    entry      TEXT NOT NULL,    -- JSON, as frozen
    UNIQUE (edition_id, position)
);
CREATE INDEX archive_entries_newest ON archive_entries (period_to DESC, edition_id DESC, position);
CREATE TABLE archive_topics (
    topic_id   BIGINT NOT NULL REFERENCES topics (id),
    entry_id   BIGINT NOT NULL REFERENCES archive_entries (id),
    period_to  TEXT NOT NULL,
    edition_id BIGINT NOT NULL,
    position   INTEGER NOT NULL,
    PRIMARY KEY (entry_id, topic_id)
);
CREATE INDEX archive_topics_newest ON archive_topics (topic_id, period_to DESC, edition_id DESC, position, entry_id);
-- The words of an entry, by its id, as subscriptions.SearchWords writes them:
-- nothing but letters and digits with spaces between, so that the plainest
-- tokenizer will do.
CREATE VIRTUAL TABLE archive_search USING fts5 (title, standard, issuer, body, content = '', contentless_delete = 1, tokenize = 'ascii');

-- +goose Down
DROP TABLE archive_search;
DROP TABLE archive_topics;
DROP TABLE archive_entries;
DROP INDEX editions_public;
DROP INDEX edition_contents_indexed;
ALTER TABLE edition_contents DROP COLUMN indexed;
