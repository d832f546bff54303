-- What belongs to the installation itself.

-- +goose Up
CREATE TABLE instance (
    id          TEXT NOT NULL, -- random, made with the database
    secret      TEXT NOT NULL DEFAULT '', -- fingerprint of the secret that keys address hashes
    place       TEXT NOT NULL DEFAULT '', -- where it may send mail from; '' until a worker first runs
    created_at  TIMESTAMPTZ NOT NULL
);
CREATE TABLE workers (
    id      TEXT PRIMARY KEY,
    seen_at TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE workers;
DROP TABLE instance;
