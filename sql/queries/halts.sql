-- halts.sql - what must stand still, and the requests that may still be leaving.

-- name: halt_lock
-- Claims take it shared: what comes after this knows every intent that was committed without the halt.
SELECT pg_advisory_xact_lock(hashtextextended('halt:' || :tenant_id::bigint, 0));

-- name: halt_insert
-- tenant: or none, because the platform sets, sees and lifts halts of its own and of everybody
-- Beside what stands for another cause or by somebody else's word: each is lifted by itself.
WITH standing AS (
    SELECT id, tenant_id, scope, key, cause, set_by, reason, created_at, lifted_at
      FROM halts
     WHERE coalesce(tenant_id, 0) = :tenant_id AND scope = :scope AND key = :key AND cause = :cause
       AND set_by = :set_by AND lifted_at IS NULL
), made AS (
    INSERT INTO halts (tenant_id, scope, key, cause, set_by, reason)
    SELECT nullif(:tenant_id::bigint, 0), :scope, :key, :cause, :set_by, :reason
     WHERE NOT EXISTS (SELECT 1 FROM standing)
    RETURNING id, tenant_id, scope, key, cause, set_by, reason, created_at, lifted_at
)
SELECT id, tenant_id, scope, key, cause, set_by, reason, created_at, lifted_at FROM standing
 UNION ALL
SELECT id, tenant_id, scope, key, cause, set_by, reason, created_at, lifted_at FROM made;

-- name: halt_list
-- tenant: or none, because the platform sets, sees and lifts halts of its own and of everybody
-- A tenant's own, and what stands still for everybody: it has a right to know why nothing is dialled.
-- The platform itself (0) sees everybody's.
SELECT id, tenant_id, scope, key, cause, set_by, reason, created_at, lifted_at
  FROM halts
 WHERE (tenant_id = :tenant_id OR tenant_id IS NULL OR :tenant_id::bigint = 0)
   AND (:standing::boolean IS NULL OR (lifted_at IS NULL) = :standing::boolean)
 ORDER BY id DESC
 LIMIT :limit OFFSET :offset;

-- name: halt_count
-- tenant: or none, because the platform sets, sees and lifts halts of its own and of everybody
SELECT count(*) AS n
  FROM halts
 WHERE (tenant_id = :tenant_id OR tenant_id IS NULL OR :tenant_id::bigint = 0)
   AND (:standing::boolean IS NULL OR (lifted_at IS NULL) = :standing::boolean);

-- name: halt_find
-- tenant: or none, because the platform sets, sees and lifts halts of its own and of everybody
-- Whoever may see it; who may lift it is decided by what never changes in it.
SELECT id, tenant_id, scope, key, cause, set_by, reason, created_at, lifted_at
  FROM halts
 WHERE id = :id AND (tenant_id = :tenant_id OR tenant_id IS NULL OR :tenant_id::bigint = 0);

-- name: halt_lift
-- tenant: or none, because the platform sets, sees and lifts halts of its own and of everybody
UPDATE halts SET lifted_at = coalesce(lifted_at, clock_timestamp())
 WHERE id = :id AND (tenant_id = :tenant_id OR :tenant_id::bigint = 0)
RETURNING id, tenant_id, scope, key, cause, set_by, reason, created_at, lifted_at;

-- name: dialling_leaving
-- tenant: or none, because the platform sets, sees and lifts halts of its own and of everybody
-- Intents whose request may still be on its way out, and requests sent once more; 0 = of every tenant.
SELECT a.id, a.to_number, l.country_iso
  FROM call_attempts a
  LEFT JOIN scheduled_calls s ON s.id = a.scheduled_call_id
  LEFT JOIN leads l ON l.id = s.lead_id
 WHERE (a.state = 'intent' OR (a.state = 'unknown' AND a.repeats > 0))
   AND a.dial_deadline > clock_timestamp() - interval '1 second'
   AND (a.tenant_id = :tenant_id OR :tenant_id::bigint = 0)
   AND CASE :scope WHEN 'campaign' THEN a.campaign_id::text = :key
                   WHEN 'provider' THEN a.provider = :key
                   WHEN 'from_number' THEN coalesce(a.from_number = :key, true)
                   WHEN 'agent' THEN coalesce(a.agent_id = :key, true)
                   ELSE true END;

-- name: dialling_still_leaving
-- tenant: none, because these were found by their tenant before
SELECT count(*) AS n
  FROM call_attempts
 WHERE id = ANY (:ids::uuid[]) AND (state = 'intent' OR (state = 'unknown' AND repeats > 0))
   AND dial_deadline > clock_timestamp() - interval '1 second';
