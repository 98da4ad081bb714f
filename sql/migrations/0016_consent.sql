-- Who agreed to what, when and how it is known: a ledger that only grows (GDPR art. 7(1), TCPA, UWG 7a).

-- What a lead's consent is now.  All of it is written to consent_events by a trigger whenever it changes, so
-- there is no way to change a status without leaving the event that did it.
ALTER TABLE leads
    ADD COLUMN consent_purpose       TEXT,
    ADD COLUMN consent_text_version  TEXT,
    ADD COLUMN consent_channels      JSONB CHECK (jsonb_typeof(consent_channels) = 'array'),
    ADD COLUMN consent_level         TEXT CHECK (consent_level IN ('implied', 'express', 'express_written')),
    ADD COLUMN consent_evidence_hash TEXT CHECK (consent_evidence_hash ~ '^[0-9a-f]{64}$'),
    ADD COLUMN consent_expires_at    TIMESTAMPTZ;

CREATE TABLE consent_events (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id     BIGINT NOT NULL REFERENCES tenants (id),
    lead_id       BIGINT NOT NULL,
    phone         TEXT, -- NULL once the person was erased
    event         TEXT NOT NULL CHECK (event IN ('granted', 'renewed', 'denied', 'revoked', 'expired', 'withdrawn', 'noted')),
    status        TEXT NOT NULL CHECK (status IN ('unknown', 'granted', 'denied', 'expired')),
    basis         TEXT,
    purpose       TEXT,
    text_version  TEXT,
    channels      JSONB,
    level         TEXT,
    source        TEXT,
    evidence_hash TEXT,
    occurred_at   TIMESTAMPTZ, -- as the client says
    expires_at    TIMESTAMPTZ,
    recorded_at   TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads (tenant_id, id)
);
CREATE INDEX consent_of_lead ON consent_events (tenant_id, lead_id, id DESC);

-- granted again is renewed, denied after granted is revoked, and unknown after anything is withdrawn.
CREATE FUNCTION consent_event_named(was TEXT, now_is TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN now_is = 'granted' AND was = 'granted' THEN 'renewed'
                WHEN now_is = 'denied' AND was = 'granted' THEN 'revoked'
                WHEN now_is = 'unknown' AND was = 'unknown' THEN 'noted'
                WHEN now_is = 'unknown' THEN 'withdrawn'
                ELSE now_is END
$$;

CREATE FUNCTION consent_begins() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO consent_events (tenant_id, lead_id, phone, event, status, basis, purpose, text_version, channels, level,
                                source, evidence_hash, occurred_at, expires_at)
    SELECT tenant_id, id, phone, consent_event_named('unknown', consent_status), consent_status, consent_basis,
           consent_purpose, consent_text_version, consent_channels, consent_level, consent_source,
           consent_evidence_hash, consent_date, consent_expires_at
      FROM new_leads
     WHERE consent_status <> 'unknown' OR consent_basis IS NOT NULL OR consent_source IS NOT NULL
     ORDER BY id;
    RETURN NULL;
END $$;
CREATE TRIGGER leads_consent_begins AFTER INSERT ON leads
    REFERENCING NEW TABLE AS new_leads FOR EACH STATEMENT EXECUTE FUNCTION consent_begins();

CREATE FUNCTION consent_changes() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO consent_events (tenant_id, lead_id, phone, event, status, basis, purpose, text_version, channels, level,
                                source, evidence_hash, occurred_at, expires_at)
    SELECT n.tenant_id, n.id, n.phone, consent_event_named(o.consent_status, n.consent_status), n.consent_status,
           n.consent_basis, n.consent_purpose, n.consent_text_version, n.consent_channels, n.consent_level,
           n.consent_source, n.consent_evidence_hash, n.consent_date, n.consent_expires_at
      FROM new_leads n
      JOIN old_leads o ON o.id = n.id
     WHERE (n.consent_status, n.consent_basis, n.consent_purpose, n.consent_text_version, n.consent_channels,
            n.consent_level, n.consent_source, n.consent_evidence_hash, n.consent_date, n.consent_expires_at)
           IS DISTINCT FROM
           (o.consent_status, o.consent_basis, o.consent_purpose, o.consent_text_version, o.consent_channels,
            o.consent_level, o.consent_source, o.consent_evidence_hash, o.consent_date, o.consent_expires_at)
     ORDER BY n.id;
    RETURN NULL;
END $$;
CREATE TRIGGER leads_consent_changes AFTER UPDATE ON leads
    REFERENCING NEW TABLE AS new_leads OLD TABLE AS old_leads FOR EACH STATEMENT EXECUTE FUNCTION consent_changes();

-- Only the erasure of a person touches an event again, and then only whose it was.
CREATE FUNCTION consent_stands() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.phone IS NULL
       AND (to_jsonb(NEW) - '{phone,source}'::text[]) = (to_jsonb(OLD) - '{phone,source}'::text[]) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'consent events are only ever added' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER consent_events_stand BEFORE UPDATE OR DELETE ON consent_events
    FOR EACH ROW EXECUTE FUNCTION consent_stands();

-- What stood before the ledger did.
INSERT INTO consent_events (tenant_id, lead_id, phone, event, status, basis, source, occurred_at, recorded_at)
SELECT tenant_id, id, phone, consent_event_named('unknown', consent_status), consent_status, consent_basis,
       consent_source, consent_date, updated_at
  FROM leads
 WHERE consent_status <> 'unknown' OR consent_basis IS NOT NULL OR consent_source IS NOT NULL;
