-- Lists of people on their way in: what was said about each, the list itself while
-- it is kept, and the lines that did not simply come in.

-- +goose Up
CREATE TABLE people_imports (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('uploaded', 'checking', 'checked', 'running', 'done', 'withdrawing', 'withdrawn')),
    at         TIMESTAMP NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    editor_id  BIGINT REFERENCES editors (id),
    actor      TEXT NOT NULL, -- the name as it was then
    size       BIGINT NOT NULL DEFAULT 0, -- bytes of the list while it is kept
    row_count  BIGINT NOT NULL DEFAULT 0,
    columns    TEXT NOT NULL DEFAULT '{}', -- JSON: which holds what
    topics     TEXT NOT NULL DEFAULT '',   -- slugs with commas between, for rows that name none
    confirmed  BOOLEAN NOT NULL DEFAULT FALSE,
    source     TEXT NOT NULL DEFAULT '',
    given_on   TEXT NOT NULL DEFAULT '',   -- 2019-03-14
    evidence   TEXT NOT NULL DEFAULT '',
    done       BIGINT NOT NULL DEFAULT 0,  -- rows behind the step that is on
    report     TEXT NOT NULL DEFAULT '{}', -- JSON
    withdrawn  TEXT NOT NULL DEFAULT '{}', -- JSON
    note       TEXT NOT NULL DEFAULT '',
    fault      TEXT NOT NULL DEFAULT ''
);
CREATE INDEX people_imports_working ON people_imports (id) WHERE state IN ('checking', 'running', 'withdrawing');
CREATE TABLE people_import_lists (
    import_id BIGINT PRIMARY KEY REFERENCES people_imports (id) ON DELETE CASCADE,
    list      BLOB NOT NULL
);
CREATE TABLE people_import_lines (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    import_id BIGINT NOT NULL REFERENCES people_imports (id) ON DELETE CASCADE,
    line      BIGINT NOT NULL,
    outcome   TEXT NOT NULL CHECK (outcome IN ('refused', 'left', 'suppressed', 'twice')),
    why       TEXT NOT NULL DEFAULT ''
);
CREATE INDEX people_import_lines_import ON people_import_lines (import_id, id);
-- By what a list did it is taken back.
ALTER TABLE consents ADD COLUMN import_id BIGINT REFERENCES people_imports (id);
CREATE INDEX consents_import ON consents (import_id, id) WHERE import_id IS NOT NULL;

-- +goose Down
DROP INDEX consents_import;
ALTER TABLE consents DROP COLUMN import_id;
DROP TABLE people_import_lines;
DROP TABLE people_import_lists;
DROP TABLE people_imports;
