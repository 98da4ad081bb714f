-- Who set a halt, and causes that stand side by side: each is lifted by whoever set it, and what it
-- leaves standing stands.

-- The tenant itself with a key of its own, or the platform: its operator, a breaker, a failover.
ALTER TABLE halts ADD COLUMN set_by TEXT NOT NULL DEFAULT 'platform' CHECK (set_by IN ('tenant', 'platform'));
UPDATE halts SET set_by = 'tenant' WHERE cause = 'operator' AND tenant_id IS NOT NULL;

DROP INDEX halts_standing;
CREATE UNIQUE INDEX halts_standing ON halts (coalesce(tenant_id, 0), scope, key, cause, set_by) WHERE lifted_at IS NULL;
