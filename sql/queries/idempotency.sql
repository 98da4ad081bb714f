-- idempotency.sql - what is known of a provider's account and its keys.

-- name: proof_may
-- Both ends must be the tenant's own numbers, and nothing may stand still that a call would be held for.
SELECT EXISTS (SELECT 1 FROM numbers WHERE tenant_id = :tenant_id AND e164 = :from_number AND status = 'active') AS from_ours,
       EXISTS (SELECT 1 FROM numbers WHERE tenant_id = :tenant_id AND e164 = :to_number AND status = 'active') AS to_ours,
       EXISTS (SELECT 1 FROM halts h
                WHERE h.lifted_at IS NULL AND (h.tenant_id IS NULL OR h.tenant_id = :tenant_id)
                  AND (h.scope IN ('platform', 'tenant') OR (h.scope = 'provider' AND h.key = :provider)
                       OR (h.scope = 'from_number' AND h.key = :from_number)
                       OR (h.scope = 'agent' AND h.key = :agent_id))) AS halted;

-- name: proof_call
-- A call like any other for whoever looks; the reconciler hangs it up.
WITH k AS (
    INSERT INTO calls (tenant_id, call_id, to_number, from_number, agent_id, provider, provider_call_id)
    VALUES (:tenant_id, :call_id, :to_number, :from_number, :agent_id, :provider, :provider_call_id)
)
INSERT INTO stray_calls (provider, provider_call_id, attempt_id)
VALUES (:provider, :provider_call_id, :key::uuid)
ON CONFLICT DO NOTHING;

-- name: proof_write
-- tenant: none, because an account is the platform's
INSERT INTO idempotency_proofs (account, provider, gap_seconds)
VALUES (:account, :provider, :gap_seconds::int)
ON CONFLICT (account) DO UPDATE
   SET gap_seconds = excluded.gap_seconds, proven_at = excluded.proven_at, revoked_at = NULL;

-- name: proof_revoke
-- tenant: none, because an account is the platform's
UPDATE idempotency_proofs SET revoked_at = clock_timestamp() WHERE account = :account AND revoked_at IS NULL
RETURNING account;

-- name: proof_revoke_of
-- tenant: none, because an account is the platform's
-- One request of this attempt became two calls: if it was sent more than once, its key was worth nothing.
UPDATE idempotency_proofs p SET revoked_at = clock_timestamp()
  FROM call_attempts a
 WHERE a.id = :attempt_id::uuid AND a.repeats > 0 AND p.account = a.keyed_for AND p.revoked_at IS NULL
RETURNING p.account;
