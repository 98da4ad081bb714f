-- compliance.sql - rules in force, do-not-call lists, decisions.

-- name: rules_in_force
-- Without the platform's documents, which rule_documents has: they are long and seldom change.  The version is new
-- whenever the row was touched, by whomever.  The day is the local one of the rule's zone.  Of two that hold for a
-- day, one of which replaced the other on it, the replaced one counts until then.
SELECT true AS platform, id, country_iso, enabled, require_disclosure, disclosure_text, require_explicit_consent,
       dnc_registry_enabled, dnc_check_required, quiet_hours_enabled, quiet_hours, timezone, require_recording_consent,
       recording_disclosure_text, coalesce(data_retention_days, 0) AS data_retention_days, xmin::text::bigint AS version,
       document_hash, NULL::text AS extended
  FROM platform_country_rules
 WHERE country_iso = ANY (coalesce(:countries::text[], ARRAY (SELECT p.country_iso FROM platform_country_rules p)))
   AND effective_from <= (:at::timestamptz AT TIME ZONE coalesce(timezone, 'UTC'))::date
   AND (effective_to IS NULL OR effective_to >= (:at::timestamptz AT TIME ZONE coalesce(timezone, 'UTC'))::date)
UNION ALL
SELECT false, id, country_iso, enabled, require_disclosure, disclosure_text, require_explicit_consent,
       dnc_registry_enabled, dnc_check_required, quiet_hours_enabled, quiet_hours, timezone, require_recording_consent,
       recording_disclosure_text, coalesce(data_retention_days, 0), row_version, document_hash, extended
  FROM (SELECT DISTINCT ON (r.country_iso) r.id, r.country_iso, r.enabled, r.require_disclosure, r.disclosure_text,
               r.require_explicit_consent, r.dnc_registry_enabled, r.dnc_check_required, r.quiet_hours_enabled,
               r.quiet_hours, r.timezone, r.require_recording_consent, r.recording_disclosure_text,
               r.data_retention_days, r.xmin::text::bigint AS row_version, r.document_hash, nullif(r.extended, '{}')::text AS extended
          FROM country_rules r
         WHERE r.tenant_id = :tenant_id
           AND (:countries::text[] IS NULL OR r.country_iso = ANY (:countries))
           AND (r.superseded_at IS NULL OR r.superseded_at > :at::timestamptz)
           AND r.effective_from <= rule_day(:at::timestamptz, r.timezone, r.country_iso)
           AND (r.effective_to IS NULL OR r.effective_to >= rule_day(:at::timestamptz, r.timezone, r.country_iso))
         ORDER BY r.country_iso, r.superseded_at) own;

-- name: rule_documents
-- tenant: none, because the platform's rules are everybody's
SELECT id, extended FROM platform_country_rules WHERE id = ANY (:ids::bigint[]);

-- name: rule_list
-- Every rule in force on a day, the tenant's own before the platform's; on today's by each rule's own zone.
SELECT 'tenant' AS scope, r.id, r.country_iso, r.version, r.effective_from, r.effective_to, r.superseded_at, r.sources,
       coalesce((r.extended ->> 'review_required')::boolean, false) AS review_required, r.extended,
       r.enabled, r.require_disclosure, r.disclosure_text, r.require_explicit_consent, r.dnc_registry_enabled,
       r.dnc_registry_name, r.dnc_check_required, r.quiet_hours_enabled, r.quiet_hours, r.timezone,
       r.require_recording_consent, r.recording_disclosure_text, r.gdpr_applicable, r.data_retention_days, r.metadata,
       r.created_at, r.updated_at
  FROM country_rules r
 CROSS JOIN LATERAL (SELECT coalesce(:as_of::date, rule_day(clock_timestamp(), r.timezone, r.country_iso)) AS day) d
 WHERE r.tenant_id = :tenant_id AND (:country_iso::text IS NULL OR r.country_iso = :country_iso)
   AND r.effective_from <= d.day AND (r.effective_to IS NULL OR r.effective_to >= d.day)
   AND (r.superseded_at IS NULL OR rule_day(r.superseded_at, r.timezone, r.country_iso) > d.day)
