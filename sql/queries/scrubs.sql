-- scrubs.sql - when numbers were compared with registries.

-- name: scrub_registry
-- tenant: none, because the platform's rules are everybody's
SELECT extended -> 'dnc' ->> 'registry' AS registry,
       coalesce((extended -> 'dnc' ->> 'registry_scrub_validity_days')::bigint, 0) AS validity_days
  FROM platform_country_rules
 WHERE country_iso = :country_iso AND extended -> 'dnc' ->> 'registry' IS NOT NULL
   AND effective_from <= current_date AND (effective_to IS NULL OR effective_to >= current_date);

-- name: scrub_record_next
-- The next leads: a million are no statement's alone.
WITH piece AS (
    SELECT id, phone, country_iso FROM leads
     WHERE tenant_id = :tenant_id AND id > :after AND erasure_id IS NULL
     ORDER BY id
     LIMIT 10000
), written AS (
    INSERT INTO registry_scrubs AS s (tenant_id, e164, registry, scrubbed_at)
    SELECT DISTINCT :tenant_id::bigint, p.phone, r.extended -> 'dnc' ->> 'registry',
           coalesce(:at::timestamptz, clock_timestamp())
      FROM piece p
      JOIN platform_country_rules r ON r.country_iso = p.country_iso
     WHERE (:country_iso::text IS NULL OR p.country_iso = :country_iso)
       AND r.extended -> 'dnc' ->> 'registry' IS NOT NULL
       AND r.effective_from <= current_date AND (r.effective_to IS NULL OR r.effective_to >= current_date)
     ORDER BY 2
        ON CONFLICT (tenant_id, e164, registry)
        DO UPDATE SET scrubbed_at = excluded.scrubbed_at WHERE s.scrubbed_at < excluded.scrubbed_at
    RETURNING 1
)
SELECT (SELECT max(id) FROM piece) AS last, (SELECT count(*) FROM written) AS written;

-- name: scrub_summary
WITH registries AS (
    SELECT extended -> 'dnc' ->> 'registry' AS registry, min(country_iso) AS country_iso,
           make_interval(days => min((extended -> 'dnc' ->> 'registry_scrub_validity_days')::int)) AS validity
      FROM platform_country_rules
     WHERE effective_from <= current_date AND (effective_to IS NULL OR effective_to >= current_date)
     GROUP BY 1
), compared AS (
    SELECT s.registry, count(*) AS numbers,
           count(*) FILTER (WHERE s.scrubbed_at + r.validity > clock_timestamp()) AS valid_numbers,
           min(s.scrubbed_at) AS oldest, max(s.scrubbed_at) AS newest,
           min(s.scrubbed_at + r.validity) FILTER (WHERE s.scrubbed_at + r.validity > clock_timestamp()) AS next_expiry,
           max(s.scrubbed_at + r.validity) AS last_expiry
      FROM registry_scrubs s
      LEFT JOIN registries r ON r.registry = s.registry
     WHERE s.tenant_id = :tenant_id
     GROUP BY s.registry
), imported AS MATERIALIZED (
    SELECT i.registry, l.listed_as_of, l.missing_from
      FROM (SELECT DISTINCT registry FROM dnc_imports
             WHERE tenant_id = :tenant_id AND source = 'registry' AND mode IN ('full', 'delta')) i
     CROSS JOIN LATERAL registry_list(:tenant_id, i.registry) l
)
SELECT coalesce(c.registry, i.registry) AS registry, r.country_iso, coalesce(c.numbers, 0) AS numbers,
       coalesce(c.valid_numbers, 0) AS valid_numbers, c.oldest, c.newest, c.next_expiry, c.last_expiry, i.listed_as_of,
       i.missing_from
  FROM compared c
  FULL JOIN imported i ON i.registry = c.registry
  LEFT JOIN registries r ON r.registry = coalesce(c.registry, i.registry)
 ORDER BY 1;

-- name: registry_list
-- The registry as the tenant has it: whole files and the changes after them, up to the first that is missing.
SELECT listed_as_of, missing_from FROM registry_list(:tenant_id, :registry);

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
     WHERE p.phone LIKE '+%' AND p.country_iso IN (SELECT r.country_iso FROM platform_country_rules r
                              WHERE r.extended -> 'dnc' ->> 'registry' = :registry)
), written AS (
    INSERT INTO registry_scrubs AS s (tenant_id, e164, registry, scrubbed_at)
    SELECT :tenant_id, phone, :registry, :at::timestamptz FROM compared ORDER BY phone
        ON CONFLICT (tenant_id, e164, registry)
        DO UPDATE SET scrubbed_at = excluded.scrubbed_at WHERE s.scrubbed_at < excluded.scrubbed_at
)
SELECT (SELECT max(id) FROM piece) AS last, (SELECT count(*) FROM compared) AS compared,
       (SELECT count(*) FROM compared c
         WHERE (SELECT count(*) FROM dnc_entries d
                 WHERE d.tenant_id = :tenant_id AND d.e164 = c.phone AND d.source = 'registry'
                   AND d.registry = :registry AND d.removed_at IS NULL) > 0) AS listed;
