-- witness.sql - is this the database we knew, and what did the provider place that it does not know?

-- name: witness_read
-- tenant: none, because it is the database's own state
SELECT wal_position() AS position, lpad(to_hex(timeline), 8, '0') AS timeline, frozen_at IS NOT NULL AS frozen
  FROM dial_epoch;

-- name: witness_freeze
-- tenant: none, because the whole platform stands still
WITH epoch AS (
    UPDATE dial_epoch SET frozen_at = clock_timestamp(), listings = 0 WHERE frozen_at IS NULL RETURNING one
)
INSERT INTO halts (scope, cause, reason)
SELECT 'platform', 'failover', :reason FROM epoch
ON CONFLICT DO NOTHING;

-- name: witness_compared
-- tenant: none, because the whole platform stands still
UPDATE dial_epoch SET listings = listings + 1, missing = :missing WHERE frozen_at IS NOT NULL;

-- name: witness_thaw
-- tenant: none, because the whole platform goes on
-- Three comparisons, of which the last began when anything that was sent before must be listed: an old
-- primary's workers are given five seconds to hear of it, and their requests five to leave.
WITH epoch AS (
    UPDATE dial_epoch SET frozen_at = NULL, timeline = wal_timeline()
     WHERE frozen_at IS NOT NULL AND listings >= 3
       AND frozen_at + make_interval(secs => 10 + :window::bigint) <= :began::timestamptz
    RETURNING listings, missing
), lifted AS (
    UPDATE halts SET lifted_at = clock_timestamp()
      FROM epoch WHERE cause = 'failover' AND lifted_at IS NULL
)
SELECT listings, missing FROM epoch;

-- name: witness_now
-- tenant: none, because it is the time of day
SELECT clock_timestamp() AS now;

-- name: witness_rows
-- tenant: none, because any tenant's row may have been dialled elsewhere
-- Rows that would be dialled, or are thought to be, from the last one on.
SELECT id, tenant_id FROM scheduled_calls
 WHERE id > :after
   AND (status IN ('queued', 'processing') OR (status = 'scheduled' AND scheduled_at <= clock_timestamp()))
 ORDER BY id
 LIMIT :limit;

-- name: rebuild_allowed
-- tenant: none, because it is a setting of the transaction
SELECT set_config('agoralia.rebuilding', 'on', true);

-- name: rebuild_call
INSERT INTO calls (tenant_id, call_id, scheduled_call_id, campaign_id, lead_id, to_number, from_number, agent_id, metadata)
SELECT s.tenant_id, :call_id, s.id, s.campaign_id, s.lead_id, s.to_number, s.from_number, s.agent_id, s.metadata
  FROM scheduled_calls s
 WHERE s.tenant_id = :tenant_id AND s.id = :scheduled_call_id
   AND NOT EXISTS (SELECT 1 FROM call_attempts WHERE id = :attempt_id::uuid)
ON CONFLICT (scheduled_call_id) DO NOTHING;

-- name: rebuild_attempt
-- As old as the call, so that it is no canary for a listing.
WITH attempt AS (
    INSERT INTO call_attempts (id, tenant_id, scheduled_call_id, call_id, campaign_id, n, state, provider, provider_call_id,
                               account, to_number, from_number, agent_id, evidence, dial_deadline, lease_until, look_at, created_at)
    SELECT :attempt_id, s.tenant_id, s.id, k.id, s.campaign_id,
           1 + (SELECT coalesce(max(n), 0) FROM call_attempts WHERE scheduled_call_id = s.id), 'accepted', :provider,
           :provider_call_id, :account, s.to_number, :from_number, :agent_id, 'rebuilt from the provider''s list',
           clock_timestamp(), clock_timestamp(), clock_timestamp(),
           coalesce(:started_at::timestamptz, clock_timestamp() - interval '2 hours')
      FROM scheduled_calls s
      JOIN calls k ON k.scheduled_call_id = s.id
     WHERE s.tenant_id = :tenant_id AND s.id = :scheduled_call_id
    ON CONFLICT (id) DO NOTHING
    RETURNING scheduled_call_id
), row AS (
    UPDATE scheduled_calls s
       SET status = 'processing', attempts = s.attempts + 1, reason = NULL, queued_at = NULL, updated_at = clock_timestamp()
      FROM attempt WHERE s.id = attempt.scheduled_call_id AND s.status IN ('scheduled', 'queued')
)
SELECT (SELECT count(*) FROM attempt) AS rebuilt,
       EXISTS (SELECT 1 FROM scheduled_calls WHERE tenant_id = :tenant_id AND id = :scheduled_call_id) AS known;
