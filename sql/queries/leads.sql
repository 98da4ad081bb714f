-- leads.sql - the people who may be called.

-- name: lead_insert
INSERT INTO leads (tenant_id, campaign_id, name, phone, email, company, role, country_iso, preferred_lang,
                   consent_basis, consent_status, consent_date, consent_source, metadata)
VALUES (:tenant_id, :campaign_id, :name, :phone, :email, :company, :role, :country_iso, :preferred_lang,
        :consent_basis, :consent_status, :consent_date, :consent_source, :metadata)
RETURNING id, campaign_id, name, phone, email, company, role, country_iso, preferred_lang, consent_basis,
          consent_status, consent_date, consent_source, NULL::jsonb AS consent_terms, 0 AS calls_count, NULL::timestamptz AS last_called_at,
          NULL AS last_call_status, NULL AS disposition, metadata, created_at, updated_at;

-- name: lead_get
SELECT l.id, l.campaign_id, l.name, l.phone, l.email, l.company, l.role, l.country_iso, l.preferred_lang,
       l.consent_basis, l.consent_status, l.consent_date, l.consent_source,
       jsonb_strip_nulls(jsonb_build_object('consent_channels', l.consent_channels, 'consent_level', l.consent_level,
                                           'consent_expires_at', l.consent_expires_at)) AS consent_terms,
       (SELECT count(*) FROM calls c WHERE c.tenant_id = l.tenant_id AND c.lead_id = l.id) AS calls_count,
       last.created_at AS last_called_at, last.status AS last_call_status, last.disposition,
       l.metadata, l.created_at, l.updated_at
  FROM leads l
  LEFT JOIN LATERAL (SELECT c.created_at, c.status, c.disposition FROM calls c
                      WHERE c.tenant_id = l.tenant_id AND c.lead_id = l.id
                      ORDER BY c.created_at DESC LIMIT 1) last ON true
 WHERE l.tenant_id = :tenant_id AND l.id = :id AND l.erasure_id IS NULL;

-- name: lead_list
SELECT l.id, l.campaign_id, l.name, l.phone, l.email, l.company, l.role, l.country_iso, l.preferred_lang,
       l.consent_basis, l.consent_status, l.consent_date, l.consent_source,
       jsonb_strip_nulls(jsonb_build_object('consent_channels', l.consent_channels, 'consent_level', l.consent_level,
                                           'consent_expires_at', l.consent_expires_at)) AS consent_terms,
       (SELECT count(*) FROM calls c WHERE c.tenant_id = l.tenant_id AND c.lead_id = l.id) AS calls_count,
       last.created_at AS last_called_at, last.status AS last_call_status, last.disposition,
       l.metadata, l.created_at, l.updated_at
  FROM leads l
  LEFT JOIN LATERAL (SELECT c.created_at, c.status, c.disposition FROM calls c
                      WHERE c.tenant_id = l.tenant_id AND c.lead_id = l.id
                      ORDER BY c.created_at DESC LIMIT 1) last ON true
 WHERE l.tenant_id = :tenant_id AND l.erasure_id IS NULL
   AND (:lane::bigint IS NULL OR l.lane = :lane)
   AND (:country_iso::text IS NULL OR l.country_iso = :country_iso)
   AND (:consent_status::text IS NULL OR l.consent_status = :consent_status)
   AND (:q::text IS NULL OR l.name ILIKE :q OR l.phone ILIKE :q OR l.company ILIKE :q)
   AND (:has_been_called::boolean IS NULL OR (last.created_at IS NOT NULL) = :has_been_called)
   AND (:disposition::text IS NULL OR last.disposition = :disposition)
   AND (:created_gte::timestamptz IS NULL OR l.created_at >= :created_gte)
   AND (:created_lte::timestamptz IS NULL OR l.created_at <= :created_lte)
 ORDER BY l.id
 LIMIT :limit OFFSET :offset;

-- name: lead_count
SELECT count(*) AS n
  FROM leads l
 WHERE l.tenant_id = :tenant_id AND l.erasure_id IS NULL
   AND (:lane::bigint IS NULL OR l.lane = :lane)
   AND (:country_iso::text IS NULL OR l.country_iso = :country_iso)
   AND (:consent_status::text IS NULL OR l.consent_status = :consent_status)
   AND (:q::text IS NULL OR l.name ILIKE :q OR l.phone ILIKE :q OR l.company ILIKE :q)
   AND (:has_been_called::boolean IS NULL
        OR EXISTS (SELECT 1 FROM calls c WHERE c.tenant_id = l.tenant_id AND c.lead_id = l.id) = :has_been_called)
   AND (:disposition::text IS NULL
        OR (SELECT c.disposition FROM calls c WHERE c.tenant_id = l.tenant_id AND c.lead_id = l.id
             ORDER BY c.created_at DESC LIMIT 1) = :disposition)
   AND (:created_gte::timestamptz IS NULL OR l.created_at >= :created_gte)
   AND (:created_lte::timestamptz IS NULL OR l.created_at <= :created_lte);
