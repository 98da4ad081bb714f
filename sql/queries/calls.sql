-- calls.sql - scheduled calls, attempts, calls.

-- name: call_get
SELECT k.id, k.call_id, k.status, k.direction, k.to_number, k.from_number, k.agent_id, k.campaign_id, k.lead_id,
       k.provider_call_id, k.outcome, k.disconnection_reason, k.duration_seconds, k.started_at, k.ended_at, k.disposition,
       k.compliance_status, k.compliance_check_id, k.created_at, k.updated_at,
       k.segments, k.summary, k.metadata
  FROM calls k
 WHERE k.tenant_id = :tenant_id AND k.call_id = :call_id;

-- name: call_page
SELECT k.id, k.call_id, k.status, k.direction, k.to_number, k.from_number, k.agent_id, k.campaign_id, k.lead_id,
       k.provider_call_id, k.outcome, k.disconnection_reason, k.duration_seconds, k.started_at, k.ended_at, k.disposition,
       k.compliance_status, k.compliance_check_id, k.created_at, k.updated_at
  FROM calls k
 WHERE k.tenant_id = :tenant_id
 ORDER BY k.created_at DESC, k.id DESC
 LIMIT :limit OFFSET :offset;

-- name: call_page_by_status
SELECT k.id, k.call_id, k.status, k.direction, k.to_number, k.from_number, k.agent_id, k.campaign_id, k.lead_id,
       k.provider_call_id, k.outcome, k.disconnection_reason, k.duration_seconds, k.started_at, k.ended_at, k.disposition,
       k.compliance_status, k.compliance_check_id, k.created_at, k.updated_at
  FROM calls k
 WHERE k.tenant_id = :tenant_id AND k.status = :status
 ORDER BY k.created_at DESC, k.id DESC
 LIMIT :limit OFFSET :offset;

-- name: call_page_by_campaign
SELECT k.id, k.call_id, k.status, k.direction, k.to_number, k.from_number, k.agent_id, k.campaign_id, k.lead_id,
       k.provider_call_id, k.outcome, k.disconnection_reason, k.duration_seconds, k.started_at, k.ended_at, k.disposition,
       k.compliance_status, k.compliance_check_id, k.created_at, k.updated_at
  FROM calls k
 WHERE k.tenant_id = :tenant_id AND k.campaign_id = :campaign_id
 ORDER BY k.created_at DESC, k.id DESC
 LIMIT :limit OFFSET :offset;

-- name: call_page_filtered
SELECT k.id, k.call_id, k.status, k.direction, k.to_number, k.from_number, k.agent_id, k.campaign_id, k.lead_id,
       k.provider_call_id, k.outcome, k.disconnection_reason, k.duration_seconds, k.started_at, k.ended_at, k.disposition,
       k.compliance_status, k.compliance_check_id, k.created_at, k.updated_at
  FROM calls k
 WHERE k.tenant_id = :tenant_id
   AND (:status::text IS NULL OR k.status = :status)
   AND (:campaign_id::bigint IS NULL OR k.campaign_id = :campaign_id)
   AND k.created_at >= coalesce(:from_date::timestamptz, '-infinity')
   AND k.created_at < coalesce(:to_date::timestamptz, 'infinity')
 ORDER BY k.created_at DESC, k.id DESC
 LIMIT :limit OFFSET :offset;

-- name: call_total
-- Kept by trigger, one cell per campaign and ended state.
SELECT coalesce(sum(n), 0)::bigint AS n FROM call_totals WHERE tenant_id = :tenant_id AND status = :status;

-- name: call_total_by_campaign
SELECT coalesce(sum(n), 0)::bigint AS n
  FROM call_totals
 WHERE tenant_id = :tenant_id AND campaign_id = :campaign_id AND status = :status;

-- name: call_count
-- Only open states and date ranges are counted: the first are few, the second are asked for.
SELECT count(*) AS n
  FROM calls k
 WHERE k.tenant_id = :tenant_id
   AND (:status::text IS NULL OR k.status = :status)
   AND (:campaign_id::bigint IS NULL OR k.campaign_id = :campaign_id)
   AND k.created_at >= coalesce(:from_date::timestamptz, '-infinity')
   AND k.created_at < coalesce(:to_date::timestamptz, 'infinity');

