-- retention.sql - what was kept for as long as it may be.

-- name: retention_floor
-- tenant: none, because one worker looks after all of them
-- Nothing younger is due for anybody.
SELECT least(:recording_days::bigint, :data_days::bigint,
             (SELECT min(data_retention_days) FROM platform_country_rules),
             (SELECT min(data_retention_days) FROM country_rules WHERE superseded_at IS NULL),
             (SELECT min(CASE WHEN jsonb_typeof(o.value -> 'data_retention_days') = 'number'
                              THEN (o.value -> 'data_retention_days')::numeric END)::bigint
                FROM campaigns c
               CROSS JOIN LATERAL jsonb_each(CASE WHEN jsonb_typeof(c.country_rules_override) = 'object'
                                                  THEN c.country_rules_override ELSE '{}' END) o)) AS days;

-- name: retention_calls
-- tenant: none, because one worker looks after all of them
-- The next thousand old ones: the recording is the provider's to delete, the rest goes here.
WITH piece AS (
    SELECT k.id, k.created_at, k.tenant_id, k.provider, k.provider_call_id, k.account, k.campaign_id, k.compliance_check_id
      FROM calls k
     WHERE k.unheard_at IS NULL AND k.provider_call_id IS NOT NULL
       AND k.created_at < clock_timestamp() - make_interval(days => :floor_days::int)
       AND (k.created_at, k.id) > (coalesce(:after_at::timestamptz, '-infinity'), coalesce(:after_id::bigint, 0))
     ORDER BY k.created_at, k.id
     LIMIT 1000
), due AS (
    SELECT p.id, p.tenant_id, p.provider, p.provider_call_id,
           coalesce(p.account, (SELECT a.account FROM call_attempts a
                                 WHERE a.provider = p.provider AND a.provider_call_id = p.provider_call_id)) AS account
      FROM piece p
      LEFT JOIN compliance_checks c ON c.tenant_id = p.tenant_id AND c.id = p.compliance_check_id
      LEFT JOIN campaigns g ON g.tenant_id = p.tenant_id AND g.id = p.campaign_id
     WHERE p.created_at < clock_timestamp()
                          - make_interval(days => retention_days(p.tenant_id, c.country_iso, g.country_rules_override, :recording_days::int))
), copies AS (
    INSERT INTO erasure_copies (provider, provider_call_id, tenant_id, account)
    SELECT provider, provider_call_id, tenant_id, account FROM due ORDER BY provider, provider_call_id
    ON CONFLICT DO NOTHING
), events AS (
    UPDATE webhook_inbox i SET body = '{}'
      FROM due
     WHERE i.provider = due.provider AND i.provider_call_id = due.provider_call_id AND i.applied_at IS NOT NULL AND i.body <> '{}'
), unheard AS (
    UPDATE calls k SET segments = NULL, summary = NULL, unheard_at = clock_timestamp(), updated_at = clock_timestamp()
      FROM due
     WHERE k.id = due.id
    RETURNING k.id
)
SELECT (SELECT count(*) FROM unheard) AS unheard, last.created_at AS last_at, last.id AS last_id
  FROM (SELECT created_at, id FROM piece ORDER BY created_at DESC, id DESC LIMIT 1) last;

-- name: retention_leads
-- tenant: none, because one worker looks after all of them
-- The next leads; due: nobody with this number was touched, spoken to or asked for consent since, and nothing waits.
SELECT l.id, l.tenant_id, l.phone,
       l.updated_at < old.since AND coalesce(l.consent_date, '-infinity') < old.since
       AND NOT EXISTS (SELECT 1 FROM calls k
                        WHERE k.tenant_id = l.tenant_id AND k.lead_id = l.id AND k.created_at >= old.since)
       AND NOT EXISTS (SELECT 1 FROM leads o
                        WHERE o.tenant_id = l.tenant_id AND o.phone = l.phone AND o.updated_at >= old.since)
       AND l.id NOT IN (SELECT s.lead_id FROM scheduled_calls s
                         WHERE s.status IN ('scheduled', 'queued', 'processing') AND s.lead_id IS NOT NULL) AS due
  FROM (SELECT id, tenant_id, campaign_id, phone, country_iso, updated_at, consent_date
          FROM leads
         WHERE id > :after_id::bigint AND erasure_id IS NULL
           AND updated_at < clock_timestamp() - make_interval(days => :floor_days::int)
         ORDER BY id
         LIMIT 1000) l
  LEFT JOIN campaigns g ON g.tenant_id = l.tenant_id AND g.id = l.campaign_id
 CROSS JOIN LATERAL (SELECT clock_timestamp() - make_interval(
                                days => coalesce(retention_days(l.tenant_id, l.country_iso, g.country_rules_override, NULL),
                                                 :data_days::int)) AS since) old
 ORDER BY l.id;
