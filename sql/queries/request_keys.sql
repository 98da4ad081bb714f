-- request_keys.sql - requests that a client may send again.

-- name: request_key_take
-- A new key, one whose day is over, or one whose holder has been silent for too long.
INSERT INTO request_keys AS k (tenant_id, principal, key, fingerprint, holder, locked_until)
VALUES (:tenant_id, :principal, :key, :fingerprint, :holder::uuid,
        clock_timestamp() + :seconds::int * INTERVAL '1 second')
ON CONFLICT (tenant_id, principal, key) DO UPDATE
   SET fingerprint = excluded.fingerprint, holder = excluded.holder, locked_until = excluded.locked_until,
       content = NULL, status = NULL, reply = NULL, about = '{}', created_at = clock_timestamp()
 WHERE k.created_at < clock_timestamp() - INTERVAL '24 hours'
    OR (k.status IS NULL AND k.locked_until < clock_timestamp() AND k.fingerprint = excluded.fingerprint)
RETURNING holder = :holder::uuid AS mine;

-- name: request_key_look
SELECT fingerprint, content, status, reply,
       greatest(1, ceil(extract(epoch FROM locked_until - clock_timestamp())))::int AS seconds
  FROM request_keys
 WHERE tenant_id = :tenant_id AND principal = :principal AND key = :key;

-- name: request_key_extend
UPDATE request_keys SET locked_until = clock_timestamp() + :seconds::int * INTERVAL '1 second'
 WHERE tenant_id = :tenant_id AND principal = :principal AND key = :key AND holder = :holder::uuid AND status IS NULL;

-- name: request_key_done
UPDATE request_keys SET status = :status::int, reply = :reply, content = :content, about = :about::text[]
 WHERE tenant_id = :tenant_id AND principal = :principal AND key = :key AND holder = :holder::uuid AND status IS NULL;

-- name: request_key_free
DELETE FROM request_keys
 WHERE tenant_id = :tenant_id AND principal = :principal AND key = :key AND holder = :holder::uuid AND status IS NULL;

-- name: request_key_forget
-- Somebody is erased: the answers that tell of them go, and the keys with them.
DELETE FROM request_keys WHERE tenant_id = :tenant_id AND about && about_person(:e164, :leads::bigint[]);

-- name: request_key_prune
-- tenant: none, because one worker sweeps for them all
DELETE FROM request_keys
 WHERE (tenant_id, principal, key) IN (SELECT tenant_id, principal, key FROM request_keys
                                        WHERE created_at < clock_timestamp() - INTERVAL '24 hours'
                                        ORDER BY created_at
                                        LIMIT 1000);
