-- Lists as registries give them: which registry an entry is of, since when, and what a file or a person took off again.

ALTER TABLE dnc_entries
    ADD COLUMN registry       TEXT NOT NULL DEFAULT '', -- '' = of no registry by name
    ADD COLUMN listed_at      TIMESTAMPTZ,              -- on the registry's list at the latest then; null = since created_at
    ADD COLUMN removed_by     TEXT,                     -- the request that took it off
    ADD COLUMN removed_reason TEXT,
    ADD COLUMN removed_import BIGINT;                   -- the file that took it off; null = a person did

-- A number may be on several registries' lists, and comes off each by itself.
DROP INDEX dnc_standing;
CREATE UNIQUE INDEX dnc_standing ON dnc_entries (tenant_id, e164, source, registry) WHERE removed_at IS NULL;

-- A list of millions pays for every index and every look-up: nothing refers to entries by (tenant_id, id), and the tenant
-- is whoever's key it was, whose row nothing deletes.
ALTER TABLE dnc_entries DROP CONSTRAINT dnc_entries_tenant_id_id_key;
ALTER TABLE dnc_entries DROP CONSTRAINT dnc_entries_tenant_id_fkey;

-- One row per file; finished_at says that the whole of it counts.
CREATE TABLE dnc_imports (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id   BIGINT NOT NULL REFERENCES tenants (id),
    mode        TEXT NOT NULL CHECK (mode IN ('add', 'full', 'delta', 'answer')),
    source      TEXT NOT NULL CHECK (source IN ('manual', 'registry', 'opt_out')),
    registry    TEXT NOT NULL,
    country_iso TEXT CHECK (country_iso ~ '^[A-Z]{2}$'),
    scrubbed_at TIMESTAMPTZ NOT NULL, -- the list is as it was then
    request_id  TEXT,
    created_at  TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    finished_at TIMESTAMPTZ,
    imported    BIGINT,
    closed      BIGINT
);
CREATE INDEX dnc_imports_of_registry ON dnc_imports (tenant_id, registry, id);

-- What a full file has had so far; rows go when it ends.  Lost with a crash, as the file is.
CREATE UNLOGGED TABLE dnc_staged (
    import_id BIGINT NOT NULL,
    e164      TEXT NOT NULL,
    PRIMARY KEY (import_id, e164)
);
