-- Corrections are editions of another kind: what they correct stands beside them.
-- And what is asked after a send: who got what, in the order of the ledger; who
-- confirmed, chose and left since.

-- +goose Up
ALTER TABLE editions ADD COLUMN kind TEXT NOT NULL DEFAULT 'issue' CHECK (kind IN ('issue', 'correction'));
ALTER TABLE editions ADD COLUMN corrects BIGINT REFERENCES editions (id);      -- the edition in which the entry was wrong
ALTER TABLE editions ADD COLUMN corrects_item BIGINT REFERENCES items (id);    -- the entry
ALTER TABLE editions ADD COLUMN was_wrong TEXT NOT NULL DEFAULT '';            -- what was wrong, in the editor's words
ALTER TABLE editions ADD COLUMN is_right TEXT NOT NULL DEFAULT '';             -- and what is right
-- The public issues, newest first.
CREATE INDEX editions_issues ON editions (period_to DESC, period_from DESC, id DESC, started_at, kind) WHERE started_at IS NOT NULL AND kind = 'issue';
CREATE INDEX editions_corrects ON editions (corrects) WHERE corrects IS NOT NULL;

-- The ledger goes on after an id; on SQLite an index holds it anyway.
DROP INDEX deliveries_edition;
CREATE INDEX deliveries_edition ON deliveries (edition_id, state, id) WHERE worker = '';
DROP INDEX subscribers_domain;
CREATE INDEX subscribers_domain ON subscribers (split_part(address_key, '@', 2) text_pattern_ops, id);

CREATE INDEX subscribers_confirmed ON subscribers (confirmed_at) WHERE confirmed_at IS NOT NULL;
CREATE INDEX subscribers_created ON subscribers (created_at);
-- Wide enough to answer by itself, and too wide to be taken for the clock of those who left.
CREATE INDEX subscribers_gone ON subscribers (ended_at, end_reason, confirmed_at) WHERE ended_at IS NOT NULL;
CREATE INDEX subscribers_back ON subscribers (paused_until) WHERE paused_until IS NOT NULL;
CREATE INDEX subscriptions_confirmed ON subscriptions (confirmed_at) WHERE confirmed_at IS NOT NULL;
CREATE INDEX subscriptions_gone ON subscriptions (ended_at) WHERE ended_at IS NOT NULL;

-- +goose Down
DROP INDEX subscriptions_gone;
DROP INDEX subscriptions_confirmed;
DROP INDEX subscribers_back;
DROP INDEX subscribers_gone;
DROP INDEX subscribers_created;
DROP INDEX subscribers_confirmed;
DROP INDEX subscribers_domain;
CREATE INDEX subscribers_domain ON subscribers (split_part(address_key, '@', 2) text_pattern_ops);
DROP INDEX deliveries_edition;
CREATE INDEX deliveries_edition ON deliveries (edition_id, state) WHERE worker = '';
DROP INDEX editions_corrects;
DROP INDEX editions_issues;
ALTER TABLE editions DROP COLUMN is_right;
ALTER TABLE editions DROP COLUMN was_wrong;
ALTER TABLE editions DROP COLUMN corrects_item;
ALTER TABLE editions DROP COLUMN corrects;
ALTER TABLE editions DROP COLUMN kind;
