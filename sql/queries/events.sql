-- events.sql - T2 and T3: what is known of an attempt, and of its call.

-- name: attempt_lock
-- tenant: none, because whoever tells of an attempt finds out whose it is
-- The row first, then the attempt: every transaction that has both takes them in this order.
SELECT a.id, a.tenant_id, a.scheduled_call_id, a.call_id, a.campaign_id, s.lead_id, a.state, s.status AS row_status,
       a.to_number, a.from_number, a.agent_id, a.provider_call_id, a.account, a.repeats, c.timezone, c.retry_policy,
       c.metadata -> 'opt_out_phrases' AS opt_out_phrases,
       t.on_unknown = 'never_redial' AS never_redial
  FROM call_attempts a
  JOIN scheduled_calls s ON s.tenant_id = a.tenant_id AND s.id = a.scheduled_call_id
  JOIN tenants t ON t.id = a.tenant_id
  LEFT JOIN campaigns c ON c.tenant_id = a.tenant_id AND c.id = a.campaign_id
 WHERE a.id = coalesce((SELECT x.id FROM call_attempts x WHERE x.id = :attempt_id::uuid),
                       (SELECT x.id FROM call_attempts x
                         WHERE x.provider = :provider AND x.provider_call_id = :provider_call_id))
   FOR UPDATE OF s, a;

-- name: attempt_rival
-- Does anything else call this person, or is about to for the same lead?  Asked under the locks.
SELECT EXISTS (SELECT 1 FROM call_attempts x
                WHERE x.tenant_id = :tenant_id AND x.to_number = :to_number AND x.id <> :attempt_id::uuid
                  AND x.state IN ('intent', 'unknown', 'accepted', 'ringing', 'ongoing'))
       OR EXISTS (SELECT 1 FROM call_attempts x
                   WHERE x.tenant_id = :tenant_id AND x.scheduled_call_id = :scheduled_call_id AND x.id <> :attempt_id::uuid
                     AND x.state NOT IN ('rejected', 'refuted', 'accepted_late'))
       OR EXISTS (SELECT 1 FROM scheduled_calls o
                   WHERE o.tenant_id = :tenant_id AND o.campaign_id = :campaign_id::bigint AND o.lead_id = :lead_id::bigint
                     AND o.id <> :scheduled_call_id AND o.status IN ('scheduled', 'queued', 'processing')) AS rival;

-- name: attempt_write
-- One move: by compare-and-set on the state it was decided from.  Spelled so that the planner does
-- not take the partial index on that state, which is small only at times.
WITH attempt AS (
    UPDATE call_attempts
       SET state = :state, provider_call_id = coalesce(provider_call_id, :provider_call_id),
           http_status = coalesce(:http_status, http_status), evidence = coalesce(:evidence, evidence),
           outcome = coalesce(:outcome, outcome), stop_wanted = stop_wanted OR :stop::boolean,
           look_at = clock_timestamp() + make_interval(secs => :look_seconds::double precision),
           updated_at = clock_timestamp()
     WHERE tenant_id = :tenant_id AND id = :attempt_id AND state IS NOT DISTINCT FROM :was
    RETURNING scheduled_call_id, call_id, provider_call_id
), sc AS (
    UPDATE scheduled_calls s
       SET status = :row_status, reason = CASE WHEN s.status <> :row_status THEN :reason ELSE s.reason END,
           provider_call_id = coalesce(a.provider_call_id, s.provider_call_id),
           scheduled_at = coalesce(clock_timestamp() + make_interval(secs => :again_seconds::double precision),
                                   s.scheduled_at),
           queued_at = NULL, updated_at = clock_timestamp(),
           crashes = CASE WHEN :died::boolean THEN greatest(s.crashes, 1) WHEN NOT :died::boolean THEN 0 ELSE s.crashes END
      FROM attempt a
     WHERE s.tenant_id = :tenant_id AND s.id = a.scheduled_call_id
       AND (s.status <> :row_status OR :died::boolean IS DISTINCT FROM (s.crashes > 0) AND :died::boolean IS NOT NULL)
), k AS (
    UPDATE calls
       SET provider_call_id = coalesce(calls.provider_call_id, a.provider_call_id),
           status = coalesce(:call_status, status),
           outcome = CASE WHEN :call_status::text IS NULL THEN calls.outcome ELSE :reason END,
           updated_at = clock_timestamp()
      FROM attempt a
     WHERE calls.id = a.call_id AND (:call_status::text IS NOT NULL OR calls.provider_call_id IS NULL)
)
SELECT scheduled_call_id FROM attempt;

