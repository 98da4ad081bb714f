-- dispatch.sql - T0: who is given a start.

-- name: dispatch_turn
-- tenant: none, because the dispatcher works for all of them
-- One dispatcher at a time, and in a statement before the one that counts: that one's snapshot then
-- shows what the last dispatcher committed.  One that is stopped in between is done without after two seconds.
SELECT pg_try_advisory_xact_lock(4207849485) AS won,
       set_config('idle_in_transaction_session_timeout', '2000', true);

-- name: dispatch_due
-- tenant: none, because the dispatcher works for all of them
-- A start is a slot at the provider until the call is known to be over: what is queued or in
-- progress never exceeds the provider's, the tenant's and the campaign's limits.  Slots go first to
-- the tenants with the fewest calls, then to those served longest ago; within a tenant the same holds
-- for its lanes (campaigns, and 0 for calls outside any).  A lane with spacing gets one row at a time,
-- and none before its pace allows; what is halted gets none.  Test tenants are the simulator's, and its only ones.
WITH live AS MATERIALIZED (
    SELECT tenant_id, lane, count(*) AS n, count(*) FILTER (WHERE status = 'queued') AS queued, max(queued_at) AS last
      FROM scheduled_calls
     WHERE status IN ('queued', 'processing')
       AND tenant_id IN (SELECT id FROM tenants WHERE test = (:provider = 'simulator'))
     GROUP BY tenant_id, lane
), standing AS MATERIALIZED (
    SELECT coalesce(tenant_id, 0) AS tenant_id, scope, key FROM halts WHERE lifted_at IS NULL
), provider AS MATERIALIZED (
    -- The rate is kept with a burst of a fifth of a second, and a fifth below it.
    SELECT least(l.concurrency_limit - l.reserved_inbound - l.others_live - (SELECT coalesce(sum(n), 0) FROM live),
                 CASE WHEN l.next_start_at > clock_timestamp() THEN 0
                      WHEN provider_rate(l) >= 1000 THEN :batch::bigint
                      ELSE 1 + floor(least(extract(epoch FROM clock_timestamp() - l.next_start_at), 0.2)
                                     * provider_rate(l) * 0.8)::bigint END) AS room
      FROM provider_limits l
     WHERE l.provider = :provider
       AND NOT EXISTS (SELECT 1 FROM standing h WHERE h.scope = 'platform' OR (h.scope = 'provider' AND h.key = :provider AND h.tenant_id = 0))
), room AS MATERIALIZED (
    SELECT t.id AS tenant_id, coalesce(w.n, 0) AS live, w.last, p.room AS platform_room,
           least(coalesce(t.max_concurrent_calls, :cap::bigint) - coalesce(w.n, 0), p.room) AS room
      FROM provider p
     CROSS JOIN tenants t
      LEFT JOIN (SELECT tenant_id, sum(n) AS n, max(last) AS last FROM live GROUP BY tenant_id) w ON w.tenant_id = t.id
     WHERE t.status = 'active' AND t.test = (:provider = 'simulator') AND p.room > 0
       AND NOT EXISTS (SELECT 1 FROM standing h WHERE h.scope IN ('tenant', 'provider') AND h.tenant_id = t.id)
), lanes AS (
    SELECT r.tenant_id, c.id AS lane, r.room, r.live, r.last, r.platform_room, coalesce(v.n, 0) AS lane_live,
           v.last AS lane_last,
           least(r.room, c.max_concurrent_calls - coalesce(v.n, 0), CASE WHEN c.spacing_seconds > 0 THEN 1 END) AS share
      FROM room r
      JOIN campaigns c ON c.tenant_id = r.tenant_id AND c.status = 'running'
      JOIN campaign_pacing p ON p.campaign_id = c.id
      LEFT JOIN live v ON v.tenant_id = r.tenant_id AND v.lane = c.id
     WHERE r.room > 0 AND p.next_call_at <= clock_timestamp()
       AND NOT (c.spacing_seconds > 0 AND coalesce(v.queued, 0) > 0)
       AND NOT EXISTS (SELECT 1 FROM standing h
                        WHERE h.tenant_id IN (0, c.tenant_id)
                          AND ((h.scope = 'campaign' AND h.key = c.id::text)
                               OR (h.scope = 'from_number' AND h.key = c.from_number)
                               OR (h.scope = 'agent' AND h.key = c.agent_id)))
    UNION ALL
    SELECT r.tenant_id, 0, r.room, r.live, r.last, r.platform_room, coalesce(v.n, 0), v.last, r.room
      FROM room r
      LEFT JOIN live v ON v.tenant_id = r.tenant_id AND v.lane = 0
     WHERE r.room > 0
), due AS (
    SELECT d.id, l.tenant_id, l.room, l.live, l.last, l.platform_room,
           row_number() OVER (PARTITION BY l.tenant_id
                              ORDER BY l.lane_live + d.turn, l.lane_last NULLS FIRST, d.scheduled_at) AS place
      FROM lanes l
     CROSS JOIN LATERAL (SELECT x.id, x.scheduled_at, row_number() OVER (ORDER BY x.scheduled_at, x.id) AS turn
                           FROM (SELECT s.id, s.scheduled_at
                                   FROM scheduled_calls s
                                  WHERE s.tenant_id = l.tenant_id AND s.lane = l.lane AND s.status = 'scheduled'
                                    AND s.scheduled_at <= clock_timestamp()
                                  ORDER BY s.scheduled_at, s.id
                                  LIMIT greatest(l.share, 0)) x) d
), chosen AS (
    SELECT id, platform_room,
           row_number() OVER (ORDER BY live + place, last NULLS FIRST, tenant_id, place) AS place
      FROM due
     WHERE place <= room
), taken AS (
    UPDATE scheduled_calls
       SET status = 'queued', queued_at = clock_timestamp(), updated_at = clock_timestamp()
     WHERE id IN (SELECT s.id FROM scheduled_calls s JOIN chosen ON chosen.id = s.id
                   WHERE chosen.place <= least(chosen.platform_room, :batch::bigint) AND s.status = 'scheduled'
                     FOR UPDATE OF s SKIP LOCKED)
    RETURNING id, tenant_id, crashes
), paced AS (
    UPDATE provider_limits l
       SET next_start_at = greatest(l.next_start_at, clock_timestamp() - interval '0.2 seconds')
                           + make_interval(secs => (SELECT count(*) FROM taken) / (provider_rate(l) * 0.8))
     WHERE l.provider = :provider AND provider_rate(l) < 1000 AND EXISTS (SELECT 1 FROM taken)
)
INSERT INTO outbox (tenant_id, actor, kwargs, request_id, dedupe_key)
SELECT tenant_id, 'process_scheduled_call',
       CASE WHEN crashes > 0 THEN json_build_object('scheduled_call_id', id, 'tenant_id', tenant_id, 'suspect', true)
            ELSE json_build_object('scheduled_call_id', id, 'tenant_id', tenant_id) END::text,
       :request_id, 'call:' || id
  FROM taken
ON CONFLICT (dedupe_key) DO NOTHING;

-- name: dispatch_next
-- tenant: none, because the dispatcher works for all of them
-- How soon a paced campaign or a paced provider may go on; NULL = nobody waits for that.
SELECT (extract(epoch FROM min(at) - clock_timestamp()) * 1000)::bigint AS ms
  FROM (SELECT p.next_call_at AS at
          FROM campaigns c
          JOIN campaign_pacing p ON p.campaign_id = c.id
         WHERE c.status = 'running' AND p.next_call_at > clock_timestamp()
        UNION ALL
        SELECT next_start_at FROM provider_limits WHERE next_start_at > clock_timestamp()) waits;

-- name: dispatch_sweep
-- tenant: none, because the dispatcher works for all of them
-- Lost, or with a worker that died of it: the next run is one of a suspect.
UPDATE scheduled_calls
   SET status = 'scheduled', queued_at = NULL, crashes = greatest(crashes, 1), updated_at = clock_timestamp()
 WHERE id IN (SELECT id FROM scheduled_calls
               WHERE status = 'queued' AND queued_at < clock_timestamp() - make_interval(secs => :seconds::bigint)
               LIMIT 1000
                 FOR UPDATE SKIP LOCKED);
