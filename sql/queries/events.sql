-- events.sql - T2 and T3: what is known of an attempt, and of its call.

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
