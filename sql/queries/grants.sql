-- grants.sql - what overrides may loosen.

-- name: grant_insert
INSERT INTO loosening_grants (ticket, tenant_id, country_iso, granted_by, reason, expires_at)
VALUES (:ticket, :tenant_id, :country_iso, :granted_by, :reason, :expires_at)
RETURNING ticket, country_iso, granted_by, reason, expires_at, created_at, revoked_at;

-- name: grant_list
SELECT ticket, country_iso, granted_by, reason, expires_at, created_at, revoked_at
  FROM loosening_grants
 WHERE tenant_id = :tenant_id
 ORDER BY created_at, ticket;

-- name: grant_revoke
UPDATE loosening_grants SET revoked_at = coalesce(revoked_at, clock_timestamp())
 WHERE tenant_id = :tenant_id AND ticket = :ticket
RETURNING ticket, country_iso, granted_by, reason, expires_at, created_at, revoked_at;

-- name: grants_standing
SELECT string_agg(country_iso || ',' || (extract(epoch FROM expires_at) * 1000000)::bigint || ',' || ticket, ' ') AS grants
  FROM loosening_grants
 WHERE tenant_id = :tenant_id AND revoked_at IS NULL AND expires_at > clock_timestamp();
