-- breakers.sql - each opens a halt when there is reason enough; a standing one stays as it is.

-- name: breaker_open
-- tenant: none, because what fails for one tenant may stand still for all of them
-- One word of the provider is enough.
INSERT INTO halts (tenant_id, scope, key, cause, reason, probe_at)
VALUES (CASE WHEN :platform::boolean THEN NULL ELSE :tenant_id::bigint END, :scope, :key, 'breaker', :reason,
        clock_timestamp() + make_interval(secs => :probe_seconds::double precision))
ON CONFLICT DO NOTHING
RETURNING id;

-- name: breaker_storm
-- tenant: none, because a provider's failures are counted over all tenants
-- Five requests that never left or had no answer within half a minute, and more than half of all.
INSERT INTO halts (tenant_id, scope, key, cause, reason, probe_at)
SELECT CASE WHEN :platform::boolean THEN NULL ELSE :tenant_id::bigint END, :scope, :key, 'breaker', :reason,
       clock_timestamp() + make_interval(secs => :probe_seconds::double precision)
  FROM (SELECT count(*) FILTER (WHERE state = 'unknown' OR http_status >= 500 OR evidence LIKE 'HTTP 0%') AS bad,
               count(*) AS n
          FROM call_attempts
         WHERE created_at > clock_timestamp() - interval '30 seconds' AND provider = :key
           AND account IS NOT DISTINCT FROM :account::text AND (:platform::boolean OR tenant_id = :tenant_id)) recent
 WHERE recent.bad >= 5 AND recent.bad * 2 > recent.n
ON CONFLICT DO NOTHING
RETURNING id;

-- name: breaker_bad_number
-- The last five calls from it could not be connected, or a quarter of the last twenty were blocked.
INSERT INTO halts (tenant_id, scope, key, cause, reason, probe_at)
SELECT CASE WHEN :platform::boolean THEN NULL ELSE :tenant_id::bigint END, :scope, :key, 'breaker', :reason,
       clock_timestamp() + make_interval(secs => :probe_seconds::double precision)
  FROM (SELECT count(*) FILTER (WHERE place <= 5 AND outcome IN ('unreachable', 'carrier_config')) AS failed,
               count(*) FILTER (WHERE outcome IN ('spam_blocked', 'blocked', 'trunk_auth')) AS blocked
          FROM (SELECT outcome, row_number() OVER (ORDER BY updated_at DESC) AS place
                  FROM call_attempts
                 WHERE from_number = :key AND outcome IS NOT NULL AND tenant_id = :tenant_id
                 ORDER BY updated_at DESC LIMIT 20) last) counts
 WHERE counts.failed = 5 OR counts.blocked >= 5
ON CONFLICT DO NOTHING
RETURNING id;

-- name: breaker_bad_agent
-- It broke the rules of the provider, or three calls in a row failed by its fault.
INSERT INTO halts (tenant_id, scope, key, cause, reason, probe_at)
SELECT CASE WHEN :platform::boolean THEN NULL ELSE :tenant_id::bigint END, :scope, :key, 'breaker', :reason,
       clock_timestamp() + make_interval(secs => :probe_seconds::double precision)
  FROM (SELECT count(*) FILTER (WHERE outcome = 'agent_fault') AS failed, bool_or(outcome = 'policy') AS policy
          FROM (SELECT outcome FROM call_attempts
                 WHERE agent_id = :key AND outcome IS NOT NULL AND tenant_id = :tenant_id
                 ORDER BY updated_at DESC LIMIT 3) last) counts
 WHERE counts.failed = 3 OR counts.policy
ON CONFLICT DO NOTHING
RETURNING id;

-- name: breaker_slow
-- tenant: none, because the provider's limits are everybody's
-- It turned a request away: half the rate of the last second, once a second at most, and not before
-- it said.
UPDATE provider_limits l
   SET slow_per_second = greatest(0.05, least(provider_rate(l), recent.n) / 2), slowed_at = clock_timestamp(),
       next_start_at = greatest(next_start_at, clock_timestamp() + make_interval(secs => :seconds::double precision))
  FROM (SELECT count(*) AS n FROM call_attempts
         WHERE created_at > clock_timestamp() - interval '1 second' AND account IS NULL) recent
 WHERE l.provider = :provider AND coalesce(l.slowed_at, '-infinity') < clock_timestamp() - interval '1 second';
