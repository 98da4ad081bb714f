-- What a tenant entrusts to us: the key of its own workspace at the provider, sealed (common/base/secret_box.h).

-- box is XChaCha20-Poly1305 under the key of that id, which is in no database; the place - this table, the tenant,
-- name and account - is authenticated with it.  account is the workspace as attempts remember it.
CREATE TABLE tenant_secrets (
    tenant_id  BIGINT NOT NULL REFERENCES tenants (id),
    name       TEXT NOT NULL CHECK (name IN ('retell', 'retell_webhook')),
    account    TEXT NOT NULL CHECK (account ~ '^[0-9a-f]{16}$'),
    key_id     TEXT NOT NULL CHECK (length(key_id) BETWEEN 1 AND 32),
    nonce      BYTEA NOT NULL CHECK (length(nonce) = 24),
    box        BYTEA NOT NULL CHECK (length(box) BETWEEN 17 AND 528),
    last_four  TEXT NOT NULL CHECK (length(last_four) <= 4),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    retired_at TIMESTAMPTZ, -- another took its place, or none; it is kept for what was begun with it
    PRIMARY KEY (tenant_id, name, account)
);
CREATE UNIQUE INDEX tenant_secrets_current ON tenant_secrets (tenant_id, name) WHERE retired_at IS NULL;
CREATE INDEX tenant_secrets_by_key ON tenant_secrets (key_id);
