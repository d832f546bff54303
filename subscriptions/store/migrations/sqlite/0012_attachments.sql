-- Documents that belong to items. The bytes lie in files named by their hash.

-- +goose Up
CREATE TABLE attachments (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id    BIGINT NOT NULL REFERENCES items (id),
    name       TEXT NOT NULL, -- as readers save it
    type       TEXT NOT NULL, -- media type, as the bytes say
    kind       TEXT NOT NULL DEFAULT '' CHECK (kind IN ('', 'original', 'english')),
    size       BIGINT NOT NULL, -- bytes
    hash       TEXT NOT NULL, -- SHA-256, hexadecimal
    created_at TIMESTAMP NOT NULL,
    created_by TEXT NOT NULL DEFAULT '',
    ended_at   TIMESTAMP -- detached
);
CREATE INDEX attachments_item ON attachments (item_id);
CREATE INDEX attachments_hash ON attachments (hash);

-- +goose Down
DROP TABLE attachments;
