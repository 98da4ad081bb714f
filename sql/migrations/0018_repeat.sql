-- Requests that nobody answered, sent once more under the same idempotency key.

ALTER TABLE call_attempts
    ADD COLUMN keyed_for TEXT, -- the provider's account that was sent the id as a key; NULL = no key was sent
    ADD COLUMN repeats INT NOT NULL DEFAULT 0; -- dial_deadline is the last one's

-- That an account answers the same key with the same call, and for how long that was seen.
CREATE TABLE idempotency_proofs (
    account     TEXT PRIMARY KEY,
    provider    TEXT NOT NULL,
    gap_seconds INT NOT NULL CHECK (gap_seconds > 0),
    proven_at   TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    revoked_at  TIMESTAMPTZ -- it placed a call twice, or does not know keys any more
);

-- Thirty seconds after it was sent last, then a minute, two, ...; never so long after the first time
-- that the provider may have forgotten the key, which it keeps for an hour.
CREATE FUNCTION may_be_repeated(a call_attempts, asked_account TEXT) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT a.state = 'unknown' AND a.keyed_for = asked_account
       AND a.dial_deadline + interval '25 seconds' * power(2, least(a.repeats, 10)) <= clock_timestamp()
       AND EXISTS (SELECT 1 FROM idempotency_proofs p
                    WHERE p.account = asked_account AND p.revoked_at IS NULL
                      AND p.proven_at > clock_timestamp() - interval '30 days'
                      AND clock_timestamp() < a.created_at + least(interval '50 minutes', make_interval(secs => p.gap_seconds)))
       AND NOT EXISTS (SELECT 1 FROM tenants t WHERE t.id = a.tenant_id AND t.on_unknown = 'never_redial')
$$;

-- Repetitions that may still be on their way out: a halt waits for them as for intents.
CREATE INDEX attempts_leaving_again ON call_attempts (tenant_id, dial_deadline) WHERE state = 'unknown' AND repeats > 0;
-- A database that lacks intents may lack what became of this one.
CREATE TRIGGER attempts_repeat_epoch BEFORE UPDATE OF repeats ON call_attempts
    FOR EACH STATEMENT EXECUTE FUNCTION check_epoch();
