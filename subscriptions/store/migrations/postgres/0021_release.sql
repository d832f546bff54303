-- Release: who asked for approval and what exactly was approved, when the first
-- letter may leave, how fast a run may be, and why it stands.

-- +goose Up
ALTER TABLE editions ADD COLUMN submitted_at TIMESTAMPTZ;
ALTER TABLE editions ADD COLUMN submitted_by TEXT NOT NULL DEFAULT '';
ALTER TABLE editions ADD COLUMN note TEXT NOT NULL DEFAULT ''; -- of who submitted it
ALTER TABLE editions ADD COLUMN approved_people BIGINT NOT NULL DEFAULT 0; -- the head count that was approved
ALTER TABLE editions ADD COLUMN approved_counted_at TIMESTAMPTZ; -- when it was counted; NULL: it was not
ALTER TABLE editions ADD COLUMN send_at TIMESTAMPTZ; -- ordered: the first letter may leave then; NULL: nobody has
ALTER TABLE editions ADD COLUMN send_zone TEXT NOT NULL DEFAULT ''; -- in which it was scheduled; '': so many minutes after the order
ALTER TABLE editions ADD COLUMN send_by TEXT NOT NULL DEFAULT '';
ALTER TABLE editions ADD COLUMN send_ordered_at TIMESTAMPTZ;
ALTER TABLE editions ADD COLUMN rate DOUBLE PRECISION NOT NULL DEFAULT 0; -- letters a second at most; 0: no limit of its own
ALTER TABLE editions ADD COLUMN reason TEXT NOT NULL DEFAULT ''; -- why it stands still
ALTER TABLE editions ADD COLUMN reason_at TIMESTAMPTZ;
-- From where failures and complaints are watched: what there was at the last resume.
ALTER TABLE editions ADD COLUMN watch_done BIGINT NOT NULL DEFAULT 0;
ALTER TABLE editions ADD COLUMN watch_failed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE editions ADD COLUMN watch_complaints BIGINT NOT NULL DEFAULT 0;
-- When an editor had it sent once more: its age counts from there.
ALTER TABLE deliveries ADD COLUMN again_at TIMESTAMPTZ;

-- +goose Down
ALTER TABLE deliveries DROP COLUMN again_at;
ALTER TABLE editions DROP COLUMN watch_complaints;
ALTER TABLE editions DROP COLUMN watch_failed;
ALTER TABLE editions DROP COLUMN watch_done;
ALTER TABLE editions DROP COLUMN reason_at;
ALTER TABLE editions DROP COLUMN reason;
ALTER TABLE editions DROP COLUMN rate;
ALTER TABLE editions DROP COLUMN send_ordered_at;
ALTER TABLE editions DROP COLUMN send_by;
ALTER TABLE editions DROP COLUMN send_zone;
ALTER TABLE editions DROP COLUMN send_at;
ALTER TABLE editions DROP COLUMN approved_counted_at;
ALTER TABLE editions DROP COLUMN approved_people;
ALTER TABLE editions DROP COLUMN note;
ALTER TABLE editions DROP COLUMN submitted_by;
ALTER TABLE editions DROP COLUMN submitted_at;
