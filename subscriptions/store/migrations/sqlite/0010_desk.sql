-- The desk: who works there, where they are signed in, and who did what.

-- +goose Up
CREATE TABLE editors (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT NOT NULL,
    address       TEXT NOT NULL,
    address_key   TEXT NOT NULL UNIQUE,
    role          TEXT NOT NULL CHECK (role IN ('editor', 'publisher', 'admin')),
    password_hash TEXT NOT NULL DEFAULT '',
    factor        TEXT NOT NULL DEFAULT '', -- secret of the second factor, sealed
    factor_step   BIGINT NOT NULL DEFAULT 0,
    factor_at     TIMESTAMP,
    created_at    TIMESTAMP NOT NULL,
    signed_in_at  TIMESTAMP,
    ended_at      TIMESTAMP
);

CREATE TABLE editor_sessions (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    hash         TEXT NOT NULL UNIQUE, -- of the token, which only the browser has
    editor_id    BIGINT NOT NULL REFERENCES editors (id),
    created_at   TIMESTAMP NOT NULL,
    seen_at      TIMESTAMP NOT NULL,
    ends_at      TIMESTAMP NOT NULL,
    confirmed_at TIMESTAMP,
    waiting      BOOLEAN NOT NULL DEFAULT FALSE, -- for the second factor
    ip           TEXT NOT NULL DEFAULT '',
    agent        TEXT NOT NULL DEFAULT '',
    said         TEXT NOT NULL DEFAULT ''
);
CREATE INDEX editor_sessions_editor ON editor_sessions (editor_id);

CREATE TABLE audit_events (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        TIMESTAMP NOT NULL,
    editor_id BIGINT REFERENCES editors (id),
    actor     TEXT NOT NULL,
    action    TEXT NOT NULL,
    subject   TEXT NOT NULL DEFAULT '',
    about     TEXT NOT NULL DEFAULT '',
    detail    TEXT NOT NULL DEFAULT '',
    ip        TEXT NOT NULL DEFAULT ''
);
CREATE INDEX audit_events_subject ON audit_events (subject, id);
CREATE INDEX audit_events_editor ON audit_events (editor_id, id);
CREATE INDEX audit_events_action ON audit_events (action, id);
CREATE INDEX audit_events_at ON audit_events (at);

-- +goose Down
DROP TABLE audit_events;
DROP TABLE editor_sessions;
DROP TABLE editors;
