-- What belongs to the installation itself.

-- +goose Up
CREATE TABLE instance (
    id         TEXT NOT NULL, -- random, made with the database
    created_at TIMESTAMP NOT NULL
);
CREATE TABLE workers (
    id      TEXT PRIMARY KEY,
    seen_at TIMESTAMP NOT NULL
);

-- +goose Down
DROP TABLE workers;
DROP TABLE instance;
