-- tenants.sql - tenants and their API keys.

-- name: tenant_insert
-- tenant: none, because this is where tenants come from
INSERT INTO tenants (name) VALUES (:name) RETURNING id, name, status, created_at;

-- name: tenant_list
-- tenant: none, because it lists them all, for the operator
SELECT id, name, status, created_at FROM tenants ORDER BY id;

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
SELECT k.tenant_id, encode(k.secret_sha256, 'hex') AS secret_sha256
  FROM api_keys k JOIN tenants t ON t.id = k.tenant_id
 WHERE k.prefix = :prefix AND k.revoked_at IS NULL AND t.status = 'active';
