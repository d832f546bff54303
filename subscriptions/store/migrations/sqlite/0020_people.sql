-- Finding one of a million people, by what their address, its domain, their name or
-- their organisation begins with; and where they stand.

-- +goose Up
CREATE INDEX subscribers_domain ON subscribers (substr(address_key, instr(address_key, '@') + 1));
CREATE INDEX subscribers_name ON subscribers (lower(name)) WHERE name <> '';
CREATE INDEX subscribers_surname ON subscribers (lower(substr(name, instr(name, ' ') + 1))) WHERE name <> '';
CREATE INDEX subscribers_organisation ON subscribers (lower(organisation)) WHERE organisation <> '';
CREATE INDEX subscribers_paused ON subscribers (id) WHERE paused_until IS NOT NULL;
CREATE INDEX subscribers_ended ON subscribers (id) WHERE ended_at IS NOT NULL;
CREATE INDEX subscribers_erased ON subscribers (id) WHERE erased_at IS NOT NULL;
CREATE INDEX subscribers_pending ON subscribers (id) WHERE confirmed_at IS NULL;
CREATE INDEX suppressions_reason ON suppressions (reason) WHERE lifted_at IS NULL;

-- +goose Down
DROP INDEX suppressions_reason;
DROP INDEX subscribers_pending;
DROP INDEX subscribers_erased;
DROP INDEX subscribers_ended;
DROP INDEX subscribers_paused;
DROP INDEX subscribers_organisation;
DROP INDEX subscribers_surname;
DROP INDEX subscribers_name;
DROP INDEX subscribers_domain;