-- name: call_list_of_lead
SELECT k.id, k.call_id, k.status, k.direction, k.to_number, k.from_number, k.agent_id, k.campaign_id, k.lead_id,
       k.provider_call_id, k.outcome, k.disconnection_reason, k.duration_seconds, k.started_at, k.ended_at, k.disposition,
       k.compliance_status, k.compliance_check_id, k.created_at, k.updated_at
  FROM calls k
 WHERE k.tenant_id = :tenant_id AND k.lead_id = :lead_id
 ORDER BY k.created_at DESC
 LIMIT 200;

-- name: call_live_to_number
SELECT EXISTS (SELECT 1 FROM call_attempts
                WHERE tenant_id = :tenant_id AND to_number = :to_number
                  AND state IN ('intent', 'unknown', 'accepted', 'ringing', 'ongoing')) AS live,
       EXISTS (SELECT 1 FROM scheduled_calls
                WHERE tenant_id = :tenant_id AND lane = 0 AND to_number = :to_number
                  AND status IN ('queued', 'processing')) AS asked;

-- name: call_insert_outbound
-- The row is born queued, with its message: it does not wait for the dispatcher.
WITH sc AS (
    INSERT INTO scheduled_calls (tenant_id, lead_id, to_number, from_number, agent_id, metadata, scheduled_at, status,
                                 queued_at, valid_until)
    VALUES (:tenant_id, :lead_id, :to_number, :from_number, :agent_id, :metadata, clock_timestamp(), 'queued',
            clock_timestamp(), clock_timestamp() + interval '1 hour')
    RETURNING id
), k AS (
    INSERT INTO calls (tenant_id, call_id, scheduled_call_id, lead_id, to_number, from_number, agent_id, metadata)
    SELECT :tenant_id, :call_id, sc.id, :lead_id, :to_number, :from_number, :agent_id, :metadata FROM sc
), message AS (
    INSERT INTO outbox (tenant_id, actor, kwargs, request_id, dedupe_key)
    SELECT :tenant_id, 'process_scheduled_call',
           json_build_object('scheduled_call_id', sc.id, 'tenant_id', :tenant_id::bigint)::text, :request_id,
           'call:' || sc.id
      FROM sc
)
SELECT clock_timestamp() AS now FROM sc;

-- name: call_insert_web
INSERT INTO calls (tenant_id, call_id, direction, agent_id, provider_call_id, metadata)
VALUES (:tenant_id, :call_id, 'web', :agent_id, :provider_call_id, :metadata);

-- name: dispatch_due
-- tenant: none, because the dispatcher works for all of them
-- Each tenant has room for some calls; its lanes (campaigns, and 0 for calls outside any) share it
-- in turn.  A lane with spacing gets one row at a time, and none before its pace allows.
WITH room AS (
    SELECT t.id AS tenant_id,
           :cap::bigint - (SELECT count(*) FROM scheduled_calls s
                    WHERE s.tenant_id = t.id AND s.status IN ('queued', 'processing')) AS room
      FROM tenants t
     WHERE t.status = 'active'
       AND (SELECT pg_try_advisory_xact_lock(4207849485)) -- one dispatcher at a time; others save the work
), lanes AS (
    SELECT r.tenant_id, c.id AS lane, r.room, CASE WHEN c.spacing_seconds > 0 THEN 1 ELSE r.room END AS share
      FROM room r
      JOIN campaigns c ON c.tenant_id = r.tenant_id AND c.status = 'running'
      JOIN campaign_pacing p ON p.campaign_id = c.id
     WHERE r.room > 0 AND p.next_call_at <= clock_timestamp()
       AND NOT (c.spacing_seconds > 0
                AND EXISTS (SELECT 1 FROM scheduled_calls q
                             WHERE q.tenant_id = c.tenant_id AND q.lane = c.id AND q.status = 'queued'))
    UNION ALL
    SELECT tenant_id, 0, room, room FROM room WHERE room > 0
), due AS (
    SELECT d.id, l.room, row_number() OVER (PARTITION BY l.tenant_id ORDER BY d.turn, d.scheduled_at) AS place
      FROM lanes l
     CROSS JOIN LATERAL (SELECT x.id, x.scheduled_at, row_number() OVER (ORDER BY x.scheduled_at, x.id) AS turn
                           FROM (SELECT s.id, s.scheduled_at
                                   FROM scheduled_calls s
                                  WHERE s.tenant_id = l.tenant_id AND s.lane = l.lane AND s.status = 'scheduled'
                                    AND s.scheduled_at <= clock_timestamp()
                                  ORDER BY s.scheduled_at, s.id
                                  LIMIT l.share) x) d
), taken AS (
    UPDATE scheduled_calls
       SET status = 'queued', queued_at = clock_timestamp(), updated_at = clock_timestamp()
     WHERE id IN (SELECT s.id FROM scheduled_calls s JOIN due ON due.id = s.id
                   WHERE due.place <= due.room AND s.status = 'scheduled'
                   LIMIT :batch
                     FOR UPDATE OF s SKIP LOCKED)
    RETURNING id, tenant_id
)
INSERT INTO outbox (tenant_id, actor, kwargs, request_id, dedupe_key)
SELECT tenant_id, 'process_scheduled_call',
       json_build_object('scheduled_call_id', id, 'tenant_id', tenant_id)::text, :request_id, 'call:' || id
  FROM taken
