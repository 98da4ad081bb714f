-- What is known of a number, spelled once; and the decisions of a call, found by it.

-- What the lists, the registries and the past say of one number and the lead that has it (NULL = nobody known), each as
-- common/compliance/evidence.h reads it.  Who was erased opted out.  The past is the person's: of the number, and of
-- those that the lead had before.  refused: some lead with this number said no.
CREATE FUNCTION evidence_of(whose BIGINT, number TEXT, lead BIGINT)
RETURNS TABLE (entries TEXT, platform_entries TEXT, scrubs TEXT, attempts TEXT, grants TEXT, unknown_scope TEXT, refused BOOLEAN)
LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT concat_ws(' ', (SELECT string_agg(d.source || ',t,' || (extract(epoch FROM coalesce(d.listed_at, d.created_at)) * 1000000)::bigint, ' ')
                             FROM dnc_entries d
                            WHERE d.tenant_id = whose AND d.e164 = number AND d.removed_at IS NULL),
                          (SELECT 'opt_out,t,' || (extract(epoch FROM x.suppressed_at) * 1000000)::bigint
                             FROM suppressed_numbers x
                             JOIN suppression_keys y ON y.tenant_id = x.tenant_id
                            WHERE x.tenant_id = whose
                              AND x.hash = sha256(y.outer_pad || sha256(y.inner_pad || convert_to(number, 'UTF8'))))),
           (SELECT p.source || ',p,' || (extract(epoch FROM p.created_at) * 1000000)::bigint
              FROM platform_dnc_entries p WHERE p.e164 = number),
           (SELECT string_agg((extract(epoch FROM r.scrubbed_at) * 1000000)::bigint || ',' || r.registry, chr(10))
              FROM registry_scrubs r WHERE r.tenant_id = whose AND r.e164 = number),
           (SELECT string_agg((extract(epoch FROM h.created_at) * 1000000)::bigint || ',' || h.ending, ' ')
              FROM (SELECT a.created_at, CASE WHEN k.silent THEN 's' WHEN k.disposition IN ('refused', 'not_interested') THEN 'r' ELSE 'o' END AS ending
                      FROM call_attempts a
                      JOIN calls k ON k.id = a.call_id
                     WHERE a.tenant_id = whose AND a.to_number = number AND a.state NOT IN ('rejected', 'refuted')
                    UNION ALL
                    SELECT a.created_at, CASE WHEN k.silent THEN 's' WHEN k.disposition IN ('refused', 'not_interested') THEN 'r' ELSE 'o' END
                      FROM calls k
                      JOIN call_attempts a ON a.scheduled_call_id = k.scheduled_call_id
                     WHERE k.tenant_id = whose AND k.lead_id = lead AND a.to_number <> number
                       AND a.state NOT IN ('rejected', 'refuted')
                     ORDER BY created_at DESC
                     LIMIT 100) h),
           (SELECT string_agg(g.country_iso || ',' || (extract(epoch FROM g.expires_at) * 1000000)::bigint || ',' || g.ticket, ' ')
              FROM loosening_grants g
             WHERE g.tenant_id = whose AND g.revoked_at IS NULL AND g.expires_at > clock_timestamp()),
           (SELECT t.unknown_scope FROM tenants t WHERE t.id = whose),
           EXISTS (SELECT 1 FROM leads l WHERE l.tenant_id = whose AND l.phone = number AND l.consent_status = 'denied')
$$;

-- The decisions of a call: every claim that was made for it.
CREATE INDEX checks_by_call ON compliance_checks (tenant_id, call_id, checked_at, id) WHERE call_id IS NOT NULL;

CREATE OR REPLACE FUNCTION checks_statement(what TEXT, filters JSONB) RETURNS TEXT LANGUAGE sql IMMUTABLE AS $$
    SELECT 'SELECT ' || what || ' FROM compliance_checks WHERE tenant_id = $1' || coalesce(string_agg(condition, ''), '')
      FROM (VALUES ('from', ' AND checked_at >= ($2 ->> ''from'')::timestamptz'),
                   ('to', ' AND checked_at < ($2 ->> ''to'')::timestamptz'),
                   ('before_id', ' AND (checked_at, id) < (($2 ->> ''before_at'')::timestamptz, ($2 ->> ''before_id'')::bigint)'),
                   ('status', ' AND status = $2 ->> ''status'''),
                   ('rejection_code', ' AND rejection_code = $2 ->> ''rejection_code'''),
                   ('call_id', ' AND call_id = (SELECT k.id FROM calls k WHERE k.tenant_id = $1 AND k.call_id = $2 ->> ''call_id'')'),
                   ('campaign_id', ' AND campaign_id = ($2 ->> ''campaign_id'')::bigint'),
                   ('lead_id', ' AND lead_id = ($2 ->> ''lead_id'')::bigint'),
                   ('scheduled_call_id', ' AND scheduled_call_id = ($2 ->> ''scheduled_call_id'')::bigint'),
                   ('to_number', ' AND to_number = $2 ->> ''to_number'''),
                   ('country_iso', ' AND country_iso = $2 ->> ''country_iso''')) known (name, condition)
     WHERE filters ? name
$$;
