-- oidc.sql - who comes back from the issuer.

-- No row: the ticket was used before.
-- name: oidc_login_take
-- tenant: none, because nobody is known yet
INSERT INTO oidc_logins (ticket_sha256) VALUES (decode(:ticket, 'hex'))
ON CONFLICT (ticket_sha256) DO NOTHING
RETURNING created_at;

-- A ticket is too old to be taken again long before.
-- name: oidc_login_sweep
-- tenant: none, because what is old is everybody's
DELETE FROM oidc_logins WHERE ticket_sha256 = ANY (ARRAY(
    SELECT ticket_sha256 FROM oidc_logins WHERE created_at < now() - interval '1 hour' LIMIT 100 FOR UPDATE SKIP LOCKED));

-- name: oidc_user_of_subject
-- tenant: none, because the issuer's word is what says whose the request is
SELECT u.id, u.tenant_id, u.role, u.status = 'active' AND t.status = 'active' AS active
  FROM user_identities i
  JOIN users u ON u.tenant_id = i.tenant_id AND u.id = i.user_id
  JOIN tenants t ON t.id = u.tenant_id
 WHERE i.issuer = :issuer AND i.subject = :subject;

-- Of two who come first at once, the second waits here.
-- name: oidc_user_of_email
-- tenant: none, because the issuer's word is what says whose the request is
SELECT u.id, u.tenant_id, u.role, u.status = 'active' AND t.status = 'active' AS active
  FROM users u JOIN tenants t ON t.id = u.tenant_id
 WHERE u.email = :email
   FOR UPDATE OF u;

-- No row: the user is bound to another subject of this issuer.
-- name: oidc_bind
INSERT INTO user_identities (tenant_id, user_id, issuer, subject)
VALUES (:tenant_id, :user_id, :issuer, :subject)
ON CONFLICT (tenant_id, user_id, issuer) DO NOTHING
RETURNING id;

-- name: oidc_login_ready
-- tenant: none, because the ticket is what says whose the request is
UPDATE oidc_logins
   SET tenant_id = :of_tenant, user_id = :user_id, issuer = :issuer, verified_email = :email, ready_at = now()
 WHERE ticket_sha256 = decode(:ticket, 'hex') AND ready_at IS NULL;

-- name: oidc_login_collect
-- tenant: none, because the ticket is what says whose the request is
UPDATE oidc_logins SET collected_at = now()
 WHERE ticket_sha256 = decode(:ticket, 'hex') AND collected_at IS NULL AND ready_at > now() - interval '1 minute'
RETURNING tenant_id, user_id, issuer, verified_email;