ON CONFLICT (dedupe_key) DO NOTHING;

-- name: dispatch_next
-- tenant: none, because the dispatcher works for all of them
-- How soon a paced campaign may go on; NULL = nobody waits for that.
SELECT (extract(epoch FROM min(p.next_call_at) - clock_timestamp()) * 1000)::bigint AS ms
  FROM campaigns c
  JOIN campaign_pacing p ON p.campaign_id = c.id
 WHERE c.status = 'running' AND p.next_call_at > clock_timestamp();

-- name: dispatch_sweep
-- tenant: none, because the dispatcher works for all of them
UPDATE scheduled_calls
   SET status = 'scheduled', queued_at = NULL, updated_at = clock_timestamp()
 WHERE id IN (SELECT id FROM scheduled_calls
               WHERE status = 'queued' AND queued_at < clock_timestamp() - make_interval(secs => :seconds::bigint)
               LIMIT 1000
                 FOR UPDATE SKIP LOCKED);

-- name: claim_row
-- Waits for whoever holds the row: a dispatcher may have locked it only to find it queued already,
-- and a message that gave up then would be lost until the sweep.
SELECT id, campaign_id, lead_id, to_number, from_number, agent_id, metadata, attempts, valid_until,
       clock_timestamp() AS now
  FROM scheduled_calls
 WHERE tenant_id = :tenant_id AND id = :id AND status IN ('queued', 'scheduled') AND scheduled_at <= clock_timestamp()
   FOR UPDATE;

-- name: claim_campaign
SELECT id, status, agent_id, from_number, exclude_dnc, quiet_hours, timezone, end_date, country_rules_override,
       spacing_seconds, max_calls_per_hour, max_calls_per_day
  FROM campaigns
 WHERE tenant_id = :tenant_id AND id = (SELECT campaign_id FROM scheduled_calls WHERE tenant_id = :tenant_id AND id = :id)
   FOR SHARE;

-- name: claim_lead
SELECT id, consent_status, country_iso
  FROM leads
 WHERE tenant_id = :tenant_id AND id = (SELECT lead_id FROM scheduled_calls WHERE tenant_id = :tenant_id AND id = :id)
   FOR SHARE;

-- name: claim_number
-- Do-not-call writers take it exclusively.  The facts are read by later statements, whose snapshots
-- see whatever was committed while this one waited.
SELECT pg_advisory_xact_lock_shared(hashtextextended(tenant_id || ':' || to_number, 0))
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

