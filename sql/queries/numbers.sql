-- numbers.sql - a tenant's caller ids.

-- name: number_insert
INSERT INTO numbers (tenant_id, e164, country, type, status, provider, provider_number_id, verified, capabilities,
                     monthly_cost_cents, setup_cost_cents)
VALUES (:tenant_id, :e164, :country, :type, :status, :provider, :provider_number_id, :verified, :capabilities,
        :monthly_cost_cents, :setup_cost_cents)
RETURNING id, e164, country, type, status, provider, provider_number_id, verified, capabilities,
          monthly_cost_cents, setup_cost_cents, created_at, updated_at;

-- name: number_get
SELECT id, e164, country, type, status, provider, provider_number_id, verified, capabilities,
       monthly_cost_cents, setup_cost_cents, created_at, updated_at
  FROM numbers
 WHERE tenant_id = :tenant_id AND id = :id;

-- name: number_list
SELECT id, e164, country, type, status, provider, provider_number_id, verified, capabilities,
       monthly_cost_cents, setup_cost_cents, created_at, updated_at
  FROM numbers
 WHERE tenant_id = :tenant_id
   AND (:country::text IS NULL OR country = :country)
   AND (:status::text IS NULL OR status = :status)
   AND (:provider::text IS NULL OR provider = :provider)
 ORDER BY e164;

-- name: number_active
SELECT 1 FROM numbers WHERE tenant_id = :tenant_id AND e164 = :e164 AND status = 'active';
