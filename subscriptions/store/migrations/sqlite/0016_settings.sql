-- What an organisation sets about itself. Rows are added, never changed or deleted:
-- the newest version of the settings is in force.

-- +goose Up
CREATE TABLE settings (
    version   BIGINT PRIMARY KEY,
    at        TIMESTAMP NOT NULL,
    editor_id BIGINT NOT NULL DEFAULT 0, -- who; 0 for nobody who signed in
    by_name   TEXT NOT NULL,
    note      TEXT NOT NULL DEFAULT '',
    settings  TEXT NOT NULL -- JSON: what is not the standard, by key
);

-- The words people agreed to, beside those of the program. Consents point at them.
CREATE TABLE wordings (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    version TEXT NOT NULL UNIQUE,
    text    TEXT NOT NULL,
    at      TIMESTAMP NOT NULL
);

-- Logos, named by their content. Letters that were sent link to them.
CREATE TABLE pictures (
    name   TEXT PRIMARY KEY,
    kind   TEXT NOT NULL,
    width  INTEGER NOT NULL,
    height INTEGER NOT NULL,
    data   BLOB NOT NULL,
    at     TIMESTAMP NOT NULL
);

-- +goose Down
DROP TABLE pictures;
DROP TABLE wordings;
DROP TABLE settings;
