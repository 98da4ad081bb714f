-- consent.sql - what a person agreed to; the events themselves are written by the triggers on leads.

-- name: consent_leads
-- Every lead of the person, which a refusal reaches.
SELECT l.id, l.phone
  FROM leads x
  JOIN leads l ON l.tenant_id = x.tenant_id AND l.phone = x.phone
 WHERE x.tenant_id = :tenant_id AND x.id = :lead_id AND x.erasure_id IS NULL
 ORDER BY l.id
   FOR UPDATE OF l;

-- name: consent_waiting_lock
-- Rows before leads, as claims take them: a refusal calls off what waits for the number.
SELECT s.id
  FROM leads l
  JOIN scheduled_calls s ON s.tenant_id = l.tenant_id AND s.to_number = l.phone AND s.status IN ('scheduled', 'queued')
 WHERE l.tenant_id = :tenant_id AND l.id = :lead_id
 ORDER BY s.id
   FOR UPDATE OF s;

-- name: consent_record
-- A refusal does not expire: only a newer grant lifts it.
UPDATE leads
   SET consent_status = :status, consent_basis = :basis, consent_date = coalesce(:occurred_at, clock_timestamp()),
       consent_source = :source, consent_purpose = :purpose, consent_text_version = :text_version,
       consent_channels = :channels, consent_level = :level, consent_evidence_hash = :evidence_hash,
       consent_expires_at = :expires_at, updated_at = now()
 WHERE tenant_id = :tenant_id AND id = :lead_id AND NOT (:status = 'expired' AND consent_status = 'denied');

-- name: consent_newest
SELECT id, lead_id, event, status, basis, purpose, text_version, channels, level, source, evidence_hash, occurred_at,
       expires_at, recorded_at
  FROM consent_events
 WHERE tenant_id = :tenant_id AND lead_id = :lead_id
 ORDER BY id DESC
 LIMIT 1;

-- name: consent_list
SELECT id, lead_id, event, status, basis, purpose, text_version, channels, level, source, evidence_hash, occurred_at,
       expires_at, recorded_at
  FROM consent_events
 WHERE tenant_id = :tenant_id AND lead_id = :lead_id
 ORDER BY id DESC
 LIMIT :limit OFFSET :offset;

-- name: consent_count
SELECT count(*) AS n FROM consent_events WHERE tenant_id = :tenant_id AND lead_id = :lead_id;
