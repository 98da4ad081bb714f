-- claim.sql - T1: locks, then facts, then the intent.

-- name: claim_row
-- Waits for whoever holds the row: a dispatcher may have locked it only to find it queued already,
-- and a message that gave up then would be lost until the sweep.
-- Whatever its status: with a condition on it the planner takes a partial index that is small at
-- times, and a thousand rows are read for one.
-- Ours: a test tenant's is the simulator's processes', the others' is everybody else's.
SELECT id, status, campaign_id, lead_id, to_number, from_number, agent_id, metadata, attempts, valid_until,
       clock_timestamp() AS now, (SELECT test FROM tenants WHERE tenants.id = :tenant_id) = (:provider = 'simulator') AS ours
  FROM scheduled_calls
 WHERE tenant_id = :tenant_id AND id = :id
   FOR UPDATE;

-- name: claim_campaign
SELECT id, status, agent_id, from_number, exclude_dnc, quiet_hours, timezone, end_date, country_rules_override, metadata,
       spacing_seconds, max_calls_per_hour, max_calls_per_day
  FROM campaigns
 WHERE tenant_id = :tenant_id AND id = (SELECT campaign_id FROM scheduled_calls WHERE tenant_id = :tenant_id AND id = :id)
   FOR SHARE;

-- name: claim_lead
SELECT id, consent_status, consent_basis, consent_date, consent_source, country_iso, preferred_lang, metadata, dead_reason,
       jsonb_strip_nulls(jsonb_build_object('consent_channels', consent_channels, 'consent_level', consent_level,
                                           'consent_expires_at', consent_expires_at)) AS consent_terms
  FROM leads
 WHERE tenant_id = :tenant_id AND id = (SELECT lead_id FROM scheduled_calls WHERE tenant_id = :tenant_id AND id = :id)
   FOR SHARE;

-- name: claim_number
-- Halts take the first two exclusively, single do-not-call entries the third, files the fourth - and the
-- third before it, so the order matters.  The facts are read by later statements, whose snapshots see
-- whatever was committed while this one waited.
SELECT pg_advisory_xact_lock_shared(hashtextextended('halt:0', 0)),
       pg_advisory_xact_lock_shared(hashtextextended('halt:' || tenant_id, 0)),
       pg_advisory_xact_lock_shared(hashtextextended(tenant_id || ':' || to_number, 0)),
       pg_advisory_xact_lock_shared(hashtextextended('dnc:' || tenant_id, 0))
  FROM scheduled_calls
 WHERE tenant_id = :tenant_id AND id = :id;

-- name: claim_pacing
-- Only campaigns with a pace queue up here.
SELECT p.next_call_at
  FROM campaign_pacing p
  JOIN campaigns c ON c.id = p.campaign_id
 WHERE p.tenant_id = :tenant_id
   AND p.campaign_id = (SELECT campaign_id FROM scheduled_calls WHERE tenant_id = :tenant_id AND id = :id)
   AND (c.spacing_seconds > 0 OR c.max_calls_per_hour IS NOT NULL OR c.max_calls_per_day IS NOT NULL)
   FOR UPDATE OF p;

-- name: claim_budget
-- Only tenants with a budget queue up here.
SELECT tenant_id FROM tenant_budgets WHERE tenant_id = :tenant_id FOR UPDATE;

