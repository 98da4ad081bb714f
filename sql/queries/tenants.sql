-- tenants.sql - tenants and their API keys.

-- name: tenant_insert
-- tenant: none, because this is where tenants come from
INSERT INTO tenants (name) VALUES (:name) RETURNING id, name, status, status_reason, status_at, created_at;

-- name: tenant_list
-- tenant: none, because it lists them all, for the operator
SELECT id, name, status, status_reason, status_at, created_at FROM tenants ORDER BY id;

-- name: tenant_get
SELECT id, name, status, status_reason, status_at, created_at FROM tenants WHERE id = :tenant_id;

-- name: tenant_move
-- From what it is to what it shall be; no row: it is something else.
UPDATE tenants
   SET status = :status, status_reason = :reason, updated_at = now(),
       status_at = CASE WHEN status = :status THEN status_at ELSE clock_timestamp() END
 WHERE id = :tenant_id AND status = ANY (string_to_array(:from, ' '))
RETURNING id, name, status, status_reason, status_at, created_at;

-- name: tenant_end_live_calls
-- The reconciler hangs up.  A request that has not been answered yet is looked at when it is.
UPDATE call_attempts
   SET stop_wanted = true, look_at = CASE WHEN state = 'intent' THEN look_at ELSE clock_timestamp() END
 WHERE tenant_id = :tenant_id AND state IN ('intent', 'unknown', 'accepted', 'ringing', 'ongoing');

-- name: api_key_insert
INSERT INTO api_keys (tenant_id, name, prefix, secret_sha256)
SELECT id, :name, :prefix, decode(:secret_sha256, 'hex') FROM tenants WHERE id = :tenant_id
RETURNING id, name, prefix, created_at, revoked_at;

-- name: api_key_list
SELECT id, name, prefix, created_at, revoked_at FROM api_keys WHERE tenant_id = :tenant_id ORDER BY id;

-- name: api_key_revoke
UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE tenant_id = :tenant_id AND id = :id;

-- name: api_key_find
-- tenant: none, because the key is what says whose the request is
SELECT k.tenant_id, encode(k.secret_sha256, 'hex') AS secret_sha256, t.status = 'suspended' AS suspended
  FROM api_keys k JOIN tenants t ON t.id = k.tenant_id
 WHERE k.prefix = :prefix AND k.revoked_at IS NULL AND t.status IN ('active', 'suspended');