-- name: claim_counts
-- Attempts that reached, or may have reached, somebody; and when the caps let go again.
SELECT clock_timestamp() AS now,
       EXISTS (SELECT 1 FROM call_attempts
                WHERE tenant_id = :tenant_id AND to_number = :to_number
                  AND state IN ('intent', 'unknown', 'accepted', 'ringing', 'ongoing')) AS number_busy,
       CASE WHEN :max_calls_per_hour::bigint IS NULL THEN 0
            ELSE (SELECT count(*) FROM call_attempts
                   WHERE campaign_id = :campaign_id::bigint AND created_at > clock_timestamp() - interval '1 hour'
                     AND state NOT IN ('rejected', 'refuted')) END AS last_hour,
       CASE WHEN :max_calls_per_hour::bigint IS NULL THEN NULL
            ELSE (SELECT min(created_at) + interval '1 hour' FROM call_attempts
                   WHERE campaign_id = :campaign_id::bigint AND created_at > clock_timestamp() - interval '1 hour'
                     AND state NOT IN ('rejected', 'refuted')) END AS hour_free_at,
       CASE WHEN :max_calls_per_day::bigint IS NULL THEN 0
            ELSE (SELECT count(*) FROM call_attempts
                   WHERE campaign_id = :campaign_id::bigint
                     AND created_at >= date_trunc('day', clock_timestamp() AT TIME ZONE :timezone::text) AT TIME ZONE :timezone::text
                     AND state NOT IN ('rejected', 'refuted')) END AS today,
       (date_trunc('day', clock_timestamp() AT TIME ZONE coalesce(:timezone::text, 'UTC')) + interval '1 day')
           AT TIME ZONE coalesce(:timezone::text, 'UTC') AS day_free_at;

-- name: claim_call
-- The call's row, made now for a campaign's, there already for one asked for by itself.
INSERT INTO calls (tenant_id, call_id, scheduled_call_id, campaign_id, lead_id, to_number, from_number, agent_id,
                   metadata, compliance_status, compliance_check_id)
SELECT s.tenant_id, :call_id, s.id, s.campaign_id, s.lead_id, s.to_number, :from_number, :agent_id, s.metadata,
       :compliance_status, currval('compliance_checks_id_seq')
  FROM scheduled_calls s
 WHERE s.tenant_id = :tenant_id AND s.id = :id
ON CONFLICT (scheduled_call_id)
DO UPDATE SET compliance_status = excluded.compliance_status, compliance_check_id = excluded.compliance_check_id,
              updated_at = clock_timestamp();

