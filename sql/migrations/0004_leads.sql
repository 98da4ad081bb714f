-- The people who may be called.

CREATE TABLE leads (
    id             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id      BIGINT NOT NULL REFERENCES tenants (id),
    campaign_id    BIGINT,
    -- campaign_id with the unassigned as 0, so that one index serves both.
    lane           BIGINT NOT NULL GENERATED ALWAYS AS (coalesce(campaign_id, 0)) STORED,
    name           TEXT NOT NULL CHECK (name <> ''),
    phone          TEXT NOT NULL CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
    email          TEXT,
    company        TEXT,
    role           TEXT,
    country_iso    TEXT CHECK (country_iso ~ '^[A-Z]{2}$'),
    preferred_lang TEXT,
    consent_basis  TEXT,
    consent_status TEXT NOT NULL DEFAULT 'unknown' CHECK (consent_status IN ('unknown', 'granted', 'denied', 'expired')),
    consent_date   TIMESTAMPTZ,
    consent_source TEXT,
    metadata       JSONB,
    created_at     TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at     TIMESTAMPTZ NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns (tenant_id, id)
);
-- F58: importing twice makes no second lead.
CREATE UNIQUE INDEX leads_phone ON leads (tenant_id, lane, phone);
CREATE INDEX leads_of_lane ON leads (tenant_id, lane, id);
CREATE INDEX leads_of_number ON leads (tenant_id, phone);
