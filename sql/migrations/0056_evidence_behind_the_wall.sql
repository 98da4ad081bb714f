-- As before, but for the hash of a number: behind the wall an index is only asked for what was worked out before.

CREATE OR REPLACE FUNCTION evidence_of(whose BIGINT, number TEXT, lead BIGINT)
RETURNS TABLE (entries TEXT, platform_entries TEXT, scrubs TEXT, attempts TEXT, grants TEXT, unknown_scope TEXT, refused BOOLEAN)
LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT concat_ws(' ', (SELECT string_agg(d.source || ',t,' || (extract(epoch FROM coalesce(d.listed_at, d.created_at)) * 1000000)::bigint, ' ')
                             FROM dnc_entries d
                            WHERE d.tenant_id = whose AND d.e164 = number AND d.removed_at IS NULL),
                          (SELECT 'opt_out,t,' || (extract(epoch FROM x.suppressed_at) * 1000000)::bigint
                             FROM (SELECT sha256(y.outer_pad || sha256(y.inner_pad || convert_to(number, 'UTF8'))) AS hash
                                     FROM suppression_keys y WHERE y.tenant_id = whose OFFSET 0) h
                             JOIN suppressed_numbers x ON x.tenant_id = whose AND x.hash = h.hash)),
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
