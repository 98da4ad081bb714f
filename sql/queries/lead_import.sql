-- lead_import.sql - leads by the thousand.

-- name: lead_import_campaign
SELECT id FROM campaigns WHERE tenant_id = :tenant_id AND id = :campaign_id;

-- name: lead_import_batch
-- Consent only rises: denied is final, granted gives way to denied alone, and the proof goes with the
-- status it proves.  A name that is only the number repeated does not replace a real one.  Rows that
-- would not change are left alone.  In order of phone, so that two imports cannot wait for each other.
WITH incoming AS (
    SELECT * FROM unnest(:names::text[], :phones::text[], :emails::text[], :companies::text[], :roles::text[],
                         :countries::text[], :languages::text[], :consent_bases::text[],
                         :consent_statuses::text[], :consent_dates::timestamptz[], :consent_sources::text[],
                         :metadata::jsonb[])
        AS i (name, phone, email, company, role, country_iso, preferred_lang, consent_basis, consent_status,
              consent_date, consent_source, metadata)
), written AS (
    INSERT INTO leads AS l (tenant_id, campaign_id, name, phone, email, company, role, country_iso, preferred_lang,
                            consent_basis, consent_status, consent_date, consent_source, metadata)
    SELECT :tenant_id, :campaign_id::bigint, name, phone, email, company, role, country_iso, preferred_lang,
           consent_basis, consent_status, consent_date, consent_source, metadata
      FROM incoming
     ORDER BY phone
        ON CONFLICT (tenant_id, lane, phone) DO UPDATE
       SET name = CASE WHEN excluded.name = excluded.phone THEN l.name ELSE excluded.name END,
           email = coalesce(excluded.email, l.email),
           company = coalesce(excluded.company, l.company),
           role = coalesce(excluded.role, l.role),
           country_iso = coalesce(excluded.country_iso, l.country_iso),
           preferred_lang = coalesce(excluded.preferred_lang, l.preferred_lang),
           (consent_status, consent_basis, consent_date, consent_source) = (
               SELECT CASE WHEN new >= old THEN excluded.consent_status ELSE l.consent_status END,
                      CASE WHEN new > old THEN excluded.consent_basis
                           WHEN new = old THEN coalesce(excluded.consent_basis, l.consent_basis)
                           ELSE l.consent_basis END,
                      CASE WHEN new > old THEN excluded.consent_date
                           WHEN new = old THEN coalesce(excluded.consent_date, l.consent_date)
                           ELSE l.consent_date END,
                      CASE WHEN new > old THEN excluded.consent_source
                           WHEN new = old THEN coalesce(excluded.consent_source, l.consent_source)
                           ELSE l.consent_source END
                 FROM (SELECT array_position('{unknown,expired,granted,denied}', excluded.consent_status) AS new,
                              array_position('{unknown,expired,granted,denied}', l.consent_status) AS old) rank),
           metadata = coalesce(l.metadata || excluded.metadata, excluded.metadata, l.metadata),
           updated_at = now()
     WHERE (excluded.name <> excluded.phone AND excluded.name <> l.name)
        OR excluded.email <> coalesce(l.email, '')
        OR excluded.company <> coalesce(l.company, '')
        OR excluded.role <> coalesce(l.role, '')
        OR excluded.country_iso <> coalesce(l.country_iso, '')
        OR excluded.preferred_lang <> coalesce(l.preferred_lang, '')
        OR array_position('{unknown,expired,granted,denied}', excluded.consent_status)
           > array_position('{unknown,expired,granted,denied}', l.consent_status)
        OR (excluded.consent_status = l.consent_status
            AND (excluded.consent_basis <> coalesce(l.consent_basis, '')
                 OR excluded.consent_date <> coalesce(l.consent_date, '-infinity')
                 OR excluded.consent_source <> coalesce(l.consent_source, '')))
        OR NOT coalesce(l.metadata, '{}') @> coalesce(excluded.metadata, '{}')
    RETURNING xmax = 0 AS is_new
)
SELECT (SELECT count(*) FROM written WHERE is_new) AS inserted,
       (SELECT count(*) FROM written WHERE NOT is_new) AS updated,
       (SELECT count(*) FROM incoming i
         WHERE EXISTS (SELECT 1 FROM dnc_entries d
                        WHERE d.tenant_id = :tenant_id AND d.e164 = i.phone AND d.removed_at IS NULL)
            OR EXISTS (SELECT 1 FROM platform_dnc_entries p WHERE p.e164 = i.phone)) AS on_dnc,
       (SELECT count(*) FROM incoming i
         WHERE i.consent_status <> 'denied'
           AND EXISTS (SELECT 1 FROM leads d
                        WHERE d.tenant_id = :tenant_id AND d.phone = i.phone AND d.consent_status = 'denied')) AS refused_before,
       (SELECT count(*)
          FROM incoming i
          JOIN suppression_keys y ON y.tenant_id = :tenant_id
          JOIN suppressed_numbers x
            ON x.tenant_id = y.tenant_id
               AND x.hash = sha256(y.outer_pad || sha256(y.inner_pad || convert_to(i.phone, 'UTF8')))) AS erased_before;
