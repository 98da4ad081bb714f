-- What a tenant, or one of its keys alone, may ask of the API, where it is not the default.

CREATE TABLE rate_limits (
    tenant_id  BIGINT NOT NULL REFERENCES tenants (id),
    principal  TEXT NOT NULL DEFAULT '', -- the public part of a key; '' = the tenant in all
    class      TEXT NOT NULL CHECK (class IN ('read', 'write', 'dial', 'import', 'urgent')),
    per_minute BIGINT NOT NULL CHECK (per_minute BETWEEN 1 AND 100000000),
    burst      BIGINT NOT NULL CHECK (burst BETWEEN 1 AND 100000000),
    created_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, principal, class)
);