-- name: claim_counts
-- Attempts that reached, or may have reached, somebody; and when the caps let go again.  A call that was
-- given up may still be going on, for the two hours that the provider lets one last.  An attempt that is
-- about to be sent again does not count against itself.
SELECT clock_timestamp() AS now,
       coalesce((SELECT 'tenant: ' || t.status FROM tenants t WHERE t.id = :tenant_id AND t.status <> 'active'),
                (SELECT h.scope || ': ' || h.reason FROM halts h
                  WHERE h.lifted_at IS NULL AND (h.tenant_id IS NULL OR h.tenant_id = :tenant_id)
                    AND CASE h.scope WHEN 'country' THEN h.key = ANY (:countries::text[])
                                     WHEN 'campaign' THEN h.key = :campaign_id::text
                                     WHEN 'provider' THEN h.key = :provider
                                     WHEN 'from_number' THEN h.key = :from_number
                                     WHEN 'agent' THEN h.key = :agent_id
                                     ELSE true END
                  LIMIT 1)) AS halt,
       CASE WHEN :budgeted::boolean
            THEN (SELECT b.limit_cents - b.spent_cents < b.reserve_cents * (1 + (
                             SELECT count(*) FROM call_attempts a
                              WHERE a.tenant_id = :tenant_id AND a.id IS DISTINCT FROM :attempt_id::uuid
                                AND a.state IN ('intent', 'unknown', 'accepted', 'ringing', 'ongoing')))
                    FROM tenant_budgets b WHERE b.tenant_id = :tenant_id) END AS over_budget,
       EXISTS (SELECT 1 FROM call_attempts
                WHERE tenant_id = :tenant_id AND to_number = :to_number AND id IS DISTINCT FROM :attempt_id::uuid
                  AND (state IN ('intent', 'unknown', 'accepted', 'ringing', 'ongoing')
                       OR (state = 'unresolved' AND created_at > clock_timestamp() - interval '2 hours'))) AS number_busy,
       CASE WHEN :max_calls_per_hour::bigint IS NULL THEN 0
            ELSE (SELECT count(*) FROM call_attempts
                   WHERE tenant_id = :tenant_id AND campaign_id = :campaign_id::text::bigint AND created_at > clock_timestamp() - interval '1 hour'
                     AND id IS DISTINCT FROM :attempt_id::uuid AND state NOT IN ('rejected', 'refuted')) END AS last_hour,
       CASE WHEN :max_calls_per_hour::bigint IS NULL THEN NULL
            ELSE (SELECT min(created_at) + interval '1 hour' FROM call_attempts
                   WHERE tenant_id = :tenant_id AND campaign_id = :campaign_id::text::bigint AND created_at > clock_timestamp() - interval '1 hour'
                     AND state NOT IN ('rejected', 'refuted')) END AS hour_free_at,
       CASE WHEN :max_calls_per_day::bigint IS NULL THEN 0
            ELSE (SELECT count(*) FROM call_attempts
                   WHERE tenant_id = :tenant_id AND campaign_id = :campaign_id::text::bigint
                     AND created_at >= date_trunc('day', clock_timestamp() AT TIME ZONE :timezone::text) AT TIME ZONE :timezone::text
                     AND id IS DISTINCT FROM :attempt_id::uuid AND state NOT IN ('rejected', 'refuted')) END AS today,
       (date_trunc('day', clock_timestamp() AT TIME ZONE coalesce(:timezone::text, 'UTC')) + interval '1 day')
           AT TIME ZONE coalesce(:timezone::text, 'UTC') AS day_free_at;

-- name: claim_call
-- The call's row, made now for a campaign's under the number that its decision has, there already for one asked for
-- by itself.
INSERT INTO calls (id, tenant_id, call_id, scheduled_call_id, campaign_id, lead_id, to_number, from_number, agent_id,
                   metadata, compliance_status, compliance_check_id)
OVERRIDING SYSTEM VALUE
SELECT d.call_id, s.tenant_id, :call_id, s.id, s.campaign_id, s.lead_id, s.to_number, :from_number, :agent_id, s.metadata,
       :compliance_status, d.id
  FROM scheduled_calls s
  JOIN compliance_checks d ON d.id = (SELECT currval('compliance_checks_id_seq'))
 WHERE s.tenant_id = :tenant_id AND s.id = :id
ON CONFLICT (scheduled_call_id)
DO UPDATE SET compliance_status = excluded.compliance_status, compliance_check_id = excluded.compliance_check_id,
              updated_at = clock_timestamp();

-- name: claim_intent
WITH attempt AS (
    INSERT INTO call_attempts (id, tenant_id, scheduled_call_id, call_id, campaign_id, n, state, provider, to_number,
                               from_number, agent_id, keyed_for, account, dial_deadline, lease_until, look_at)
    SELECT :attempt_id, s.tenant_id, s.id, k.id, s.campaign_id, s.attempts + 1, 'intent', :provider, s.to_number,
           :from_number, :agent_id, :keyed_for, :account,
           clock_timestamp() + interval '5 seconds', clock_timestamp() + interval '60 seconds',
           clock_timestamp() + interval '60 seconds'
      FROM scheduled_calls s
      JOIN calls k ON k.scheduled_call_id = s.id
     WHERE s.tenant_id = :tenant_id AND s.id = :id
), pace AS (
    UPDATE campaign_pacing p SET next_call_at = clock_timestamp() + make_interval(secs => c.spacing_seconds)
      FROM campaigns c
     WHERE p.tenant_id = :tenant_id AND p.campaign_id = :campaign_id::bigint AND c.id = p.campaign_id
       AND c.spacing_seconds > 0
)
UPDATE scheduled_calls
   SET status = 'processing', attempts = attempts + 1, reason = NULL, updated_at = clock_timestamp(),
       from_number = :from_number, agent_id = :agent_id,
       compliance_check_id = currval('compliance_checks_id_seq')
 WHERE tenant_id = :tenant_id AND id = :id;

