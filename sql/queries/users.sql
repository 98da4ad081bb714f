-- users.sql - people, and the links that are sent to them.

-- name: user_for_login
-- tenant: none, because the address is what says whose the request is
SELECT u.id, u.tenant_id, u.password_hash
  FROM users u JOIN tenants t ON t.id = u.tenant_id
 WHERE u.email = :email AND u.status = 'active' AND t.status = 'active';

-- name: user_list
SELECT id, email, name, role, campaigns, status, platform, last_login_at, created_at, updated_at
  FROM users WHERE tenant_id = :tenant_id ORDER BY id LIMIT :limit OFFSET :offset;

-- name: user_count
SELECT count(*) AS n FROM users WHERE tenant_id = :tenant_id;

-- name: user_get
SELECT id, email, name, role, campaigns, status, platform, last_login_at, created_at, updated_at
  FROM users WHERE tenant_id = :tenant_id AND id = :id;

-- All of the tenant's admins are locked first, in one order: of two who demote each other, one comes second.
-- name: user_lock_admins
SELECT id FROM users WHERE tenant_id = :tenant_id AND role = 'admin' AND status = 'active' ORDER BY id FOR UPDATE;

-- name: user_lock
SELECT id, email, name, role, campaigns, status, platform, last_login_at, created_at, updated_at
  FROM users WHERE tenant_id = :tenant_id AND id = :id FOR UPDATE;

-- name: user_update
UPDATE users SET name = :name, role = :role, campaigns = :campaigns, status = :status, updated_at = now()
 WHERE tenant_id = :tenant_id AND id = :id
RETURNING id, email, name, role, campaigns, status, platform, last_login_at, created_at, updated_at;

-- name: user_campaigns
-- How many of these are the tenant's own.
SELECT count(*) AS n FROM campaigns WHERE tenant_id = :tenant_id AND id = ANY (:ids::bigint[]);

-- name: user_password
SELECT password_hash FROM users WHERE tenant_id = :tenant_id AND id = :id AND status = 'active';

-- name: user_set_password
UPDATE users SET password_hash = :password_hash, updated_at = now() WHERE tenant_id = :tenant_id AND id = :id;

-- name: user_insert
INSERT INTO users (tenant_id, email, name, role, campaigns, password_hash)
VALUES (:tenant_id, :email, :name, :role, :campaigns::jsonb, :password_hash)
RETURNING id, email, name, role, campaigns, status, platform, last_login_at, created_at, updated_at;

-- name: user_signed_in
UPDATE users SET last_login_at = now() WHERE tenant_id = :tenant_id AND id = :id;

-- A new invitation takes the place of those the address has and has not used.
-- name: invitation_replace
UPDATE one_time_links SET used_at = now()
 WHERE tenant_id = :tenant_id AND email = :email AND purpose = 'invitation' AND used_at IS NULL;

-- name: invitation_insert
INSERT INTO one_time_links (tenant_id, purpose, token_sha256, email, role, campaigns, made_by, expires_at)
SELECT id, 'invitation', decode(:token_sha256, 'hex'), :email, :role, :campaigns::jsonb, :made_by, now() + make_interval(secs => :seconds)
  FROM tenants WHERE id = :tenant_id AND status = 'active'
RETURNING id, email, role, campaigns, created_at, expires_at;

-- One a minute at most, so that nobody's mailbox can be filled.
-- name: reset_insert
-- tenant: none, because the address is what says whose the request is
INSERT INTO one_time_links (tenant_id, purpose, token_sha256, email, user_id, expires_at)
SELECT u.tenant_id, 'reset', decode(:token_sha256, 'hex'), u.email, u.id, now() + make_interval(secs => :seconds)
  FROM users u JOIN tenants t ON t.id = u.tenant_id
 WHERE u.email = :email AND u.status = 'active' AND t.status = 'active'
   AND NOT EXISTS (SELECT FROM one_time_links l
                    WHERE l.tenant_id = u.tenant_id AND l.email = u.email AND l.purpose = 'reset' AND l.used_at IS NULL
                      AND l.created_at > now() - interval '1 minute')
RETURNING id;

-- name: link_find
-- tenant: none, because the link is what says whose the request is
SELECT l.id, l.tenant_id, l.email, l.role, l.campaigns, l.user_id
  FROM one_time_links l JOIN tenants t ON t.id = l.tenant_id
 WHERE l.token_sha256 = decode(:token_sha256, 'hex') AND l.purpose = :purpose AND l.used_at IS NULL
   AND l.expires_at > now() AND t.status = 'active';

-- name: link_use
UPDATE one_time_links SET used_at = now()
 WHERE tenant_id = :tenant_id AND id = :id AND used_at IS NULL AND expires_at > now();

-- A password that was set ends every other way to set it.
-- name: link_end_resets
UPDATE one_time_links SET used_at = now()
 WHERE tenant_id = :tenant_id AND user_id = :user_id AND purpose = 'reset' AND used_at IS NULL;