-- name: claim_intent
WITH attempt AS (
    INSERT INTO call_attempts (id, tenant_id, scheduled_call_id, call_id, campaign_id, n, state, provider, to_number,
                               dial_deadline, lease_until, look_at)
    SELECT :attempt_id, s.tenant_id, s.id, k.id, s.campaign_id, s.attempts + 1, 'intent', :provider, s.to_number,
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

-- name: claim_put_back
UPDATE scheduled_calls
   SET status = 'scheduled', scheduled_at = coalesce(:at::timestamptz, scheduled_at), reason = :reason,
       queued_at = NULL, updated_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND id = :id AND status IN ('queued', 'scheduled');

-- name: claim_hold_lane
-- No row of this campaign is worth looking at before then.
UPDATE campaign_pacing SET next_call_at = greatest(next_call_at, :at::timestamptz)
 WHERE tenant_id = :tenant_id AND campaign_id = :campaign_id;

-- name: claim_end
WITH sc AS (
    UPDATE scheduled_calls
       SET status = :status, reason = :reason, updated_at = clock_timestamp()
     WHERE tenant_id = :tenant_id AND id = :id AND status IN ('queued', 'scheduled')
    RETURNING id
)
UPDATE calls SET status = CASE :status WHEN 'canceled' THEN 'canceled' ELSE 'failed' END, outcome = :reason,
       updated_at = clock_timestamp()
  FROM sc
 WHERE calls.scheduled_call_id = sc.id AND calls.status = 'queued';

-- name: attempt_accepted
-- T2, yes: whatever the attempt was thought to be, this is evidence.  Events may have come before: a
-- call that is over by then is not asked about again.
WITH attempt AS (
    UPDATE call_attempts
       SET state = CASE WHEN state IN ('intent', 'unknown') THEN 'accepted' ELSE state END,
           provider_call_id = coalesce(provider_call_id, :provider_call_id), http_status = :http_status,
           evidence = :evidence, updated_at = clock_timestamp(),
           look_at = CASE WHEN state NOT IN ('ended', 'not_connected', 'error')
                          THEN clock_timestamp() + make_interval(secs => :poll_seconds::bigint) END
     WHERE tenant_id = :tenant_id AND id = :attempt_id AND state NOT IN ('rejected', 'refuted')
    RETURNING scheduled_call_id, call_id, provider_call_id
), k AS (
    UPDATE calls SET provider_call_id = a.provider_call_id, updated_at = clock_timestamp()
      FROM attempt a WHERE calls.id = a.call_id
), sc AS (
    UPDATE scheduled_calls SET provider_call_id = a.provider_call_id, updated_at = clock_timestamp()
      FROM attempt a WHERE scheduled_calls.id = a.scheduled_call_id
)
SELECT scheduled_call_id FROM attempt;

-- name: attempt_accepted_late
-- Evidence against a refutation: kept for the alarm, whatever came after.
UPDATE call_attempts SET evidence = 'accepted_late:' || :provider_call_id, updated_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND id = :attempt_id AND state IN ('rejected', 'refuted');

-- name: attempt_unknown
UPDATE call_attempts
   SET state = 'unknown', http_status = :http_status, evidence = :evidence,
       look_at = clock_timestamp() + interval '5 seconds', updated_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND id = :attempt_id AND state = 'intent';

-- name: attempt_over
-- T2, no (rejected) or never sent / proven absent (refuted): the row waits for another attempt, or ends.
WITH attempt AS (
    UPDATE call_attempts
       SET state = :state, http_status = :http_status, evidence = :evidence, look_at = NULL,
           updated_at = clock_timestamp()
     WHERE tenant_id = :tenant_id AND id = :attempt_id AND state IN ('intent', 'unknown')
    RETURNING scheduled_call_id, call_id
), sc AS (
    UPDATE scheduled_calls s
       SET status = CASE WHEN :again_seconds::bigint IS NULL
                           OR s.valid_until <= clock_timestamp() + make_interval(secs => :again_seconds::bigint)
                         THEN 'failed' ELSE 'scheduled' END,
           scheduled_at = CASE WHEN :again_seconds::bigint IS NULL THEN s.scheduled_at
                               ELSE clock_timestamp() + make_interval(secs => :again_seconds::bigint) END,
           reason = :reason, queued_at = NULL, updated_at = clock_timestamp()
      FROM attempt a
     WHERE s.id = a.scheduled_call_id AND s.status = 'processing'
    RETURNING s.id, s.status
)
UPDATE calls SET status = 'failed', outcome = :reason, updated_at = clock_timestamp()
  FROM sc
 WHERE calls.scheduled_call_id = sc.id AND sc.status = 'failed';

-- name: inbox_store
-- tenant: none, because the provider's event says whose call it is, and that is looked up here
-- A message for each event: one for the call might be on its way out, and already be worked on, when
-- the next event is stored.
WITH stored AS (
    INSERT INTO webhook_inbox (provider, dedupe_key, event, provider_call_id, body)
    VALUES (:provider, decode(:dedupe_key, 'hex'), :event, :provider_call_id, :body)
    ON CONFLICT (provider, dedupe_key) DO NOTHING
    RETURNING id
), owner AS (
    SELECT a.tenant_id, a.call_id
      FROM call_attempts a
     WHERE a.id = :attempt_id::uuid
        OR (a.provider = :provider AND a.provider_call_id = :provider_call_id)
     LIMIT 1
), message AS (
    INSERT INTO outbox (tenant_id, actor, kwargs, request_id, dedupe_key)
    SELECT coalesce(o.tenant_id, 0), 'sync_retell_call_status',
           json_build_object('call_id', coalesce(o.call_id, 0), 'provider_call_id', :provider_call_id::text,
                             'tenant_id', coalesce(o.tenant_id, 0))::text,
           :request_id, 'sync:' || stored.id
      FROM stored
      LEFT JOIN owner o ON true
)
SELECT id FROM stored;

-- name: inbox_waiting
-- tenant: none, because an inbox row has no tenant before it is matched
SELECT id, body
  FROM webhook_inbox
 WHERE provider = :provider AND provider_call_id = :provider_call_id AND applied_at IS NULL
 ORDER BY id
 LIMIT 100
   FOR UPDATE SKIP LOCKED;

-- name: inbox_applied
-- tenant: none, because an inbox row has no tenant before it is matched
UPDATE webhook_inbox SET applied_at = clock_timestamp(), result = :result WHERE id = :id;

-- name: event_attempt
-- tenant: none, because the event says whose call it is; the tenant is what this finds out
SELECT id, tenant_id, scheduled_call_id, call_id, state, to_number
  FROM call_attempts
 WHERE id = :attempt_id::uuid OR (provider = :provider AND provider_call_id = :provider_call_id)
 ORDER BY (id = :attempt_id::uuid) DESC
 LIMIT 1
   FOR UPDATE;

-- name: event_attempt_moves
UPDATE call_attempts
   SET state = :state, provider_call_id = coalesce(provider_call_id, :provider_call_id),
       look_at = CASE WHEN :over::boolean THEN NULL
                      ELSE clock_timestamp() + make_interval(secs => :poll_seconds::bigint) END,
       updated_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND id = :attempt_id;

-- name: event_call
-- Facts are merged: what an event does not tell stays.  status moves only when the attempt did.
UPDATE calls
   SET provider_call_id = coalesce(provider_call_id, :provider_call_id),
       status = coalesce(:status, status),
       outcome = coalesce(:outcome, outcome),
       disconnection_reason = coalesce(:disconnection_reason, disconnection_reason),
       started_at = coalesce(started_at, :started_at),
       ended_at = coalesce(ended_at, :ended_at),
       duration_seconds = coalesce(:duration_seconds, duration_seconds),
       cost_cents = coalesce(:cost_cents, cost_cents),
       segments = coalesce(:segments, segments),
       summary = coalesce(:summary, summary),
       disposition = coalesce(:disposition, disposition),
       updated_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND id = :call_id;

-- name: event_row_ends
UPDATE scheduled_calls
   SET status = :status, reason = :reason, provider_call_id = coalesce(provider_call_id, :provider_call_id),
       updated_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND id = :scheduled_call_id AND status = 'processing';

-- name: event_web_call
-- tenant: none, because the event says whose call it is
-- A web call has no attempt: its row is all there is.
UPDATE calls
   SET status = CASE WHEN status IN ('completed', 'failed', 'canceled') THEN status ELSE coalesce(:status, status) END,
       outcome = coalesce(:outcome, outcome),
       disconnection_reason = coalesce(:disconnection_reason, disconnection_reason),
       started_at = coalesce(started_at, :started_at), ended_at = coalesce(ended_at, :ended_at),
       duration_seconds = coalesce(:duration_seconds, duration_seconds), cost_cents = coalesce(:cost_cents, cost_cents),
       segments = coalesce(:segments, segments), summary = coalesce(:summary, summary),
       disposition = coalesce(:disposition, disposition), updated_at = clock_timestamp()
 WHERE provider = :provider AND provider_call_id = :provider_call_id AND scheduled_call_id IS NULL;

-- name: event_opt_out
-- The person said so in the call.
INSERT INTO dnc_entries (tenant_id, e164, source) VALUES (:tenant_id, :to_number, 'opt_out') ON CONFLICT DO NOTHING;

-- name: reconcile_take
-- tenant: none, because the reconciler works for all of them
-- The attempts to look at now, leased for half a minute by moving their look_at.
UPDATE call_attempts a
   SET look_at = clock_timestamp() + interval '30 seconds',
       state = CASE WHEN a.state = 'intent' AND a.lease_until <= clock_timestamp() THEN 'unknown' ELSE a.state END
 WHERE a.id IN (SELECT id FROM call_attempts WHERE look_at <= clock_timestamp()
                 ORDER BY look_at LIMIT :limit FOR UPDATE SKIP LOCKED)
RETURNING a.id, a.tenant_id, a.scheduled_call_id, a.call_id, a.state, a.provider_call_id, a.to_number, a.absent_listings,
          a.dial_deadline + make_interval(secs => 5 + :window::bigint) <= clock_timestamp() AS window_over;

-- name: reconcile_absent
UPDATE call_attempts
   SET absent_listings = absent_listings + 1, evidence = 'absent from a complete listing',
       look_at = clock_timestamp() + make_interval(secs => :seconds::double precision), updated_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND id = :attempt_id AND state = 'unknown';

-- name: reconcile_again
-- The provider did not answer, or not completely: look again soon, not when the lease is over.
UPDATE call_attempts SET look_at = clock_timestamp() + interval '2 seconds'
 WHERE tenant_id = :tenant_id AND id = :attempt_id AND look_at IS NOT NULL;

-- name: reconcile_unknown_count
-- tenant: none, because it is a gauge of the whole platform
SELECT count(*) AS n FROM call_attempts WHERE look_at IS NOT NULL AND state IN ('intent', 'unknown');
