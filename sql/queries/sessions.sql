-- sessions.sql - who is signed in, and who may try to.

-- Counted before the password is looked at, so that many at once are no more than one after another.  No row:
-- not yet.  A good password takes it back.  A day without a failure forgets them.
-- name: attempt_begin
-- tenant: none, because the address may be nobody's
INSERT INTO login_attempts AS a (email_sha256, network, failures, last_at, next_at)
VALUES (sha256(convert_to(:email, 'UTF8')), :network, 1, clock_timestamp(), clock_timestamp())
ON CONFLICT (email_sha256, network) DO UPDATE
   SET failures = CASE WHEN a.last_at < clock_timestamp() - interval '1 day' THEN 1 ELSE a.failures + 1 END,
       last_at = clock_timestamp(),
       next_at = clock_timestamp() + CASE
           WHEN a.last_at < clock_timestamp() - interval '1 day' OR a.failures + 1 < :free THEN interval '0'
           ELSE least(interval '15 minutes', interval '1 second' * power(2, least(a.failures + 1 - :free, 12)))
       END
 WHERE a.next_at <= clock_timestamp()
RETURNING failures;

-- name: attempt_wait
-- tenant: none, because the address may be nobody's
SELECT greatest(1, ceil(extract(epoch FROM next_at - clock_timestamp())))::bigint AS seconds
  FROM login_attempts WHERE email_sha256 = sha256(convert_to(:email, 'UTF8')) AND network = :network;

-- name: attempt_forgive
-- tenant: none, because the address may be nobody's
DELETE FROM login_attempts WHERE email_sha256 = sha256(convert_to(:email, 'UTF8')) AND network = :network;

-- Of all addresses from that network: one failure fewer, and no more.
-- name: attempt_forgive_network
-- tenant: none, because the network is no tenant's
UPDATE login_attempts SET failures = greatest(0, failures - 1)
 WHERE email_sha256 = sha256('') AND network = :network;

-- name: attempt_sweep
-- tenant: none, because what is old is everybody's
DELETE FROM login_attempts WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM login_attempts WHERE last_at < now() - interval '1 day' LIMIT 100 FOR UPDATE SKIP LOCKED));

-- What ended or ran out a month ago is gone, and its tokens with it.
-- name: session_sweep
DELETE FROM user_sessions WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM user_sessions
     WHERE tenant_id = :tenant_id AND user_id = :user_id
       AND (ended_at < now() - interval '30 days' OR expires_at < now() - interval '30 days')
     LIMIT 100 FOR UPDATE SKIP LOCKED));

-- Of a user whose password is still the one that was checked; setting another waits, and ends this session too.
-- name: session_insert
INSERT INTO user_sessions (tenant_id, user_id, expires_at)
SELECT tenant_id, id, now() + make_interval(secs => :seconds)
  FROM users
 WHERE tenant_id = :tenant_id AND id = :user_id AND password_hash = :password_hash AND status = 'active'
   FOR NO KEY UPDATE
RETURNING id, extract(epoch FROM expires_at)::bigint AS expires_at;

-- name: refresh_insert
INSERT INTO refresh_tokens (tenant_id, session_id, token_sha256)
VALUES (:tenant_id, :session_id, decode(:token_sha256, 'hex'));

-- name: refresh_find
-- tenant: none, because the token is what says whose the request is
SELECT r.id, r.tenant_id, r.session_id, s.user_id, extract(epoch FROM s.expires_at)::bigint AS expires_at,
       r.used_at IS NOT NULL AS used, r.repeated_at IS NOT NULL AS repeated,
       coalesce(r.used_at > clock_timestamp() - make_interval(secs => :grace), false) AS just_used,
       s.ended_at IS NULL AND s.expires_at > now() AND u.status = 'active' AND t.status = 'active' AS alive
  FROM refresh_tokens r
  JOIN user_sessions s ON s.tenant_id = r.tenant_id AND s.id = r.session_id
  JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
  JOIN tenants t ON t.id = u.tenant_id
 WHERE r.token_sha256 = decode(:token_sha256, 'hex')
   FOR UPDATE OF r, s;

-- name: refresh_use
UPDATE refresh_tokens
   SET repeated_at = CASE WHEN used_at IS NULL THEN NULL ELSE clock_timestamp() END,
       used_at = coalesce(used_at, clock_timestamp())
 WHERE tenant_id = :tenant_id AND id = :id;

-- name: session_refreshed
UPDATE user_sessions SET refreshed_at = now() WHERE tenant_id = :tenant_id AND id = :session_id;

-- name: session_end
UPDATE user_sessions SET ended_at = now(), ended_why = :why
 WHERE tenant_id = :tenant_id AND id = :session_id AND ended_at IS NULL;

-- All of a user's, but one (0 = none).
-- name: session_end_others
UPDATE user_sessions SET ended_at = now(), ended_why = :why
 WHERE tenant_id = :tenant_id AND user_id = :user_id AND id <> :session_id AND ended_at IS NULL;

-- Of a token that is well signed: is its session still one, and what may its user do now?
-- name: session_find
SELECT u.role, u.campaigns, t.test
  FROM user_sessions s
  JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
  JOIN tenants t ON t.id = s.tenant_id
 WHERE s.tenant_id = :tenant_id AND s.id = :session_id AND s.user_id = :user_id AND s.ended_at IS NULL
   AND s.expires_at > now() AND u.status = 'active' AND t.status = 'active';
