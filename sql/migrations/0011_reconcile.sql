-- What the reconciler keeps: calls nobody owns, and what was done when.

-- One request, two calls at the provider: the younger is hung up here, whatever its attempt does.
CREATE TABLE stray_calls (
    provider         TEXT NOT NULL,
    provider_call_id TEXT NOT NULL,
    attempt_id       UUID NOT NULL,
    noticed_at       TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    stop_at          TIMESTAMPTZ DEFAULT clock_timestamp(), -- when to try next; NULL = it is over
    PRIMARY KEY (provider, provider_call_id)
);
CREATE INDEX strays_to_stop ON stray_calls (stop_at) WHERE stop_at IS NOT NULL;

ALTER TABLE call_attempts
    ADD COLUMN stop_at TIMESTAMPTZ,  -- when to try to hang up next; NULL = now
    ADD COLUMN found_at TIMESTAMPTZ; -- when a listing showed this unanswered request's call
CREATE INDEX attempts_to_stop ON call_attempts (stop_at) WHERE stop_wanted;
-- Calls the provider is known to have, by when they were asked for: the canaries of a listing.
CREATE INDEX attempts_placed ON call_attempts (provider, created_at) WHERE provider_call_id IS NOT NULL;

-- Work that one worker does for all, now and then.
CREATE TABLE chores (
    name   TEXT PRIMARY KEY,
    due_at TIMESTAMPTZ NOT NULL,
    did_at TIMESTAMPTZ NOT NULL DEFAULT '-infinity' -- when it was last begun
);

ALTER TABLE webhook_inbox ADD COLUMN try_at TIMESTAMPTZ; -- of an unmatched event; NULL = when it is 10 s old
CREATE INDEX inbox_to_try ON webhook_inbox (coalesce(try_at, received_at)) WHERE applied_at IS NULL;
CREATE INDEX inbox_old ON webhook_inbox (applied_at) WHERE applied_at IS NOT NULL;
