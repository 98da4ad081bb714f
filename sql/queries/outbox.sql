-- outbox.sql - messages on their way to Redis.

-- name: outbox_add
INSERT INTO outbox (tenant_id, actor, kwargs, request_id, dedupe_key)
VALUES (:tenant_id, :actor, :kwargs, :request_id, :dedupe_key)
ON CONFLICT (dedupe_key) DO NOTHING;

-- name: outbox_take
-- tenant: none, because the relay works for all of them
-- But a simulator's for test tenants, and a real provider's for the others and the platform.
SELECT id, message_id, actor, kwargs, request_id,
       (extract(epoch FROM created_at) * 1000)::bigint AS created_ms,
       extract(epoch FROM clock_timestamp() - created_at)::bigint AS age_seconds
  FROM outbox o
 WHERE coalesce((SELECT t.test FROM tenants t WHERE t.id = o.tenant_id), false) = :test
 ORDER BY id
 LIMIT :limit
   FOR UPDATE OF o SKIP LOCKED;

-- name: outbox_delete
-- tenant: none, because the relay works for all of them
DELETE FROM outbox WHERE id = ANY (:ids::bigint[]);
