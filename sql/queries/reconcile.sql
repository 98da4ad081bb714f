-- reconcile.sql - what became of attempts nobody answered for, and of calls that fell silent.

-- name: reconcile_take
-- tenant: none, because the reconciler works for all of them
-- Unanswered attempts to look for now, leased for half a minute by moving their look_at.  The canary is
-- one of the first three calls known to have been asked for after this attempt could last be sent.
WITH taken AS (
    UPDATE call_attempts a
       SET look_at = clock_timestamp() + interval '30 seconds'
     WHERE a.id IN (SELECT id FROM call_attempts
                     WHERE look_at <= clock_timestamp() AND provider = :provider
                       AND (state IN ('unknown', 'unresolved') OR (state = 'intent' AND lease_until <= clock_timestamp()))
                     ORDER BY look_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING a.id, a.tenant_id, a.scheduled_call_id, a.state, a.provider, a.account, a.absent_listings, a.repeats, a.dial_deadline, a.created_at
)
SELECT t.id, t.tenant_id, t.account, t.scheduled_call_id, t.state, t.absent_listings, t.repeats, c.id AS canary,
       t.dial_deadline + make_interval(secs => 5 + :window::bigint) <= clock_timestamp() AS window_over,
       t.dial_deadline + make_interval(secs => 5 + 2 * :window::bigint) <= clock_timestamp() AS second_window_over,
       coalesce(s.valid_until <= clock_timestamp() + interval '1 second', false) AS row_is_over,
       (SELECT count(*) FROM call_attempts x
         WHERE x.scheduled_call_id = t.scheduled_call_id AND x.state = 'refuted' AND x.absent_listings > 0) AS absent_before
  FROM taken t
  JOIN scheduled_calls s ON s.id = t.scheduled_call_id
  LEFT JOIN LATERAL (SELECT y.id
                       FROM (SELECT x.id FROM call_attempts x
                              WHERE x.provider = t.provider AND x.provider_call_id IS NOT NULL
                                AND x.account IS NOT DISTINCT FROM t.account
                                AND (x.account IS NULL OR x.tenant_id = t.tenant_id)
                                AND x.created_at > t.dial_deadline
                              ORDER BY x.created_at LIMIT 3) y
                      ORDER BY random() LIMIT 1) c ON true;

-- name: reconcile_repeat
-- A worker shall see whether the request may be sent once more.
INSERT INTO outbox (tenant_id, actor, kwargs, request_id, dedupe_key)
SELECT a.tenant_id, 'process_scheduled_call',
       json_build_object('scheduled_call_id', a.scheduled_call_id, 'tenant_id', a.tenant_id)::text, :request_id,
       'repeat:' || a.id
  FROM call_attempts a
 WHERE a.tenant_id = :tenant_id AND a.id = :attempt_id AND may_be_repeated(a, :account)
ON CONFLICT (dedupe_key) DO NOTHING;

-- name: reconcile_absent
UPDATE call_attempts
   SET absent_listings = absent_listings + 1, evidence = 'absent from a complete listing',
       look_at = clock_timestamp() + make_interval(secs => :seconds::double precision), updated_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND id = :attempt_id AND state = 'unknown';

-- name: reconcile_later
-- tenant: none, because the reconciler works for all of them
-- Nothing was learned: again in so many seconds, not when the lease is over.
UPDATE call_attempts SET look_at = clock_timestamp() + make_interval(secs => :seconds::double precision)
 WHERE id = ANY (:ids::uuid[]) AND look_at IS NOT NULL;

-- name: reconcile_rarely
-- Given up, and still looked for: ever more seldom, for a week.
UPDATE call_attempts
   SET look_at = CASE WHEN created_at > clock_timestamp() - interval '7 days'
                      THEN clock_timestamp() + greatest(interval '1 minute', (clock_timestamp() - created_at) / 4) END
 WHERE tenant_id = :tenant_id AND id = :attempt_id AND state = 'unresolved';

-- name: reconcile_found
-- How long the listing took to show it; the answer is in microseconds.
UPDATE call_attempts SET found_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND id = :attempt_id AND found_at IS NULL
RETURNING (extract(epoch FROM found_at - created_at) * 1000000)::bigint AS lag_us;

-- name: reconcile_unknown_count
-- tenant: none, because it is a gauge of the whole platform
SELECT count(*) AS n FROM call_attempts WHERE look_at IS NOT NULL AND state IN ('intent', 'unknown');

-- name: live_take
-- tenant: none, because the reconciler works for all of them
-- Silent live calls; the next look is as far away as the last event put it.
UPDATE call_attempts a
   SET look_at = clock_timestamp() + make_interval(secs => :poll_seconds::bigint)
 WHERE a.id IN (SELECT id FROM call_attempts
                 WHERE look_at <= clock_timestamp() AND provider = :provider AND provider_call_id IS NOT NULL
                   AND state IN ('accepted', 'ringing', 'ongoing')
                 ORDER BY look_at LIMIT :limit FOR UPDATE SKIP LOCKED)
RETURNING a.id, a.tenant_id, a.account, a.state, a.provider_call_id, a.created_at < clock_timestamp() - interval '2 hours' AS old;

-- name: stray_add
-- tenant: none, because the call is the provider's only
INSERT INTO stray_calls (provider, provider_call_id, attempt_id)
VALUES (:provider, :provider_call_id, :attempt_id)
ON CONFLICT DO NOTHING
RETURNING provider_call_id;

-- name: stops_take
-- tenant: none, because the reconciler works for all of them
-- Calls to hang up: of attempts that shall stop, and strays.  Leased for half a minute.
WITH attempts AS (
    UPDATE call_attempts a SET stop_at = clock_timestamp() + interval '30 seconds'
     WHERE a.id IN (SELECT id FROM call_attempts
                     WHERE stop_wanted AND provider = :provider AND provider_call_id IS NOT NULL
                       AND (stop_at IS NULL OR stop_at <= clock_timestamp())
                     LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING a.provider_call_id, a.tenant_id, a.account
), strays AS (
    UPDATE stray_calls s SET stop_at = clock_timestamp() + interval '30 seconds'
     WHERE (s.provider, s.provider_call_id) IN
           (SELECT provider, provider_call_id FROM stray_calls
             WHERE stop_at <= clock_timestamp() AND provider = :provider LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING s.provider_call_id, s.attempt_id
)
SELECT provider_call_id, tenant_id, account FROM attempts
UNION
SELECT s.provider_call_id, a.tenant_id, a.account FROM strays s LEFT JOIN call_attempts a ON a.id = s.attempt_id;

-- name: stop_again
-- tenant: none, because a stray has none, and an attempt's is not asked
WITH attempts AS (
    UPDATE call_attempts SET stop_at = clock_timestamp() + make_interval(secs => :seconds::bigint)
     WHERE provider = :provider AND provider_call_id = :provider_call_id AND stop_wanted
)
UPDATE stray_calls SET stop_at = clock_timestamp() + make_interval(secs => :seconds::bigint)
 WHERE provider = :provider AND provider_call_id = :provider_call_id AND stop_at IS NOT NULL;

-- name: stop_over
-- tenant: none, because a stray has none, and an attempt's is not asked
WITH attempts AS (
    UPDATE call_attempts SET stop_wanted = false, stop_at = NULL, updated_at = clock_timestamp()
     WHERE provider = :provider AND provider_call_id = :provider_call_id AND stop_wanted
)
UPDATE stray_calls SET stop_at = NULL WHERE provider = :provider AND provider_call_id = :provider_call_id;

-- name: chore_take
-- tenant: none, because chores are the platform's
-- The one who gets a row does it; the next one is due so many seconds later.
INSERT INTO chores AS c (name, due_at, did_at)
VALUES (:name, clock_timestamp() + make_interval(secs => :seconds::bigint), clock_timestamp())
ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at, did_at = excluded.did_at
 WHERE c.due_at <= clock_timestamp()
RETURNING name;

-- name: chore_put_off
-- tenant: none, because chores are the platform's
UPDATE chores SET due_at = clock_timestamp() + make_interval(secs => :seconds::bigint) WHERE name = :name;

-- name: gauge_write
-- tenant: none, because a provider serves all of them
-- What is live there and not ours: inbound and web calls, other users of the workspace.
INSERT INTO provider_limits AS p (provider, concurrency_limit, reserved_inbound, others_live, starts_per_second, told_at)
SELECT :provider, :limit::bigint, :reserved::bigint,
       greatest(0, :current::bigint - (SELECT count(*) FROM call_attempts
                                        WHERE provider = :provider AND account IS NULL AND state IN ('accepted', 'ringing', 'ongoing'))),
       :starts::double precision, clock_timestamp()
ON CONFLICT (provider) DO UPDATE
   SET concurrency_limit = excluded.concurrency_limit, reserved_inbound = excluded.reserved_inbound,
       others_live = excluded.others_live, told_at = excluded.told_at,
       starts_per_second = CASE p.starts_set_by WHEN 'operator' THEN p.starts_per_second ELSE excluded.starts_per_second END
RETURNING concurrency_limit, reserved_inbound, others_live;

-- name: gauge_assume
-- tenant: none, because a provider serves all of them
INSERT INTO provider_limits AS p (provider, concurrency_limit, starts_per_second)
VALUES (:provider, :limit::bigint, :starts::double precision)
ON CONFLICT (provider) DO UPDATE
   SET concurrency_limit = excluded.concurrency_limit,
       starts_per_second = CASE p.starts_set_by WHEN 'operator' THEN p.starts_per_second ELSE excluded.starts_per_second END
 WHERE p.told_at IS NULL
   AND (p.concurrency_limit <> excluded.concurrency_limit
        OR (p.starts_set_by = 'setting' AND p.starts_per_second <> excluded.starts_per_second));

-- name: probe_take
-- tenant: none, because the breakers work for all of them
-- Taken by moving the next probe: that is also when a bad answer has it repeated.
UPDATE halts h SET probe_at = clock_timestamp() + interval '15 seconds'
 WHERE h.id IN (SELECT id FROM halts
                 WHERE lifted_at IS NULL AND cause = 'breaker' AND scope = 'provider' AND key = :provider
                   AND probe_at <= clock_timestamp()
                   FOR UPDATE SKIP LOCKED)
RETURNING h.id, h.tenant_id, h.key, h.reason;

-- name: breaker_close
-- tenant: none, because the breakers work for all of them
UPDATE halts SET lifted_at = clock_timestamp() WHERE id = :id AND lifted_at IS NULL;

-- name: halts_half_open
-- tenant: none, because the breakers work for all of them
-- A number or an agent can only be probed by the next call: the breaker closes again if it goes badly.
UPDATE halts SET lifted_at = clock_timestamp()
 WHERE lifted_at IS NULL AND cause = 'breaker' AND scope IN ('from_number', 'agent') AND probe_at <= clock_timestamp()
RETURNING id, scope, key;

-- name: inbox_try
-- tenant: none, because an inbox row has no tenant before it is matched
-- Events of calls nobody knew when they came, ever more seldom; after a week nobody will.
UPDATE webhook_inbox i
   SET try_at = clock_timestamp() + greatest(interval '10 seconds', (clock_timestamp() - received_at) / 4),
       applied_at = CASE WHEN received_at < clock_timestamp() - interval '7 days' THEN clock_timestamp() END,
       result = CASE WHEN received_at < clock_timestamp() - interval '7 days' THEN 'unmatched' END
 WHERE i.id IN (SELECT id FROM webhook_inbox
                 WHERE applied_at IS NULL AND coalesce(try_at, received_at) < clock_timestamp()
                   AND received_at < clock_timestamp() - interval '10 seconds' AND provider = :provider
                 ORDER BY coalesce(try_at, received_at) LIMIT :limit FOR UPDATE SKIP LOCKED)
RETURNING provider_call_id;

-- name: inbox_unmatched
-- tenant: none, because it is a gauge of the whole platform
SELECT count(*) AS n FROM webhook_inbox
 WHERE applied_at IS NULL AND received_at < clock_timestamp() - interval '1 hour';

-- name: inbox_prune
-- tenant: none, because applied events are old for all of them
DELETE FROM webhook_inbox
 WHERE id IN (SELECT id FROM webhook_inbox WHERE applied_at < clock_timestamp() - interval '7 days'
               ORDER BY applied_at LIMIT :limit FOR UPDATE SKIP LOCKED);
