-- The desk's items: what they said at every save, what is typed and not saved
-- yet, and how the same news is found a second time.

-- +goose Up
ALTER TABLE items ADD COLUMN version BIGINT NOT NULL DEFAULT 0;       -- counts the saves at the desk
ALTER TABLE items ADD COLUMN standard_key TEXT NOT NULL DEFAULT '';   -- what every spelling of the identifier has in common
ALTER TABLE items ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;      -- by which rules keys and words were made; 0 not at all
ALTER TABLE item_sources ADD COLUMN url_key TEXT NOT NULL DEFAULT ''; -- the same of the link
CREATE INDEX items_standard_key ON items (standard_key) WHERE standard_key <> '';
CREATE INDEX item_sources_url_key ON item_sources (url_key) WHERE url_key <> '';
CREATE INDEX items_indexed ON items (indexed);
CREATE INDEX items_updated ON items (updated_at, id);
CREATE INDEX items_title ON items (title, id);
CREATE INDEX items_issuer ON items (issuer) WHERE issuer <> '';
CREATE INDEX item_topics_topic ON item_topics (topic_id, item_id);

CREATE TABLE item_revisions (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id   BIGINT NOT NULL REFERENCES items (id),
    number    BIGINT NOT NULL, -- the item's version that this save made
    at        TIMESTAMP NOT NULL,
    editor_id BIGINT REFERENCES editors (id),
    actor     TEXT NOT NULL,
    note      TEXT NOT NULL DEFAULT '',
    batch     TEXT NOT NULL DEFAULT '', -- of an act on many items at once
    aside     BOOLEAN NOT NULL DEFAULT FALSE, -- kept for the record: the item never said this
    state     TEXT NOT NULL, -- JSON: the whole item
    UNIQUE (item_id, number)
);
CREATE INDEX item_revisions_batch ON item_revisions (batch, item_id) WHERE batch <> '';
CREATE INDEX item_revisions_editor ON item_revisions (editor_id, item_id);

-- What an editor has typed and not saved. It is never part of the item.
CREATE TABLE item_drafts (
    editor_id BIGINT NOT NULL REFERENCES editors (id),
    slot      TEXT NOT NULL, -- item:42, or new: and letters of its own
    item_id   BIGINT REFERENCES items (id),
    version   BIGINT NOT NULL, -- of the item when the editor began
    turn      BIGINT NOT NULL, -- counts the times it was kept
    title     TEXT NOT NULL DEFAULT '',
    words     TEXT NOT NULL, -- the form as it stood
    saved_at  TIMESTAMP NOT NULL,
    PRIMARY KEY (editor_id, slot)
);
CREATE INDEX item_drafts_item ON item_drafts (item_id);

-- The words of an item by its id, as in archive_search (0006), of drafts too.
CREATE VIRTUAL TABLE item_search USING fts5 (title, standard, issuer, body, content = '', contentless_delete = 1, tokenize = 'ascii');

-- +goose Down
DROP TABLE item_search;
DROP TABLE item_drafts;
DROP TABLE item_revisions;
DROP INDEX item_topics_topic;
DROP INDEX items_issuer;
DROP INDEX items_title;
DROP INDEX items_updated;
DROP INDEX items_indexed;
DROP INDEX item_sources_url_key;
DROP INDEX items_standard_key;
ALTER TABLE item_sources DROP COLUMN url_key;
ALTER TABLE items DROP COLUMN indexed;
ALTER TABLE items DROP COLUMN standard_key;
ALTER TABLE items DROP COLUMN version;
