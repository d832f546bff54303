-- What is forgotten in time: by these the retention clocks find what is due, a
-- thousand rows among millions.

-- +goose Up
CREATE INDEX subscribers_unconfirmed ON subscribers (created_at) WHERE confirmed_at IS NULL AND erased_at IS NULL;
CREATE INDEX subscribers_left ON subscribers (ended_at) WHERE confirmed_at IS NOT NULL AND ended_at IS NOT NULL AND erased_at IS NULL;
-- IP addresses: all that is left of them, and those that are still whole.
CREATE INDEX consents_ip ON consents (at) WHERE ip <> '';
CREATE INDEX consents_whole_ip ON consents (at) WHERE ip <> '' AND ip NOT LIKE '%/%';

-- Those who were erased from one webinar have the same address: none.
DROP INDEX registrations_open;
CREATE UNIQUE INDEX registrations_open ON registrations (webinar_id, address_key) WHERE state <> 'cancelled' AND address_key <> '';
CREATE INDEX registrations_webinar ON registrations (webinar_id) WHERE address_key <> '';
CREATE INDEX registrations_address ON registrations (address_key) WHERE address_key <> '';
CREATE INDEX registrations_subscriber ON registrations (subscriber_id);

-- How far a clock has come that walks a table by its ids: one more index on the
-- deliveries would cost every message.
CREATE TABLE retention (
    clock   TEXT PRIMARY KEY,
    done_to BIGINT NOT NULL
);

-- +goose Down
DROP TABLE retention;
DROP INDEX registrations_subscriber;
DROP INDEX registrations_address;
DROP INDEX registrations_webinar;
DROP INDEX registrations_open;
CREATE UNIQUE INDEX registrations_open ON registrations (webinar_id, address_key) WHERE state <> 'cancelled';
DROP INDEX consents_whole_ip;
DROP INDEX consents_ip;
DROP INDEX subscribers_left;
DROP INDEX subscribers_unconfirmed;
