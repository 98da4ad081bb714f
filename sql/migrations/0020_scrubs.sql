-- What a decision needs to know of a number beyond the lists: when it was last compared with a registry, and
-- whether everybody's list has it because the person said so.

CREATE TABLE registry_scrubs (
    tenant_id   BIGINT NOT NULL REFERENCES tenants (id),
    e164        TEXT NOT NULL CHECK (e164 ~ '^\+[1-9][0-9]{6,14}$'),
    registry    TEXT NOT NULL CHECK (registry <> ''), -- extended.dnc.registry of the rule
    scrubbed_at TIMESTAMPTZ NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, e164, registry)
);

ALTER TABLE platform_dnc_entries
    ADD COLUMN source TEXT NOT NULL DEFAULT 'manual' CHECK (source IN ('manual', 'registry', 'opt_out'));
