-- compliance.sql - rules in force, do-not-call lists, decisions.

-- name: rules_in_force
-- Without the documents, which rule_documents has: they are long and seldom change.  The version is new whenever
-- the row was touched, by whomever.
SELECT true AS platform, id, country_iso, enabled, require_disclosure, disclosure_text, require_explicit_consent,
       dnc_registry_enabled, dnc_check_required, quiet_hours_enabled, quiet_hours, timezone, require_recording_consent,
       recording_disclosure_text, coalesce(data_retention_days, 0) AS data_retention_days, xmin::text::bigint AS version,
       document_hash
  FROM platform_country_rules
 WHERE (:countries::text[] IS NULL OR country_iso = ANY (:countries))
   AND effective_from <= (:at::timestamptz AT TIME ZONE coalesce(timezone, 'UTC'))::date
   AND (effective_to IS NULL OR effective_to >= (:at::timestamptz AT TIME ZONE coalesce(timezone, 'UTC'))::date)
UNION ALL
SELECT false, id, country_iso, enabled, require_disclosure, disclosure_text, require_explicit_consent,
       dnc_registry_enabled, dnc_check_required, quiet_hours_enabled, quiet_hours, timezone, require_recording_consent,
       recording_disclosure_text, coalesce(data_retention_days, 0), xmin::text::bigint, document_hash
  FROM country_rules
 WHERE tenant_id = :tenant_id AND superseded_at IS NULL
   AND (:countries::text[] IS NULL OR country_iso = ANY (:countries));

-- name: rule_documents
-- tenant: none, because the platform's rules are everybody's
SELECT id, extended FROM platform_country_rules WHERE id = ANY (:ids::bigint[]);

-- name: rule_list
SELECT id, country_iso, enabled, require_disclosure, disclosure_text, require_explicit_consent, dnc_registry_enabled,
       dnc_registry_name, dnc_check_required, quiet_hours_enabled, quiet_hours, timezone, require_recording_consent,
       recording_disclosure_text, gdpr_applicable, data_retention_days, metadata, created_at, updated_at
  FROM (SELECT DISTINCT ON (country_iso) *
          FROM (SELECT 0 AS rank, id, country_iso, enabled, require_disclosure, disclosure_text,
                       require_explicit_consent, dnc_registry_enabled, dnc_registry_name, dnc_check_required,
                       quiet_hours_enabled, quiet_hours, timezone, require_recording_consent,
                       recording_disclosure_text, gdpr_applicable, data_retention_days, metadata, created_at, updated_at
                  FROM country_rules
                 WHERE tenant_id = :tenant_id AND superseded_at IS NULL
                UNION ALL
                SELECT 1, id, country_iso, enabled, require_disclosure, disclosure_text,
                       require_explicit_consent, dnc_registry_enabled, dnc_registry_name, dnc_check_required,
                       quiet_hours_enabled, quiet_hours, timezone, require_recording_consent,
                       recording_disclosure_text, gdpr_applicable, data_retention_days, metadata, created_at, updated_at
                  FROM platform_country_rules
                 WHERE effective_from <= current_date AND (effective_to IS NULL OR effective_to >= current_date)) both_kinds
         WHERE :country_iso::text IS NULL OR country_iso = :country_iso
         ORDER BY country_iso, rank) chosen
 ORDER BY country_iso;

-- name: rule_supersede
UPDATE country_rules SET superseded_at = now()
 WHERE tenant_id = :tenant_id AND country_iso = :country_iso AND superseded_at IS NULL;

-- name: rule_insert
INSERT INTO country_rules (tenant_id, country_iso, enabled, require_disclosure, disclosure_text, require_explicit_consent,
                           dnc_registry_enabled, dnc_registry_name, dnc_check_required, quiet_hours_enabled, quiet_hours,
                           timezone, require_recording_consent, recording_disclosure_text, gdpr_applicable,
                           data_retention_days, metadata)
VALUES (:tenant_id, :country_iso, :enabled, :require_disclosure, :disclosure_text, :require_explicit_consent,
        :dnc_registry_enabled, :dnc_registry_name, :dnc_check_required, :quiet_hours_enabled, :quiet_hours,
        :timezone, :require_recording_consent, :recording_disclosure_text, :gdpr_applicable,
        :data_retention_days, :metadata)
RETURNING id, country_iso, enabled, require_disclosure, disclosure_text, require_explicit_consent, dnc_registry_enabled,
          dnc_registry_name, dnc_check_required, quiet_hours_enabled, quiet_hours, timezone, require_recording_consent,
          recording_disclosure_text, gdpr_applicable, data_retention_days, metadata, created_at, updated_at;

