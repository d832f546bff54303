-- Changes of address are forgotten after thirty days: the clock asks for the oldest.

-- +goose Up
CREATE INDEX address_changes_created ON address_changes (created_at);

-- +goose Down
DROP INDEX address_changes_created;
