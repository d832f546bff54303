-- What a person sets for themselves: how dates are written, another address, the
-- newest edition with the first confirmation, and why they left.

-- +goose Up
ALTER TABLE subscribers ADD COLUMN dates TEXT NOT NULL DEFAULT ''; -- '' in words, dmy, dotted, iso
ALTER TABLE consents ADD COLUMN newest BOOLEAN NOT NULL DEFAULT FALSE; -- with the sign-up: send the newest edition once it is confirmed
ALTER TABLE consents ADD COLUMN reason TEXT NOT NULL DEFAULT ''; -- of a withdrawal, where one was given

-- Addresses that people asked to move to. One that was not mailed is '', and so is
-- one that another request has taken the place of.
CREATE TABLE address_changes (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    subscriber_id BIGINT NOT NULL REFERENCES subscribers (id),
    address       TEXT NOT NULL DEFAULT '',
    replaced      TEXT NOT NULL DEFAULT '', -- the address it took the place of, once confirmed
    restores      BIGINT NOT NULL DEFAULT 0, -- the change that it took back
    created_at    TIMESTAMP NOT NULL,
    confirmed_at  TIMESTAMP
);
CREATE INDEX address_changes_subscriber ON address_changes (subscriber_id);

-- +goose Down
DROP TABLE address_changes;
ALTER TABLE consents DROP COLUMN reason;
ALTER TABLE consents DROP COLUMN newest;
ALTER TABLE subscribers DROP COLUMN dates;
