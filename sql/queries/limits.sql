-- limits.sql - what a tenant may use at once and in all, and what a provider lets us do.

-- name: tenant_limits_get
SELECT t.max_concurrent_calls, t.on_unknown, t.unknown_scope, round(b.limit_cents)::bigint AS budget_cents,
       coalesce(b.spent_cents, 0) AS spent_cents, round(b.reserve_cents)::bigint AS reserve_cents
  FROM tenants t
  LEFT JOIN tenant_budgets b ON b.tenant_id = t.id
 WHERE t.id = :tenant_id;

-- name: tenant_limits_set
UPDATE tenants
   SET max_concurrent_calls = :max_concurrent_calls::bigint, on_unknown = :on_unknown, unknown_scope = :unknown_scope
 WHERE id = :tenant_id;

-- name: tenant_budget_set
INSERT INTO tenant_budgets (tenant_id, limit_cents, reserve_cents)
VALUES (:tenant_id, :budget_cents::double precision, coalesce(:reserve_cents::double precision, 50))
ON CONFLICT (tenant_id)
DO UPDATE SET limit_cents = excluded.limit_cents,
              reserve_cents = coalesce(:reserve_cents::double precision, tenant_budgets.reserve_cents);

-- name: tenant_budget_end
DELETE FROM tenant_budgets WHERE tenant_id = :tenant_id;

-- name: provider_limits_list
-- tenant: none, because a provider serves them all
SELECT provider, concurrency_limit, reserved_inbound, others_live, starts_per_second, starts_set_by, told_at
  FROM provider_limits
 ORDER BY provider;

-- name: provider_starts_set
-- tenant: none, because a provider serves them all
UPDATE provider_limits SET starts_per_second = :starts::double precision, starts_set_by = :set_by
 WHERE provider = :provider;

-- name: rate_limit_get
SELECT per_minute, burst
  FROM rate_limits
 WHERE tenant_id = :tenant_id AND principal = :principal AND class = :class;

-- name: rate_limit_set
INSERT INTO rate_limits (tenant_id, principal, class, per_minute, burst)
SELECT :tenant_id, :principal, :class, :per_minute::bigint, :burst::bigint
 WHERE :principal = '' OR EXISTS (SELECT 1 FROM api_keys WHERE tenant_id = :tenant_id AND prefix = :principal)
ON CONFLICT (tenant_id, principal, class) DO UPDATE SET per_minute = excluded.per_minute, burst = excluded.burst;

-- name: rate_limit_end
DELETE FROM rate_limits WHERE tenant_id = :tenant_id AND principal = :principal AND class = :class;

-- name: rate_limit_list
SELECT principal, class, per_minute, burst
  FROM rate_limits
 WHERE tenant_id = :tenant_id
 ORDER BY principal, class;
