-- scrubs.sql - when numbers were compared with registries.

-- name: scrub_registry
-- tenant: none, because the platform's rules are everybody's
SELECT extended -> 'dnc' ->> 'registry' AS registry,
       coalesce((extended -> 'dnc' ->> 'registry_scrub_validity_days')::bigint, 0) AS validity_days
  FROM platform_country_rules
 WHERE country_iso = :country_iso AND extended -> 'dnc' ->> 'registry' IS NOT NULL
   AND effective_from <= current_date AND (effective_to IS NULL OR effective_to >= current_date);

-- name: scrub_record
INSERT INTO registry_scrubs AS s (tenant_id, e164, registry, scrubbed_at)
SELECT DISTINCT l.tenant_id, l.phone, r.extended -> 'dnc' ->> 'registry', coalesce(:at::timestamptz, clock_timestamp())
  FROM leads l
  JOIN platform_country_rules r ON r.country_iso = l.country_iso
 WHERE l.tenant_id = :tenant_id AND (:country_iso::text IS NULL OR l.country_iso = :country_iso)
   AND r.extended -> 'dnc' ->> 'registry' IS NOT NULL
   AND r.effective_from <= current_date AND (r.effective_to IS NULL OR r.effective_to >= current_date)
ON CONFLICT (tenant_id, e164, registry)
DO UPDATE SET scrubbed_at = excluded.scrubbed_at WHERE s.scrubbed_at < excluded.scrubbed_at;

-- name: scrub_summary
WITH registries AS (
    SELECT extended -> 'dnc' ->> 'registry' AS registry, min(country_iso) AS country_iso,
           make_interval(days => min((extended -> 'dnc' ->> 'registry_scrub_validity_days')::int)) AS validity
      FROM platform_country_rules
     WHERE effective_from <= current_date AND (effective_to IS NULL OR effective_to >= current_date)
     GROUP BY 1
)
SELECT s.registry, min(r.country_iso) AS country_iso, count(*) AS numbers,
       count(*) FILTER (WHERE s.scrubbed_at + r.validity > clock_timestamp()) AS valid_numbers,
       min(s.scrubbed_at) AS oldest, max(s.scrubbed_at) AS newest,
       min(s.scrubbed_at + r.validity) FILTER (WHERE s.scrubbed_at + r.validity > clock_timestamp()) AS next_expiry,
       max(s.scrubbed_at + r.validity) AS last_expiry
  FROM registry_scrubs s
  LEFT JOIN registries r ON r.registry = s.registry
 WHERE s.tenant_id = :tenant_id
 GROUP BY s.registry
 ORDER BY s.registry;

-- name: scrub_list_date
-- The registry as the tenant has it: whole files and the changes after them, of those that ended.
SELECT max(scrubbed_at)::text AS at
  FROM dnc_imports
 WHERE tenant_id = :tenant_id AND registry = :registry AND source = 'registry' AND mode IN ('full', 'delta')
   AND finished_at IS NOT NULL
HAVING bool_or(mode = 'full');

-- name: scrub_run_next
-- The next leads in the countries of a registry, compared with the list as it stands here.
WITH piece AS (
    SELECT id, phone, country_iso FROM leads
     WHERE tenant_id = :tenant_id AND id > :after
     ORDER BY id
     LIMIT 10000
), compared AS (
    SELECT DISTINCT p.phone
      FROM piece p
     WHERE p.country_iso IN (SELECT r.country_iso FROM platform_country_rules r
                              WHERE r.extended -> 'dnc' ->> 'registry' = :registry)
), written AS (
    INSERT INTO registry_scrubs AS s (tenant_id, e164, registry, scrubbed_at)
    SELECT :tenant_id, phone, :registry, :at::timestamptz FROM compared
        ON CONFLICT (tenant_id, e164, registry)
        DO UPDATE SET scrubbed_at = excluded.scrubbed_at WHERE s.scrubbed_at < excluded.scrubbed_at
)
SELECT (SELECT max(id) FROM piece) AS last, (SELECT count(*) FROM compared) AS compared,
       (SELECT count(*) FROM compared c
         WHERE (SELECT count(*) FROM dnc_entries d
                 WHERE d.tenant_id = :tenant_id AND d.e164 = c.phone AND d.source = 'registry'
                   AND d.registry = :registry AND d.removed_at IS NULL) > 0) AS listed;
