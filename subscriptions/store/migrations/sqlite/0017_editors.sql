-- How the people of the desk prove who they are, and an audit log that the
-- database itself keeps from being changed. The one exception is the IP address:
-- retention shortens it to its network, and takes that away later.

-- +goose Up
CREATE TABLE editor_recovery_codes (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    editor_id  BIGINT NOT NULL REFERENCES editors (id),
    hash       TEXT NOT NULL, -- keyed
    created_at TIMESTAMP NOT NULL,
    used_at    TIMESTAMP
);
CREATE INDEX editor_recovery_codes_editor ON editor_recovery_codes (editor_id);

CREATE INDEX audit_events_ip ON audit_events (at) WHERE ip <> '';
CREATE INDEX audit_events_whole_ip ON audit_events (at) WHERE ip <> '' AND ip NOT LIKE '%/%';
CREATE INDEX deliveries_desk ON deliveries (created_at) WHERE kind IN ('invitation', 'reset') AND address <> '';

-- A new column of audit_events belongs into the second trigger.
-- +goose StatementBegin
CREATE TRIGGER audit_events_stay BEFORE DELETE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_events_stand BEFORE UPDATE OF id, at, editor_id, actor, action, subject, about, detail ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_events_shorten BEFORE UPDATE OF ip ON audit_events
WHEN NEW.ip <> '' AND (OLD.ip = '' OR OLD.ip LIKE '%/%' OR NEW.ip NOT LIKE '%/%')
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- INSERT OR REPLACE would delete without asking the first trigger.
-- +goose StatementBegin
CREATE TRIGGER audit_events_once BEFORE INSERT ON audit_events
WHEN EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER audit_events_once;
DROP TRIGGER audit_events_shorten;
DROP TRIGGER audit_events_stand;
DROP TRIGGER audit_events_stay;
DROP INDEX deliveries_desk;
DROP INDEX audit_events_ip;
DROP INDEX audit_events_whole_ip;
DROP TABLE editor_recovery_codes;
