-- What a message costs the ledger: three updates of its row (claimed, on the wire,
-- its outcome), each of which also changes every index that the state is in. These
-- two take no part in the update before the first octet: who holds a row does not
-- change there, and held rows are in one index only.

-- +goose Up
DROP INDEX deliveries_held;
DROP INDEX deliveries_edition;
-- What workers hold, the living and the dead.
CREATE INDEX deliveries_held ON deliveries (worker) WHERE worker <> '';
-- The books of what nobody holds.
CREATE INDEX deliveries_edition ON deliveries (edition_id, state) WHERE worker = '';

-- +goose Down
DROP INDEX deliveries_edition;
DROP INDEX deliveries_held;
CREATE INDEX deliveries_held ON deliveries (worker) WHERE state IN ('claimed', 'sending');
CREATE INDEX deliveries_edition ON deliveries (edition_id, state);