-- name: inbox_store
-- tenant: none, because the provider's event says whose call it is, and that is looked up here
-- A message for each event: one for the call might be on its way out, and already be worked on, when
-- the next event is stored.
WITH stored AS (
    INSERT INTO webhook_inbox (provider, dedupe_key, event, provider_call_id, body, signer, account)
    VALUES (:provider, decode(:dedupe_key, 'hex'), :event, :provider_call_id, :body, :signer, :account)
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
SELECT id, body, signer, account
  FROM webhook_inbox
 WHERE provider = :provider AND provider_call_id = :provider_call_id AND applied_at IS NULL
 ORDER BY id
 LIMIT 100
   FOR UPDATE SKIP LOCKED;

-- name: inbox_run_begins
-- tenant: none, because an inbox row has no tenant before it is matched
UPDATE webhook_inbox
   SET runs = runs + 1,
       applied_at = CASE WHEN runs >= :limit::integer THEN clock_timestamp() END,
       result = CASE WHEN runs >= :limit::integer THEN 'poison' END
 WHERE provider = :provider AND provider_call_id = :provider_call_id AND applied_at IS NULL
RETURNING id, result IS NOT NULL AS poison;

-- name: inbox_run_ended
-- tenant: none, because an inbox row has no tenant before it is matched
UPDATE webhook_inbox SET runs = 0
 WHERE provider = :provider AND provider_call_id = :provider_call_id AND applied_at IS NULL AND runs > 0;

-- name: inbox_applied
-- tenant: none, because an inbox row has no tenant before it is matched
-- Of a call that was erased nothing is kept.
UPDATE webhook_inbox i
   SET applied_at = clock_timestamp(), result = :result,
       body = CASE WHEN EXISTS (SELECT 1 FROM erasure_copies c
                                 WHERE c.provider = i.provider AND c.provider_call_id = i.provider_call_id)
                   THEN '{}' ELSE body END
 WHERE i.id = :id;

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
       silent = coalesce(:silent, silent),
       updated_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND id = :call_id;

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
 WHERE provider = :provider AND provider_call_id = :provider_call_id AND scheduled_call_id IS NULL
   AND account IS NOT DISTINCT FROM :account AND (account IS NULL OR calls.tenant_id = :teller::bigint);

-- name: event_opt_out
-- The person said so in the call.  One who was erased meanwhile has no number any more, and is not called.
INSERT INTO dnc_entries (tenant_id, e164, source)
SELECT :tenant_id, :to_number::text, 'opt_out' WHERE :to_number::text LIKE '+%'
ON CONFLICT DO NOTHING;

-- name: opt_out_lock_all
-- tenant: none, because whoever wants no calls from anybody is on everybody's list
-- Every claim holds this one shared, and takes it before its number's.
SELECT pg_advisory_xact_lock(hashtextextended('halt:0', 0));

-- name: opt_out_of_all
-- tenant: none, because whoever wants no calls from anybody is on everybody's list
INSERT INTO platform_dnc_entries (e164, source)
SELECT :to_number::text, 'opt_out' WHERE :to_number::text LIKE '+%'
ON CONFLICT (e164) DO UPDATE SET source = 'opt_out' WHERE platform_dnc_entries.source <> 'opt_out';

-- name: event_number_dead
-- There is no such number, whatever campaign asks for it.
UPDATE leads SET dead_reason = :outcome, updated_at = now()
 WHERE tenant_id = :tenant_id AND phone = :to_number AND dead_reason IS NULL;

-- name: retry_history
-- How often this person was called by any of the tenant's campaigns, this call included.
SELECT count(*) FILTER (WHERE outcome = :outcome) - 1 AS same, count(*) AS all_tries
  FROM call_attempts
 WHERE tenant_id = :tenant_id AND to_number = :to_number
   AND created_at > clock_timestamp() - make_interval(days => :days::int)
   AND state NOT IN ('rejected', 'refuted', 'accepted_late');

-- name: retry_insert
-- The next try is a row of its own; one that could not begin in time is not written.
INSERT INTO scheduled_calls (tenant_id, campaign_id, execution_id, lead_id, parent_id, to_number, from_number, agent_id,
                             kb_id, metadata, timezone, scheduled_at, valid_until, reason)
SELECT s.tenant_id, s.campaign_id, s.execution_id, s.lead_id, s.id, s.to_number, s.from_number, s.agent_id, s.kb_id,
       s.metadata, s.timezone, :at, s.valid_until, upper(:reason)
  FROM scheduled_calls s
  JOIN campaigns c ON c.tenant_id = s.tenant_id AND c.id = s.campaign_id
 WHERE s.tenant_id = :tenant_id AND s.id = :scheduled_call_id AND c.status IN ('running', 'paused', 'scheduled')
   AND coalesce(s.valid_until, 'infinity') > :at::timestamptz
   AND NOT EXISTS (SELECT 1 FROM scheduled_calls r WHERE r.parent_id = s.id)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: webhook_owner
-- tenant: none, because the body is not verified yet: it says whose key to try
-- Only calls of a tenant's own workspace are looked for.
SELECT tenant_id, account
  FROM (SELECT a.tenant_id, a.account, 1 AS place FROM call_attempts a
         WHERE a.id = :attempt_id::uuid AND a.account IS NOT NULL
        UNION ALL
        SELECT a.tenant_id, a.account, 2 FROM call_attempts a
         WHERE a.provider = :provider AND a.provider_call_id = :provider_call_id AND a.account IS NOT NULL
        UNION ALL
        SELECT k.tenant_id, k.account, 3 FROM calls k
         WHERE k.provider = :provider AND k.provider_call_id = :provider_call_id AND k.account IS NOT NULL) found
 ORDER BY place
 LIMIT 1;
