-- The dial engine: who may dial how much, what stands still, and what is tried again.

-- NULL = the platform's default, or no limit.
ALTER TABLE tenants
    ADD COLUMN max_concurrent_calls BIGINT CHECK (max_concurrent_calls > 0),
    ADD COLUMN on_unknown TEXT NOT NULL DEFAULT 'redial' CHECK (on_unknown IN ('redial', 'never_redial'));

ALTER TABLE campaigns
    ADD COLUMN max_concurrent_calls BIGINT CHECK (max_concurrent_calls > 0),
    ADD COLUMN retry_policy JSONB;

-- The person at the end of a dead number is not called again by any campaign.
ALTER TABLE leads ADD COLUMN dead_reason TEXT;

-- What a provider lets us do at once; the reconciler keeps it as the provider tells it.
CREATE TABLE provider_limits (
    provider           TEXT PRIMARY KEY,
    concurrency_limit  BIGINT NOT NULL CHECK (concurrency_limit >= 0),
    reserved_inbound   BIGINT NOT NULL DEFAULT 0 CHECK (reserved_inbound >= 0),
    others_live        BIGINT NOT NULL DEFAULT 0 CHECK (others_live >= 0), -- inbound and web calls, at the last look
    starts_per_second  DOUBLE PRECISION NOT NULL DEFAULT 1000 CHECK (starts_per_second > 0),
    next_start_at      TIMESTAMPTZ NOT NULL DEFAULT 'epoch', -- the dispatcher's: no start is given before
    slow_per_second    DOUBLE PRECISION, -- the rate we fell back to when it turned us away; doubles every ten seconds
    slowed_at          TIMESTAMPTZ,
    told_at            TIMESTAMPTZ -- NULL: never asked
);

INSERT INTO provider_limits (provider, concurrency_limit) VALUES ('retell', 20);

-- Starts per second right now.
CREATE FUNCTION provider_rate(l provider_limits) RETURNS double precision LANGUAGE sql STABLE AS $$
    SELECT least(l.starts_per_second,
                 l.slow_per_second * power(2, least(extract(epoch FROM clock_timestamp() - l.slowed_at), 600) / 10))
$$;

-- Money a tenant may spend; no row = no limit.  spent_cents follows the calls' costs, by trigger.
CREATE TABLE tenant_budgets (
    tenant_id     BIGINT PRIMARY KEY REFERENCES tenants (id),
    limit_cents   DOUBLE PRECISION NOT NULL CHECK (limit_cents >= 0),
    spent_cents   DOUBLE PRECISION NOT NULL DEFAULT 0,
    reserve_cents DOUBLE PRECISION NOT NULL DEFAULT 50 CHECK (reserve_cents >= 0) -- held back for each live call
);

CREATE FUNCTION spend_budget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tenant_budgets SET spent_cents = spent_cents + coalesce(NEW.cost_cents, 0) - coalesce(OLD.cost_cents, 0)
     WHERE tenant_id = NEW.tenant_id;
    RETURN NULL;
END $$;
CREATE TRIGGER calls_spent AFTER UPDATE OF cost_cents ON calls
    FOR EACH ROW WHEN (OLD.cost_cents IS DISTINCT FROM NEW.cost_cents) EXECUTE FUNCTION spend_budget();

-- What must stand still: by an operator's word, or because a breaker saw that it fails.  A row is
-- never changed but to lift it.  A claim reads the standing ones after it took the scope's lock.
CREATE TABLE halts (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id   BIGINT REFERENCES tenants (id), -- NULL: for every tenant
    scope       TEXT NOT NULL CHECK (scope IN ('platform', 'tenant', 'country', 'campaign', 'provider', 'from_number', 'agent')),
    key         TEXT NOT NULL DEFAULT '', -- the country, the campaign's id, the provider's name, the number, the agent
    cause       TEXT NOT NULL CHECK (cause IN ('operator', 'breaker', 'failover')),
    reason      TEXT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    probe_at    TIMESTAMPTZ, -- when a breaker may look whether the fault is gone; NULL = only an operator lifts it
    lifted_at   TIMESTAMPTZ
);
CREATE UNIQUE INDEX halts_standing ON halts (coalesce(tenant_id, 0), scope, key) WHERE lifted_at IS NULL;
CREATE INDEX halts_of_tenant ON halts (tenant_id, id DESC);

ALTER TABLE call_attempts
    ADD COLUMN from_number TEXT,
    ADD COLUMN agent_id TEXT,
    ADD COLUMN outcome TEXT, -- the call's word, once it is over
    ADD COLUMN stop_wanted BOOLEAN NOT NULL DEFAULT FALSE, -- the reconciler hangs up
    DROP CONSTRAINT call_attempts_state_check,
    ADD CONSTRAINT call_attempts_state_check
        CHECK (state IN ('intent', 'unknown', 'accepted', 'ringing', 'ongoing', 'ended', 'not_connected', 'error', 'rejected',
                         'refuted', 'unresolved', 'accepted_late'));
DROP INDEX attempts_one_live;
CREATE UNIQUE INDEX attempts_one_live ON call_attempts (scheduled_call_id)
    WHERE state NOT IN ('rejected', 'refuted', 'accepted_late');
-- Requests that may still be on their way out: a halt waits for them.
CREATE INDEX attempts_leaving ON call_attempts (tenant_id, dial_deadline) WHERE state = 'intent';
-- How often this person was tried, by any campaign.
CREATE INDEX attempts_of_phone ON call_attempts (tenant_id, to_number, created_at);
-- What breakers count: attempts that went badly on a number, with an agent, at a provider.
CREATE INDEX attempts_of_caller ON call_attempts (from_number, updated_at) WHERE outcome IS NOT NULL;
CREATE INDEX attempts_of_agent ON call_attempts (agent_id, updated_at) WHERE outcome IS NOT NULL;
CREATE INDEX attempts_recent ON call_attempts USING brin (created_at);

CREATE INDEX scheduled_children ON scheduled_calls (parent_id) WHERE parent_id IS NOT NULL;