UNION ALL
SELECT 'platform', p.id, p.country_iso,
       (SELECT count(*) FROM platform_country_rules e
         WHERE e.country_iso = p.country_iso AND e.effective_from <= p.effective_from), p.effective_from,
       p.effective_to, NULL, coalesce(p.extended -> 'sources', '[]'),
       coalesce((p.extended ->> 'review_required')::boolean, true), p.extended,
       p.enabled, p.require_disclosure, p.disclosure_text, p.require_explicit_consent, p.dnc_registry_enabled,
       p.dnc_registry_name, p.dnc_check_required, p.quiet_hours_enabled, p.quiet_hours, p.timezone,
       p.require_recording_consent, p.recording_disclosure_text, p.gdpr_applicable, p.data_retention_days, p.metadata,
       p.created_at, p.updated_at
  FROM platform_country_rules p
 CROSS JOIN LATERAL (SELECT coalesce(:as_of::date, rule_day(clock_timestamp(), p.timezone, p.country_iso)) AS day) d
 WHERE (:country_iso::text IS NULL OR p.country_iso = :country_iso)
   AND p.effective_from <= d.day AND (p.effective_to IS NULL OR p.effective_to >= d.day)
 ORDER BY country_iso, scope DESC;

-- name: rule_versions
-- All that was and will be law in a country, the tenant's own first, the latest first.
SELECT 'tenant' AS scope, r.id, r.country_iso, r.version, r.effective_from, r.effective_to, r.superseded_at, r.sources,
       coalesce((r.extended ->> 'review_required')::boolean, false) AS review_required, r.extended,
       r.enabled, r.require_disclosure, r.disclosure_text, r.require_explicit_consent, r.dnc_registry_enabled,
       r.dnc_registry_name, r.dnc_check_required, r.quiet_hours_enabled, r.quiet_hours, r.timezone,
       r.require_recording_consent, r.recording_disclosure_text, r.gdpr_applicable, r.data_retention_days, r.metadata,
       r.created_at, r.updated_at
  FROM country_rules r
 WHERE r.tenant_id = :tenant_id AND r.country_iso = :country_iso
UNION ALL
SELECT 'platform', p.id, p.country_iso, row_number() OVER (ORDER BY p.effective_from), p.effective_from,
       p.effective_to, NULL, coalesce(p.extended -> 'sources', '[]'),
       coalesce((p.extended ->> 'review_required')::boolean, true), p.extended,
       p.enabled, p.require_disclosure, p.disclosure_text, p.require_explicit_consent, p.dnc_registry_enabled,
       p.dnc_registry_name, p.dnc_check_required, p.quiet_hours_enabled, p.quiet_hours, p.timezone,
       p.require_recording_consent, p.recording_disclosure_text, p.gdpr_applicable, p.data_retention_days, p.metadata,
       p.created_at, p.updated_at
  FROM platform_country_rules p
 WHERE p.country_iso = :country_iso
 ORDER BY scope DESC, version DESC;

-- name: rule_lock
-- Whoever writes a version of this country waits here; what is read next is what stands.
SELECT pg_advisory_xact_lock(hashtextextended('rule:' || :tenant_id || ':' || :country_iso, 0));

-- name: rule_period
-- The day a new version begins, and today, both where it will hold; and the version that already holds some of its
-- days and does not give way: those that began earlier and are open end the day before, those of the same day are
-- replaced.
SELECT d.starts AS effective_from, d.today, d.starts < d.today AS past,
       (SELECT r.version || ' holds from ' || r.effective_from || coalesce(' to ' || r.effective_to, '')
          FROM country_rules r
         WHERE r.tenant_id = :tenant_id AND r.country_iso = :country_iso AND r.superseded_at IS NULL
           AND r.effective_from <= coalesce(:effective_to::date, 'infinity')
           AND coalesce(r.effective_to, 'infinity') >= d.starts
           AND r.effective_from <> d.starts
           AND NOT (r.effective_from < d.starts AND (r.effective_to IS NULL OR d.starts <= d.today))
         ORDER BY r.effective_from LIMIT 1) AS overlaps
  FROM (SELECT t.today, coalesce(:effective_from::date, t.today) AS starts
          FROM (SELECT rule_day(clock_timestamp(), :timezone, :country_iso) AS today) t) d;

-- name: rule_supersede
-- What begins today replaces from this moment on; what begins later ends the open version the day before.
UPDATE country_rules
   SET superseded_at = CASE WHEN effective_from = :effective_from::date OR :effective_from::date <= :today::date
                            THEN clock_timestamp() END,
       effective_to = CASE WHEN effective_from = :effective_from::date THEN effective_to
                           WHEN :effective_from::date <= :today::date
                           THEN least(effective_to, greatest(effective_from, :effective_from::date))
                           ELSE :effective_from::date - 1 END,
       updated_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND country_iso = :country_iso AND superseded_at IS NULL
   AND (effective_from = :effective_from::date
        OR (effective_from < :effective_from::date
            AND (effective_to IS NULL OR (:effective_from::date <= :today::date AND effective_to >= :effective_from::date))));