-- name: claim_unanswered
-- The row's attempt that nobody answered for, when its request may be sent once more; read after the locks.
SELECT a.id, a.n, a.from_number, a.agent_id, a.repeats
  FROM call_attempts a
 WHERE a.tenant_id = :tenant_id AND a.scheduled_call_id = :id AND may_be_repeated(a, :account)
   FOR UPDATE OF a;

-- name: claim_repeat
-- The same attempt: neither another try nor another count.  Whatever is concluded of it begins anew.
WITH attempt AS (
    UPDATE call_attempts
       SET repeats = repeats + 1, dial_deadline = clock_timestamp() + interval '5 seconds', absent_listings = 0,
           look_at = clock_timestamp() + interval '10 seconds', updated_at = clock_timestamp()
     WHERE tenant_id = :tenant_id AND id = :attempt_id
), pace AS (
    UPDATE campaign_pacing p SET next_call_at = clock_timestamp() + make_interval(secs => c.spacing_seconds)
      FROM campaigns c
     WHERE p.tenant_id = :tenant_id AND p.campaign_id = :campaign_id::bigint AND c.id = p.campaign_id
       AND c.spacing_seconds > 0
)
UPDATE scheduled_calls
   SET compliance_check_id = currval('compliance_checks_id_seq'), updated_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND id = :id;

-- name: claim_put_back
-- It was looked at to the end, and the worker lives.
UPDATE scheduled_calls
   SET status = 'scheduled', scheduled_at = coalesce(:at::timestamptz, scheduled_at), reason = :reason,
       queued_at = NULL, crashes = 0, updated_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND id = :id AND status IN ('queued', 'scheduled');

-- name: claim_hold_lane
-- No row of this campaign is worth looking at before then.
UPDATE campaign_pacing SET next_call_at = greatest(next_call_at, :at::timestamptz)
 WHERE tenant_id = :tenant_id AND campaign_id = :campaign_id;

-- name: claim_end
SELECT end_waiting(ARRAY (SELECT id FROM scheduled_calls WHERE tenant_id = :tenant_id AND id = :id), :status, :reason) AS ended;

-- name: suspect_begin
-- Before the claim: what kills the worker next cannot undo it.
WITH was AS (
    SELECT id, greatest(crashes, 1) AS runs
      FROM scheduled_calls
     WHERE tenant_id = :tenant_id AND id = :id AND status = 'queued'
       FOR UPDATE
), fate AS (
    SELECT id, runs,
           CASE WHEN runs >= greatest(:limit::bigint, 2) THEN 'failed'
                WHEN runs >= :company::bigint AND NOT :alone::boolean THEN 'scheduled'
                ELSE 'queued' END AS status
      FROM was
), counted AS (
    UPDATE scheduled_calls s
       SET status = f.status, updated_at = clock_timestamp(),
           crashes = f.runs + (f.status = 'queued')::int,
           reason = CASE f.status WHEN 'scheduled' THEN 'SUSPECT' ELSE s.reason END,
           queued_at = CASE WHEN f.status = 'queued' THEN s.queued_at END,
           scheduled_at = CASE WHEN f.status = 'scheduled' THEN clock_timestamp() + interval '1 second' ELSE s.scheduled_at END
      FROM fate f
     WHERE s.tenant_id = :tenant_id AND s.id = f.id AND f.status <> 'failed'
)
SELECT status, runs + (status = 'queued')::int AS crashes,
       CASE WHEN status = 'failed' THEN end_waiting(ARRAY[id], 'failed', 'POISON') END AS ended
  FROM fate;

-- name: suspect_acquit
UPDATE scheduled_calls SET crashes = 0 WHERE tenant_id = :tenant_id AND id = :id AND crashes > 0;
