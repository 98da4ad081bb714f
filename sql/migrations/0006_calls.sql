-- Intentions, attempts and calls.  One scheduled_calls row is at most one placed call: the unique
-- indexes below are what makes that so, whatever the processes do.

CREATE TABLE scheduled_calls (
    id                  BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id           BIGINT NOT NULL, -- the lead's and the execution's keys hold it; a third would cost every lead
    campaign_id         BIGINT,
    execution_id        BIGINT,
    lead_id             BIGINT,
    parent_id           BIGINT, -- a retry is a row of its own
    lane                BIGINT NOT NULL GENERATED ALWAYS AS (coalesce(campaign_id, 0)) STORED,
    to_number           TEXT NOT NULL,
    from_number         TEXT,
    agent_id            TEXT,
    kb_id               BIGINT,
    metadata            JSONB,
    timezone            TEXT,
    scheduled_at        TIMESTAMPTZ NOT NULL,
    valid_until         TIMESTAMPTZ,
    status              TEXT NOT NULL DEFAULT 'scheduled'
                        CHECK (status IN ('scheduled', 'queued', 'processing', 'done', 'failed', 'canceled')),
    reason              TEXT, -- why it waits, failed or was canceled
    attempts            INT NOT NULL DEFAULT 0,
    provider_call_id    TEXT,
    compliance_check_id BIGINT,
    queued_at           TIMESTAMPTZ,
    created_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, campaign_id, execution_id) REFERENCES campaign_executions (tenant_id, campaign_id, id),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads (tenant_id, id),
    FOREIGN KEY (tenant_id, parent_id) REFERENCES scheduled_calls (tenant_id, id)
);
-- U1: turning leads into rows can be run again.  The second says the same of the person's phone.
CREATE UNIQUE INDEX scheduled_once_per_lead ON scheduled_calls (execution_id, lead_id) WHERE parent_id IS NULL;
CREATE UNIQUE INDEX scheduled_once_per_phone ON scheduled_calls (execution_id, to_number) WHERE parent_id IS NULL;
-- U2: one open row per lead and campaign.
CREATE UNIQUE INDEX scheduled_open ON scheduled_calls (tenant_id, campaign_id, lead_id)
    WHERE status IN ('scheduled', 'queued', 'processing');
CREATE INDEX scheduled_due ON scheduled_calls (tenant_id, lane, scheduled_at, id) WHERE status = 'scheduled';
CREATE INDEX scheduled_live ON scheduled_calls (tenant_id, lane) WHERE status IN ('queued', 'processing');
CREATE INDEX scheduled_unclaimed ON scheduled_calls (queued_at) WHERE status = 'queued';
CREATE INDEX scheduled_of_execution ON scheduled_calls (execution_id, status);

-- What a client calls a call.
CREATE TABLE calls (
    id                   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id            BIGINT NOT NULL REFERENCES tenants (id),
    call_id              TEXT NOT NULL UNIQUE,
    scheduled_call_id    BIGINT,
    campaign_id          BIGINT,
    lead_id              BIGINT,
    direction            TEXT NOT NULL DEFAULT 'outbound' CHECK (direction IN ('outbound', 'inbound', 'web')),
    status               TEXT NOT NULL DEFAULT 'queued'
                         CHECK (status IN ('queued', 'in_progress', 'completed', 'failed', 'canceled')),
    outcome              TEXT,
    to_number            TEXT,
    from_number          TEXT,
    agent_id             TEXT,
    provider             TEXT NOT NULL DEFAULT 'retell',
    provider_call_id     TEXT,
    disconnection_reason TEXT,
    started_at           TIMESTAMPTZ,
    ended_at             TIMESTAMPTZ,
    duration_seconds     BIGINT,
    cost_cents           DOUBLE PRECISION,
    segments             JSONB,
    summary              JSONB,
    disposition          TEXT,
    metadata             JSONB,
    compliance_status    TEXT,
    compliance_check_id  BIGINT,
    created_at           TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    updated_at           TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, scheduled_call_id) REFERENCES scheduled_calls (tenant_id, id),
    FOREIGN KEY (tenant_id, compliance_check_id) REFERENCES compliance_checks (tenant_id, id)
);
CREATE UNIQUE INDEX calls_of_scheduled ON calls (scheduled_call_id);
CREATE UNIQUE INDEX calls_of_provider ON calls (provider, provider_call_id);
CREATE INDEX calls_of_tenant ON calls (tenant_id, created_at DESC, id DESC);
CREATE INDEX calls_by_status ON calls (tenant_id, status, created_at DESC, id DESC);
CREATE INDEX calls_by_campaign ON calls (tenant_id, campaign_id, created_at DESC, id DESC);
CREATE INDEX calls_of_lead ON calls (tenant_id, lead_id, created_at DESC) WHERE lead_id IS NOT NULL;

