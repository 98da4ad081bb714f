-- tenants.sql - tenants and their API keys.

-- name: tenant_insert
-- tenant: none, because this is where tenants come from
INSERT INTO tenants (name, test) VALUES (:name, :test) RETURNING id, name, status, test, created_at;

-- name: tenant_list
-- tenant: none, because it lists them all, for the operator
SELECT id, name, status, test, created_at FROM tenants ORDER BY id;

-- name: tenant_kind
SELECT test FROM tenants WHERE id = :tenant_id;

-- name: api_key_insert
INSERT INTO api_keys (tenant_id, name, prefix, secret_sha256, scopes, networks, expires_at, replaces)
SELECT id, :name, :prefix, decode(:secret_sha256, 'hex'), :scopes::jsonb, :networks::jsonb, :expires_at::timestamptz,
       :replaces::bigint
  FROM tenants WHERE id = :tenant_id
RETURNING id, name, prefix, scopes, networks, expires_at, last_used_at, replaces, created_at, revoked_at;

-- name: api_key_list
SELECT id, name, prefix, scopes, networks, expires_at, last_used_at, replaces, created_at, revoked_at
  FROM api_keys WHERE tenant_id = :tenant_id ORDER BY id LIMIT :limit OFFSET :offset;

-- name: api_key_count
SELECT count(*) AS n FROM api_keys WHERE tenant_id = :tenant_id;

-- name: api_key_get
SELECT id, name, prefix, scopes, networks, expires_at, last_used_at, replaces, created_at, revoked_at
  FROM api_keys WHERE tenant_id = :tenant_id AND id = :id;

-- What it takes to be replaced: it is still good.
-- name: api_key_lock
SELECT id, name, prefix, scopes, networks, expires_at, last_used_at, replaces, created_at, revoked_at
  FROM api_keys
 WHERE tenant_id = :tenant_id AND id = :id AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
   FOR UPDATE;

-- name: api_key_overlap
UPDATE api_keys SET expires_at = least(coalesce(expires_at, 'infinity'), now() + make_interval(secs => :seconds))
 WHERE tenant_id = :tenant_id AND id = :id;

-- name: api_key_revoke
UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE tenant_id = :tenant_id AND id = :id;

-- name: api_key_find
-- tenant: none, because the key is what says whose the request is
SELECT k.id, k.tenant_id, encode(k.secret_sha256, 'hex') AS secret_sha256, k.scopes, k.networks, t.test,
       coalesce(k.last_used_at < now() - interval '10 minutes', true) AS unseen
  FROM api_keys k JOIN tenants t ON t.id = k.tenant_id
 WHERE k.prefix = :prefix AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
   AND t.status = 'active';

-- Of several processes that see it at once, one writes.
-- name: api_key_used
UPDATE api_keys SET last_used_at = now()
 WHERE tenant_id = :tenant_id AND id = :id AND coalesce(last_used_at < now() - interval '10 minutes', true);
