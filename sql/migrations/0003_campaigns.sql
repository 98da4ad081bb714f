-- Campaigns, their executions and their pace.

CREATE TABLE campaigns (
    id                     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id              BIGINT NOT NULL REFERENCES tenants (id),
    name                   TEXT NOT NULL CHECK (name <> '' AND length(name) <= 255),
    status                 TEXT NOT NULL DEFAULT 'draft'
                           CHECK (status IN ('draft', 'scheduled', 'running', 'paused', 'completed', 'cancelled')),
    agent_id               TEXT,
    from_number            TEXT,
    knowledge_base_id      BIGINT,
    start_date             TIMESTAMPTZ,
    end_date               TIMESTAMPTZ,
    timezone               TEXT NOT NULL DEFAULT 'UTC',
    quiet_hours            TEXT,
    max_calls_per_day      BIGINT CHECK (max_calls_per_day > 0),
    max_calls_per_hour     BIGINT CHECK (max_calls_per_hour > 0),
    spacing_seconds        INT NOT NULL DEFAULT 60 CHECK (spacing_seconds >= 0),
    require_legal_review   BOOLEAN NOT NULL DEFAULT TRUE,
    country_rules_override JSONB,
    lead_filters           JSONB,
    exclude_dnc            BOOLEAN NOT NULL DEFAULT TRUE,
    metadata               JSONB,
    created_at             TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at             TIMESTAMPTZ NOT NULL DEFAULT now(),
    started_at             TIMESTAMPTZ,
    completed_at           TIMESTAMPTZ,
    UNIQUE (tenant_id, id),
    CHECK (end_date IS NULL OR start_date IS NULL OR end_date > start_date)
);
CREATE INDEX campaigns_of_tenant ON campaigns (tenant_id, id DESC);
CREATE INDEX campaigns_running ON campaigns (tenant_id, id) WHERE status = 'running';
CREATE INDEX campaigns_waiting ON campaigns (start_date) WHERE status = 'scheduled';

CREATE TABLE campaign_executions (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id     BIGINT NOT NULL,
    campaign_id   BIGINT NOT NULL,
    status        TEXT NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed', 'failed')),
    -- How far the leads have been turned into scheduled calls: restartable batch by batch.
    -- cursor_lane is the campaign's own leads (the campaign's id), then the unassigned (0).
    cursor_lane   BIGINT NOT NULL,
    cursor_lead   BIGINT NOT NULL DEFAULT 0,
    generated     BOOLEAN NOT NULL DEFAULT FALSE,
    touched_at    TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(), -- by whoever generates; silent for long = nobody does
    started_at    TIMESTAMPTZ,
    completed_at  TIMESTAMPTZ,
    error_message TEXT,
    created_at    TIMESTAMPTZ NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, campaign_id, id),
    FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns (tenant_id, id)
);
-- U7: starting twice opens one execution.
CREATE UNIQUE INDEX executions_open ON campaign_executions (campaign_id) WHERE status IN ('queued', 'running');
CREATE INDEX executions_of_campaign ON campaign_executions (tenant_id, campaign_id, id DESC);

-- The one row every claim of a campaign must lock: spacing and the caps are decided under it.
CREATE TABLE campaign_pacing (
    campaign_id  BIGINT PRIMARY KEY,
    tenant_id    BIGINT NOT NULL,
    next_call_at TIMESTAMPTZ NOT NULL DEFAULT '-infinity',
    FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns (tenant_id, id)
);
