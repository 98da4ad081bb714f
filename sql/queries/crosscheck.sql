-- crosscheck.sql - the provider's calls against our attempts, and how far it lags behind.

-- name: cross_listed
-- tenant: none, because the provider's call says whose attempt it is
-- Of a page of its calls those whose attempt is not here, or has another call.
SELECT g.attempt_id, g.provider_call_id, a.id IS NULL AS missing
  FROM unnest(:attempt_ids::uuid[], :provider_call_ids::text[]) g (attempt_id, provider_call_id)
  LEFT JOIN call_attempts a ON a.id = g.attempt_id
 WHERE (a.id IS NULL OR a.provider_call_id <> g.provider_call_id)
   AND (a.id IS NULL
        OR (a.account IS NOT DISTINCT FROM :account::text AND (:account::text IS NULL OR a.tenant_id = :teller::bigint)));

-- name: cross_attempts
-- tenant: none, because the check is the platform's
SELECT id, tenant_id, account, state, provider_call_id, created_at
  FROM call_attempts
 WHERE provider = :provider AND id > :after::uuid
   AND created_at BETWEEN clock_timestamp() - make_interval(hours => :hours) AND clock_timestamp() - interval '2 minutes'
 ORDER BY id
 LIMIT :limit;

-- name: lag_webhooks
-- tenant: none, because the provider serves all of them
SELECT (extract(epoch FROM i.received_at - a.created_at) * 1000000)::bigint AS lag_us
  FROM webhook_inbox i
  JOIN call_attempts a ON a.provider = i.provider AND a.provider_call_id = i.provider_call_id
 WHERE i.received_at > clock_timestamp() - make_interval(secs => :seconds::bigint) AND i.event = 'call_started'
 LIMIT 100000;

-- name: lag_quantiles
-- tenant: none, because the provider serves all of them
SELECT (SELECT percentile_disc(0.9999) WITHIN GROUP (ORDER BY extract(epoch FROM found_at - created_at))
          FROM call_attempts WHERE found_at > clock_timestamp() - interval '1 day') AS listed,
       (SELECT percentile_disc(0.9999) WITHIN GROUP (ORDER BY extract(epoch FROM i.received_at - a.created_at))
          FROM webhook_inbox i
          JOIN call_attempts a ON a.provider = i.provider AND a.provider_call_id = i.provider_call_id
         WHERE i.received_at > clock_timestamp() - interval '1 hour' AND i.event = 'call_started') AS webhook;
