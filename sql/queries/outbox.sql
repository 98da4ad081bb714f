-- outbox.sql - messages on their way to Redis.

-- name: outbox_add
INSERT INTO outbox (tenant_id, actor, kwargs, request_id, dedupe_key)
VALUES (:tenant_id, :actor, :kwargs, :request_id, :dedupe_key)
ON CONFLICT (dedupe_key) DO NOTHING;

-- name: outbox_take
-- tenant: none, because the relay works for all of them
SELECT id, message_id, actor, kwargs, request_id,
       (extract(epoch FROM created_at) * 1000)::bigint AS created_ms,
       extract(epoch FROM clock_timestamp() - created_at)::bigint AS age_seconds
  FROM outbox
 ORDER BY id
 LIMIT :limit
   FOR UPDATE SKIP LOCKED;

-- name: outbox_delete
-- tenant: none, because the relay works for all of them
DELETE FROM outbox WHERE id = ANY (:ids::bigint[]);
