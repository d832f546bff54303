-- What the first page of the desk asks.

-- +goose Up
CREATE INDEX items_comments ON items (comments_until, id) WHERE comments_until <> '';
CREATE INDEX items_state ON items (state);
CREATE INDEX suppressions_created ON suppressions (created_at);

-- +goose Down
DROP INDEX suppressions_created;
DROP INDEX items_state;
DROP INDEX items_comments;
