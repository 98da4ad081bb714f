-- The law as rows, who must not be called, and what was decided.

CREATE TABLE platform_country_rules (
    id                        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    country_iso               TEXT NOT NULL CHECK (country_iso ~ '^[A-Z]{2}$'),
    enabled                   BOOLEAN NOT NULL DEFAULT TRUE,
    require_disclosure        BOOLEAN NOT NULL DEFAULT FALSE,
    disclosure_text           TEXT,
    require_explicit_consent  BOOLEAN NOT NULL DEFAULT FALSE,
    dnc_registry_enabled      BOOLEAN NOT NULL DEFAULT FALSE,
    dnc_registry_name         TEXT,
    dnc_check_required        BOOLEAN NOT NULL DEFAULT TRUE,
    quiet_hours_enabled       BOOLEAN NOT NULL DEFAULT FALSE,
    quiet_hours               TEXT,
    timezone                  TEXT,
    require_recording_consent BOOLEAN NOT NULL DEFAULT FALSE,
    recording_disclosure_text TEXT,
    gdpr_applicable           BOOLEAN NOT NULL DEFAULT FALSE,
    data_retention_days       BIGINT CHECK (data_retention_days > 0),
    extended                  JSONB NOT NULL DEFAULT '{}',
    metadata                  JSONB,
    effective_from            DATE NOT NULL,
    effective_to              DATE,
    created_at                TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at                TIMESTAMPTZ NOT NULL DEFAULT now(),
    UNIQUE (country_iso, effective_from),
    CHECK (effective_to IS NULL OR effective_to >= effective_from)
);

-- A tenant's own rule stands beside the platform's, and both must pass.  Writing one closes the
-- version in force and opens the next; nothing is edited.
CREATE TABLE country_rules (
    id                        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id                 BIGINT NOT NULL REFERENCES tenants (id),
    country_iso               TEXT NOT NULL CHECK (country_iso ~ '^[A-Z]{2}$'),
    enabled                   BOOLEAN NOT NULL DEFAULT TRUE,
    require_disclosure        BOOLEAN NOT NULL DEFAULT FALSE,
    disclosure_text           TEXT,
    require_explicit_consent  BOOLEAN NOT NULL DEFAULT FALSE,
    dnc_registry_enabled      BOOLEAN NOT NULL DEFAULT FALSE,
    dnc_registry_name         TEXT,
    dnc_check_required        BOOLEAN NOT NULL DEFAULT TRUE,
    quiet_hours_enabled       BOOLEAN NOT NULL DEFAULT FALSE,
    quiet_hours               TEXT,
    timezone                  TEXT,
    require_recording_consent BOOLEAN NOT NULL DEFAULT FALSE,
    recording_disclosure_text TEXT,
    gdpr_applicable           BOOLEAN NOT NULL DEFAULT FALSE,
    data_retention_days       BIGINT CHECK (data_retention_days > 0),
    metadata                  JSONB,
    superseded_at             TIMESTAMPTZ,
    created_at                TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at                TIMESTAMPTZ NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, id)
);
CREATE UNIQUE INDEX country_rules_in_force ON country_rules (tenant_id, country_iso) WHERE superseded_at IS NULL;

-- Removing an entry leaves a tombstone; opt-outs are not removed through the API at all.
CREATE TABLE dnc_entries (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id   BIGINT NOT NULL REFERENCES tenants (id),
    e164        TEXT NOT NULL CHECK (e164 ~ '^\+[1-9][0-9]{6,14}$'),
    source      TEXT NOT NULL DEFAULT 'manual' CHECK (source IN ('manual', 'registry', 'opt_out')),
    country_iso TEXT CHECK (country_iso ~ '^[A-Z]{2}$'),
    created_at  TIMESTAMPTZ NOT NULL DEFAULT now(),
    removed_at  TIMESTAMPTZ,
    UNIQUE (tenant_id, id)
);
CREATE UNIQUE INDEX dnc_standing ON dnc_entries (tenant_id, e164, source) WHERE removed_at IS NULL;
CREATE INDEX dnc_of_tenant ON dnc_entries (tenant_id, id DESC) WHERE removed_at IS NULL;

CREATE TABLE platform_dnc_entries (
    e164       TEXT PRIMARY KEY CHECK (e164 ~ '^\+[1-9][0-9]{6,14}$'),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- One row per decision that was acted upon; never updated.
CREATE TABLE compliance_checks (
    id                BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id         BIGINT NOT NULL REFERENCES tenants (id),
    call_id           BIGINT,
    scheduled_call_id BIGINT,
    campaign_id       BIGINT,
    lead_id           BIGINT,
    to_number         TEXT NOT NULL,
    country_iso       TEXT NOT NULL,
    dnc_check         TEXT NOT NULL CHECK (dnc_check IN ('passed', 'failed', 'skipped')),
    quiet_hours_check TEXT NOT NULL CHECK (quiet_hours_check IN ('passed', 'failed', 'skipped')),
    consent_check     TEXT NOT NULL CHECK (consent_check IN ('passed', 'failed', 'skipped')),
    disclosure_check  TEXT NOT NULL CHECK (disclosure_check IN ('passed', 'failed', 'skipped', 'required')),
    status            TEXT NOT NULL CHECK (status IN ('approved', 'rejected', 'warning')),
    rejection_reason  TEXT,
    rejection_code    TEXT,
    all_codes         TEXT[] NOT NULL DEFAULT '{}',
    warnings          TEXT[] NOT NULL DEFAULT '{}',
    next_allowed_at   TIMESTAMPTZ,
    scheduled_time    TIMESTAMPTZ NOT NULL,
    platform_rule_id  BIGINT REFERENCES platform_country_rules (id),
    country_rule_id   BIGINT,
    engine_version    TEXT NOT NULL,
    tzdata_version    TEXT NOT NULL,
    checked_at        TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    checked_by        TEXT NOT NULL DEFAULT 'system',
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns (tenant_id, id),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads (tenant_id, id),
    FOREIGN KEY (tenant_id, country_rule_id) REFERENCES country_rules (tenant_id, id)
);
CREATE INDEX checks_refused ON compliance_checks (tenant_id, campaign_id, rejection_code) WHERE status = 'rejected';
CREATE INDEX checks_of_tenant ON compliance_checks (tenant_id, id DESC);
