-- tenant_secrets.sql - sealed secrets: as they lie there, and never what is in them.

-- name: secret_put
-- The one before is kept for what was begun with it, unless it is of the same workspace: then this takes its place.
WITH before AS (
    UPDATE tenant_secrets SET retired_at = clock_timestamp()
     WHERE tenant_id = :tenant_id AND name = :name AND account <> :account AND retired_at IS NULL
    RETURNING name
), counted AS (SELECT count(*) AS n FROM before)
INSERT INTO tenant_secrets (tenant_id, name, account, key_id, nonce, box, last_four)
SELECT :tenant_id, :name, :account, :key_id, decode(:nonce, 'hex'), decode(:box, 'hex'), :last_four FROM counted
ON CONFLICT (tenant_id, name, account)
DO UPDATE SET key_id = excluded.key_id, nonce = excluded.nonce, box = excluded.box, last_four = excluded.last_four,
              updated_at = clock_timestamp(), retired_at = NULL
RETURNING name AS provider, account, key_id, last_four, updated_at;

-- name: secret_current
SELECT name AS provider, account, key_id, last_four, updated_at, encode(nonce, 'hex') AS nonce, encode(box, 'hex') AS box
  FROM tenant_secrets
 WHERE tenant_id = :tenant_id AND name = :name AND retired_at IS NULL;

-- name: secret_of_account
SELECT account, key_id, encode(nonce, 'hex') AS nonce, encode(box, 'hex') AS box
  FROM tenant_secrets
 WHERE tenant_id = :tenant_id AND name = :name AND account = :account;

-- name: secret_retire
UPDATE tenant_secrets SET retired_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND retired_at IS NULL
RETURNING name;

-- name: secret_lock
-- Two changes of one tenant's keys come one after the other.
SELECT pg_advisory_xact_lock(hashtextextended('secrets:' || :tenant_id::bigint, 0));

-- name: secret_list
-- tenant: none, because the operator looks after all of them
SELECT tenant_id, name, account, key_id, last_four, updated_at, retired_at
  FROM tenant_secrets
 WHERE tenant_id = :only_tenant::bigint OR :only_tenant::bigint IS NULL
 ORDER BY tenant_id, name, retired_at NULLS FIRST, account;

-- name: secret_keys
-- tenant: none, because keys are the deployment's
SELECT key_id, count(*) AS n FROM tenant_secrets GROUP BY key_id ORDER BY key_id;

-- name: secret_batch
-- tenant: none, because all are sealed anew
-- The next ones, from the last one on: whether they need it is known to who has the keys.
SELECT s.tenant_id, s.name, s.account, s.key_id, encode(s.nonce, 'hex') AS nonce, encode(s.box, 'hex') AS box
  FROM tenant_secrets s
  JOIN tenants t ON t.id = s.tenant_id
 WHERE (s.tenant_id, s.name, s.account) > (:after_tenant::bigint, :after_name::text, :after_account::text)
   AND t.test = (:provider = 'simulator')
 ORDER BY s.tenant_id, s.name, s.account
 LIMIT :limit;

-- name: secret_resealed
-- Only over the one that was read: a new secret may have come in between.
UPDATE tenant_secrets SET key_id = :key_id, nonce = decode(:nonce, 'hex'), box = decode(:box, 'hex')
 WHERE tenant_id = :tenant_id AND name = :name AND account = :account AND nonce = decode(:was, 'hex');

-- name: secret_prune
-- tenant: none, because what is of no use any more is no tenant's
-- Retired for a day, and nothing is open or kept at the provider that only its workspace can tell or delete.
DELETE FROM tenant_secrets s
 WHERE s.retired_at < clock_timestamp() - interval '1 day'
   AND NOT EXISTS (SELECT 1 FROM call_attempts a
                    WHERE a.tenant_id = s.tenant_id AND a.account = s.account
                      AND (a.look_at IS NOT NULL OR a.stop_wanted
                           OR a.state IN ('intent', 'unknown', 'accepted', 'ringing', 'ongoing')
                           OR (a.provider_call_id IS NOT NULL
                               AND NOT EXISTS (SELECT 1 FROM erasure_copies c
                                                WHERE c.provider = a.provider AND c.provider_call_id = a.provider_call_id
                                                  AND c.deleted_at IS NOT NULL))))
   AND NOT EXISTS (SELECT 1 FROM calls k
                    WHERE k.tenant_id = s.tenant_id AND k.account = s.account AND k.provider_call_id IS NOT NULL
                      AND NOT EXISTS (SELECT 1 FROM erasure_copies c
                                       WHERE c.provider = k.provider AND c.provider_call_id = k.provider_call_id
                                         AND c.deleted_at IS NOT NULL))
RETURNING s.tenant_id, s.name;

-- name: secret_accounts
-- tenant: none, because all workspaces are asked
-- A test tenant's are the simulator's processes' only: no key of the others is sent there.
SELECT s.tenant_id, s.account
  FROM tenant_secrets s
  JOIN tenants t ON t.id = s.tenant_id
 WHERE s.name = :name AND t.test = (:provider = 'simulator')
 ORDER BY s.tenant_id, s.account;
