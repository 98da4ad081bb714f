-- wall.sql - whose statements the next ones are, until the transaction ends; outside of one, until their pipeline does.

-- name: wall_tenant
SELECT set_config('agoralia.tenant', :tenant_id::text, true);

-- name: wall_role
-- tenant: none, because it says whether the next statements are a tenant's
SELECT set_config('role', :role::text, true);
