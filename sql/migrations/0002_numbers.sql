-- Caller ids.  One active number belongs to one tenant.

CREATE TABLE numbers (
    id                 BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id          BIGINT NOT NULL REFERENCES tenants (id),
    e164               TEXT NOT NULL CHECK (e164 ~ '^\+[1-9][0-9]{6,14}$'),
    provider           TEXT NOT NULL DEFAULT 'retell' CHECK (provider IN ('retell', 'twilio', 'vonage', 'bandwidth')),
    provider_number_id TEXT,
    country            TEXT CHECK (country ~ '^[A-Z]{2}$'),
    type               TEXT NOT NULL DEFAULT 'local' CHECK (type IN ('local', 'toll-free', 'mobile')),
    status             TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'active', 'suspended', 'released')),
    verified           BOOLEAN NOT NULL DEFAULT FALSE,
    capabilities       JSONB NOT NULL DEFAULT '{"voice": true, "sms": false}',
    monthly_cost_cents BIGINT CHECK (monthly_cost_cents >= 0),
    setup_cost_cents   BIGINT CHECK (setup_cost_cents >= 0),
    created_at         TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at         TIMESTAMPTZ NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, id)
);
CREATE UNIQUE INDEX numbers_owned ON numbers (e164) WHERE status <> 'released';
CREATE INDEX numbers_of_tenant ON numbers (tenant_id, e164);
