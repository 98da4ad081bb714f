-- What a consent that does not say what it is for is worth: a warning, until the tenant's wording is certified.

ALTER TABLE tenants
    ADD COLUMN unknown_scope TEXT NOT NULL DEFAULT 'warn' CHECK (unknown_scope IN ('warn', 'block'));
