-- What a campaign's override may loosen, by the platform's word alone; a row is only ever revoked.

CREATE TABLE loosening_grants (
    ticket      TEXT PRIMARY KEY CHECK (ticket ~ '^[A-Za-z0-9._:/-]{1,64}$'), -- what the override names
    tenant_id   BIGINT NOT NULL REFERENCES tenants (id),
    country_iso TEXT NOT NULL CHECK (country_iso ~ '^[A-Z]{2}$'),
    granted_by  TEXT NOT NULL CHECK (granted_by <> ''),
    reason      TEXT NOT NULL CHECK (reason <> ''),
    expires_at  TIMESTAMPTZ NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    revoked_at  TIMESTAMPTZ
);
CREATE INDEX grants_of_tenant ON loosening_grants (tenant_id);