-- name: rule_insert
INSERT INTO country_rules (tenant_id, country_iso, version, effective_from, effective_to, extended, sources, enabled,
                           require_disclosure, disclosure_text, require_explicit_consent,
                           dnc_registry_enabled, dnc_registry_name, dnc_check_required, quiet_hours_enabled, quiet_hours,
                           timezone, require_recording_consent, recording_disclosure_text, gdpr_applicable,
                           data_retention_days, metadata)
VALUES (:tenant_id, :country_iso,
        (SELECT coalesce(max(r.version), 0) + 1 FROM country_rules r
          WHERE r.tenant_id = :tenant_id AND r.country_iso = :country_iso),
        :effective_from, :effective_to, coalesce(:extended::jsonb, '{}'), coalesce(:sources::jsonb, '[]'), :enabled,
        :require_disclosure, :disclosure_text, :require_explicit_consent,
        :dnc_registry_enabled, :dnc_registry_name, :dnc_check_required, :quiet_hours_enabled, :quiet_hours,
        :timezone, :require_recording_consent, :recording_disclosure_text, :gdpr_applicable,
        :data_retention_days, :metadata)
RETURNING 'tenant' AS scope, id, country_iso, version, effective_from, effective_to, superseded_at, sources,
          coalesce((extended ->> 'review_required')::boolean, false) AS review_required, extended,
          enabled, require_disclosure, disclosure_text, require_explicit_consent, dnc_registry_enabled,
          dnc_registry_name, dnc_check_required, quiet_hours_enabled, quiet_hours, timezone, require_recording_consent,
          recording_disclosure_text, gdpr_applicable, data_retention_days, metadata, created_at, updated_at;

-- name: person_evidence
SELECT entries, platform_entries, scrubs, attempts, grants, unknown_scope, refused
  FROM evidence_of(:tenant_id, :e164, :lead_id);

-- name: dnc_lock
-- Claims take the same lock shared: an entry is either before a call's intent or after it.
SELECT pg_advisory_xact_lock(hashtextextended(:tenant_id::text || ':' || :e164, 0));

-- name: waiting_lock
-- Before the lock above, as claims do, so that whatever waits for the number is called off with the entry and is not
-- left to its next claim because somebody looks at it.
SELECT id FROM scheduled_calls
 WHERE tenant_id = :tenant_id AND to_number = :e164 AND status IN ('scheduled', 'queued')
 ORDER BY id
   FOR UPDATE;

-- name: dnc_insert
INSERT INTO dnc_entries (tenant_id, e164, source, country_iso)
VALUES (:tenant_id, :e164, :source, :country_iso)
RETURNING id, e164, source, country_iso, nullif(registry, '') AS registry, listed_at, created_at;

-- name: dnc_list
SELECT id, e164, source, country_iso, nullif(registry, '') AS registry, listed_at, created_at
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
UPDATE dnc_entries SET removed_at = now(), removed_by = :removed_by, removed_reason = :reason
 WHERE tenant_id = :tenant_id AND id = :id AND removed_at IS NULL;

-- name: compliance_check_insert
-- With the row's call, or the one that is made for it next: a row that may be called gets its call with this decision.
INSERT INTO compliance_checks (tenant_id, call_id, scheduled_call_id, campaign_id, lead_id, to_number, country_iso, dnc_check,
                               quiet_hours_check, consent_check, disclosure_check, status, rejection_reason,
                               rejection_code, all_codes, warnings, next_allowed_at, scheduled_time, platform_rule_id,
                               country_rule_id, engine_version, tzdata_version, record, salt, personal)
VALUES (:tenant_id,
        coalesce((SELECT k.id FROM calls k WHERE k.tenant_id = :tenant_id AND k.scheduled_call_id = :scheduled_call_id),
                 CASE WHEN :scheduled_call_id IS NOT NULL AND :status <> 'rejected' THEN nextval('calls_id_seq') END),
        :scheduled_call_id, :campaign_id, :lead_id, :to_number, :country_iso, :dnc_check,
        :quiet_hours_check, :consent_check, :disclosure_check, :status, :rejection_reason,
        :rejection_code, :all_codes, :warnings, :next_allowed_at, :scheduled_time, :platform_rule_id,
        :country_rule_id, :engine_version, :tzdata_version, :record, :salt, :personal)
RETURNING id;
