-- checks.sql - the history of decisions, as users look at it.

-- name: check_page
-- Newest first; after a page's last one (before_at, before_id) comes the next.
SELECT c.id, c.status, c.rejection_code, c.rejection_reason, to_jsonb(c.all_codes) AS all_codes,
       to_jsonb(c.warnings) AS warnings, c.next_allowed_at, c.to_number, c.country_iso, c.scheduled_time,
       (SELECT k.call_id FROM calls k WHERE k.tenant_id = c.tenant_id AND k.id = c.call_id) AS call_id,
       c.scheduled_call_id, c.campaign_id, c.lead_id, c.dnc_check, c.quiet_hours_check, c.consent_check,
       c.disclosure_check, c.platform_rule_id, c.country_rule_id, c.engine_version, c.tzdata_version, c.checked_at,
       c.checked_by
  FROM checks_found(:tenant_id, jsonb_strip_nulls(jsonb_build_object(
           'from', :from::timestamptz, 'to', :to::timestamptz, 'before_at', :before_at::timestamptz,
           'before_id', :before_id::bigint, 'status', :status::text, 'rejection_code', :rejection_code::text,
           'call_id', :call_id::text, 'campaign_id', :campaign_id::bigint, 'lead_id', :lead_id::bigint,
           'to_number', :to_number::text,
           'scheduled_call_id', :scheduled_call_id::bigint, 'country_iso', :country_iso::text)),
           :limit, :offset) WITH ORDINALITY f (id, place)
  JOIN compliance_checks c ON c.tenant_id = :tenant_id AND c.id = f.id
 ORDER BY f.place;

-- name: check_count
SELECT checks_counted(:tenant_id, jsonb_strip_nulls(jsonb_build_object(
           'from', :from::timestamptz, 'to', :to::timestamptz, 'status', :status::text,
           'rejection_code', :rejection_code::text, 'call_id', :call_id::text, 'campaign_id', :campaign_id::bigint,
           'lead_id', :lead_id::bigint,
           'to_number', :to_number::text, 'scheduled_call_id', :scheduled_call_id::bigint,
           'country_iso', :country_iso::text))) AS n;

-- name: check_get
SELECT c.id, c.status, c.rejection_code, c.rejection_reason, to_jsonb(c.all_codes) AS all_codes,
       to_jsonb(c.warnings) AS warnings, c.next_allowed_at, c.to_number, c.country_iso, c.scheduled_time,
       (SELECT k.call_id FROM calls k WHERE k.tenant_id = c.tenant_id AND k.id = c.call_id) AS call_id,
       c.scheduled_call_id, c.campaign_id, c.lead_id, c.dnc_check, c.quiet_hours_check, c.consent_check,
       c.disclosure_check, c.platform_rule_id, c.country_rule_id, c.engine_version, c.tzdata_version, c.checked_at,
       c.checked_by
  FROM compliance_checks c
 WHERE c.tenant_id = :tenant_id AND c.id = :id;
