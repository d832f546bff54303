-- How many forms came by one address, network or receiving domain, and which
-- proofs of work were taken. A row names nobody, and is forgotten when it ends.

-- +goose Up
CREATE TABLE attempts (
    hash    TEXT PRIMARY KEY, -- keyed hash of what is counted and of its window
    n       INTEGER NOT NULL,
    ends_at TIMESTAMP NOT NULL
);
CREATE INDEX attempts_ends ON attempts (ends_at);

-- +goose Down
DROP TABLE attempts;