-- One POST to the provider.  The id is the fencing token: it travels as metadata and comes back.
CREATE TABLE call_attempts (
    id                UUID PRIMARY KEY,
    tenant_id         BIGINT NOT NULL,
    scheduled_call_id BIGINT NOT NULL,
    call_id           BIGINT NOT NULL,
    campaign_id       BIGINT,
    n                 INT NOT NULL,
    state             TEXT NOT NULL CHECK (state IN ('intent', 'unknown', 'accepted', 'ringing', 'ongoing', 'ended',
                                                     'not_connected', 'error', 'rejected', 'refuted', 'unresolved')),
    provider          TEXT NOT NULL,
    provider_call_id  TEXT,
    to_number         TEXT NOT NULL,
    http_status       INT,
    evidence          TEXT, -- what the state rests on, in words
    absent_listings   INT NOT NULL DEFAULT 0,
    dial_deadline     TIMESTAMPTZ NOT NULL,
    lease_until       TIMESTAMPTZ NOT NULL,
    look_at           TIMESTAMPTZ, -- when the reconciler should look next; NULL = never
    created_at        TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    updated_at        TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (tenant_id, scheduled_call_id) REFERENCES scheduled_calls (tenant_id, id),
    FOREIGN KEY (tenant_id, call_id) REFERENCES calls (tenant_id, id)
);
-- U3, U4, U5, U6
CREATE UNIQUE INDEX attempts_numbered ON call_attempts (scheduled_call_id, n);
CREATE UNIQUE INDEX attempts_one_live ON call_attempts (scheduled_call_id) WHERE state NOT IN ('rejected', 'refuted');
CREATE UNIQUE INDEX attempts_one_phone ON call_attempts (tenant_id, to_number)
    WHERE state IN ('intent', 'unknown', 'accepted', 'ringing', 'ongoing');
CREATE UNIQUE INDEX attempts_of_provider ON call_attempts (provider, provider_call_id);
CREATE INDEX attempts_to_look_at ON call_attempts (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX attempts_of_campaign ON call_attempts (campaign_id, created_at);

-- How many calls there are, kept in the transaction that changes it, so that a list's total is true
-- and costs a few rows.  Sixteen shards per cell keep two claims from waiting for each other;
-- only insertions and endings count: open states are few and are counted when asked.
CREATE TABLE call_totals (
    tenant_id   BIGINT NOT NULL,
    campaign_id BIGINT NOT NULL, -- 0 = no campaign
    status      TEXT NOT NULL,   -- '' = any
    shard       INT NOT NULL,
    n           BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, campaign_id, status, shard)
) WITH (fillfactor = 50);

CREATE FUNCTION count_call() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO call_totals VALUES (NEW.tenant_id, coalesce(NEW.campaign_id, 0), '', pg_backend_pid() % 16, 1)
        ON CONFLICT (tenant_id, campaign_id, status, shard) DO UPDATE SET n = call_totals.n + 1;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.status IN ('completed', 'failed', 'canceled') THEN
        INSERT INTO call_totals VALUES (OLD.tenant_id, coalesce(OLD.campaign_id, 0), OLD.status, pg_backend_pid() % 16, -1)
        ON CONFLICT (tenant_id, campaign_id, status, shard) DO UPDATE SET n = call_totals.n - 1;
    END IF;
    IF NEW.status IN ('completed', 'failed', 'canceled') THEN
        INSERT INTO call_totals VALUES (NEW.tenant_id, coalesce(NEW.campaign_id, 0), NEW.status, pg_backend_pid() % 16, 1)
        ON CONFLICT (tenant_id, campaign_id, status, shard) DO UPDATE SET n = call_totals.n + 1;
    END IF;
    RETURN NULL;
END $$;
-- Deferred to the commit: the shard's lock is then the last one taken and is held for a moment.
CREATE CONSTRAINT TRIGGER calls_counted AFTER INSERT ON calls
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_call();
CREATE CONSTRAINT TRIGGER calls_recounted AFTER UPDATE OF status ON calls
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION count_call();