-- name: person_evidence
-- What the lists, the registries and the past say of one number, each as evidence.h reads it.  Who was erased opted
-- out.
SELECT concat_ws(' ', (SELECT string_agg(d.source || ',t,' || (extract(epoch FROM d.created_at) * 1000000)::bigint, ' ')
                         FROM dnc_entries d
                        WHERE d.tenant_id = :tenant_id AND d.e164 = :e164 AND d.removed_at IS NULL),
                      (SELECT 'opt_out,t,' || (extract(epoch FROM x.suppressed_at) * 1000000)::bigint
                         FROM suppressed_numbers x
                         JOIN suppression_keys y ON y.tenant_id = x.tenant_id
                        WHERE x.tenant_id = :tenant_id
                          AND x.hash = sha256(y.outer_pad || sha256(y.inner_pad || convert_to(:e164, 'UTF8'))))) AS entries,
       (SELECT p.source || ',p,' || (extract(epoch FROM p.created_at) * 1000000)::bigint
          FROM platform_dnc_entries p WHERE p.e164 = :e164) AS platform_entries,
       (SELECT string_agg((extract(epoch FROM r.scrubbed_at) * 1000000)::bigint || ',' || r.registry, chr(10))
          FROM registry_scrubs r WHERE r.tenant_id = :tenant_id AND r.e164 = :e164) AS scrubs,
       (SELECT string_agg((extract(epoch FROM h.created_at) * 1000000)::bigint || ',' || h.ending, ' ')
          FROM (SELECT a.created_at, CASE WHEN k.disposition IN ('refused', 'not_interested') THEN 'r' ELSE 'o' END AS ending
                  FROM call_attempts a
                  JOIN calls k ON k.id = a.call_id
                 WHERE a.tenant_id = :tenant_id AND a.to_number = :e164 AND a.state NOT IN ('rejected', 'refuted')
                 ORDER BY a.created_at DESC
                 LIMIT 100) h) AS attempts,
       (SELECT t.unknown_scope FROM tenants t WHERE t.id = :tenant_id) AS unknown_scope;

-- name: dnc_lock
-- Claims take the same lock shared: an entry is either before a call's intent or after it.
SELECT pg_advisory_xact_lock(hashtextextended(:tenant_id::text || ':' || :e164, 0));

-- name: dnc_insert
INSERT INTO dnc_entries (tenant_id, e164, source, country_iso)
VALUES (:tenant_id, :e164, :source, :country_iso)
RETURNING id, e164, source, country_iso, created_at;

-- name: dnc_list
SELECT id, e164, source, country_iso, created_at
  FROM dnc_entries
 WHERE tenant_id = :tenant_id AND removed_at IS NULL AND (:country_iso::text IS NULL OR country_iso = :country_iso)
 ORDER BY id DESC
 LIMIT :limit OFFSET :offset;

-- name: dnc_count
SELECT count(*) AS n
  FROM dnc_entries
 WHERE tenant_id = :tenant_id AND removed_at IS NULL AND (:country_iso::text IS NULL OR country_iso = :country_iso);

-- name: dnc_find
SELECT id, e164, source FROM dnc_entries WHERE tenant_id = :tenant_id AND id = :id AND removed_at IS NULL;

-- name: dnc_remove
UPDATE dnc_entries SET removed_at = now()
 WHERE tenant_id = :tenant_id AND id = :id AND removed_at IS NULL AND source <> 'opt_out';

-- name: compliance_check_insert
INSERT INTO compliance_checks (tenant_id, scheduled_call_id, campaign_id, lead_id, to_number, country_iso, dnc_check,
                               quiet_hours_check, consent_check, disclosure_check, status, rejection_reason,
                               rejection_code, all_codes, warnings, next_allowed_at, scheduled_time, platform_rule_id,
                               country_rule_id, engine_version, tzdata_version, record, salt, personal)
VALUES (:tenant_id, :scheduled_call_id, :campaign_id, :lead_id, :to_number, :country_iso, :dnc_check,
        :quiet_hours_check, :consent_check, :disclosure_check, :status, :rejection_reason,
        :rejection_code, :all_codes, :warnings, :next_allowed_at, :scheduled_time, :platform_rule_id,
        :country_rule_id, :engine_version, :tzdata_version, :record, :salt, :personal)
RETURNING id;

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
