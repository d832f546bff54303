-- What belongs to the installation itself.

-- +goose Up
CREATE TABLE instance (
    id         TEXT NOT NULL, -- random, made with the database
    created_at TIMESTAMPTZ NOT NULL
);
CREATE TABLE workers (
    id      TEXT PRIMARY KEY,
    seen_at TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE workers;
DROP TABLE instance;
