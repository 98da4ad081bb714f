-- Tenants and the keys that speak for them.  Every tenant table below carries tenant_id NOT NULL
-- and a UNIQUE (tenant_id, id), so that foreign keys can be composite: a row cannot point into
-- another tenant.

CREATE TABLE tenants (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       TEXT NOT NULL CHECK (name <> '' AND length(name) <= 255),
    status     TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- A key is shown once; what is kept is its public prefix, for the look-up, and the hash of the
-- whole.  The secret part has more than 256 bits, so a plain hash is enough.
CREATE TABLE api_keys (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id     BIGINT NOT NULL REFERENCES tenants (id),
    name          TEXT NOT NULL,
    prefix        TEXT NOT NULL UNIQUE,
    secret_sha256 BYTEA NOT NULL CHECK (length(secret_sha256) = 32),
    created_at    TIMESTAMPTZ NOT NULL DEFAULT now(),
    revoked_at    TIMESTAMPTZ,
    UNIQUE (tenant_id, id)
);
