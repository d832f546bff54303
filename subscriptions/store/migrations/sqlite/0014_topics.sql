-- Topics and the glossary, as editors change them.

-- +goose Up
ALTER TABLE topics ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE topics ADD COLUMN merged_into BIGINT REFERENCES topics (id);
-- What topics were called in addresses before. An old name is given to no other
-- topic: links and feeds answer with the new one for ever.
CREATE TABLE topic_slugs (
    slug     TEXT PRIMARY KEY,
    topic_id BIGINT NOT NULL REFERENCES topics (id)
);

-- A change that ends or opens the subscriptions of many people. It is worked off in
-- batches, each of which moves the cursor in its own transaction.
CREATE TABLE topic_moves (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL CHECK (kind IN ('merge', 'retire', 'return')),
    topic_id    BIGINT NOT NULL REFERENCES topics (id),
    into_id     BIGINT REFERENCES topics (id),
    done_to     BIGINT NOT NULL DEFAULT 0, -- the last subscription that was read
    people      BIGINT NOT NULL DEFAULT 0, -- about how many there were at the start
    ended       BIGINT NOT NULL DEFAULT 0,
    opened      BIGINT NOT NULL DEFAULT 0,
    had         BIGINT NOT NULL DEFAULT 0, -- had the other topic already
    kept_out    BIGINT NOT NULL DEFAULT 0, -- had left it, or have chosen anew since
    actor       TEXT NOT NULL DEFAULT '',
    started_at  TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    running     INTEGER UNIQUE -- 1 while it runs, else NULL: one at a time
);

-- The event that an event rests on, where nobody pressed anything.
ALTER TABLE consents ADD COLUMN origin BIGINT NOT NULL DEFAULT 0;

-- Of a person: what they have, without looking into the table.
DROP INDEX subscriptions_subscriber;
CREATE INDEX subscriptions_subscriber ON subscriptions (subscriber_id, state, topic_id);
-- Of a topic: who has it, and who had it when it was retired.
CREATE INDEX subscriptions_topic ON subscriptions (topic_id, id) WHERE state <> 'ended';
CREATE INDEX subscriptions_retired ON subscriptions (topic_id, id) WHERE end_reason = 'retired';

ALTER TABLE glossary_terms ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
-- What a term said before it was changed or removed.
CREATE TABLE glossary_revisions (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    term_id      BIGINT NOT NULL,
    version      INTEGER NOT NULL,
    abbreviation TEXT NOT NULL,
    english      TEXT NOT NULL,
    chinese      TEXT NOT NULL,
    removed      BOOLEAN NOT NULL DEFAULT FALSE,
    actor        TEXT NOT NULL DEFAULT '', -- who changed it from this
    at           TIMESTAMP NOT NULL
);
CREATE INDEX glossary_revisions_term ON glossary_revisions (term_id);
-- Abbreviations that need no explanation.
CREATE TABLE glossary_ignored (
    word TEXT PRIMARY KEY
);
-- What stands in the items: abbreviations by the rule, and terms of the glossary.
CREATE TABLE item_words (
    item_id BIGINT NOT NULL REFERENCES items (id),
    word    TEXT NOT NULL,
    known   BOOLEAN NOT NULL, -- in the glossary when the item was read
    PRIMARY KEY (item_id, word)
);
CREATE INDEX item_words_word ON item_words (word);
-- Which state of an item was read.
CREATE TABLE item_words_read (
    item_id    BIGINT PRIMARY KEY REFERENCES items (id),
    updated_at TIMESTAMP NOT NULL
);

-- +goose Down
DROP TABLE item_words_read;
DROP TABLE item_words;
DROP TABLE glossary_ignored;
DROP TABLE glossary_revisions;
ALTER TABLE glossary_terms DROP COLUMN version;
DROP INDEX subscriptions_retired;
DROP INDEX subscriptions_topic;
DROP INDEX subscriptions_subscriber;
CREATE INDEX subscriptions_subscriber ON subscriptions (subscriber_id);
ALTER TABLE consents DROP COLUMN origin;
DROP TABLE topic_moves;
DROP TABLE topic_slugs;
ALTER TABLE topics DROP COLUMN merged_into;
ALTER TABLE topics DROP COLUMN version;
