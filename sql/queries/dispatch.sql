-- dispatch.sql - T0: who is given a start.

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
