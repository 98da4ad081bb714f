-- A tenant is suspended and goes on, or leaves for good: suspended, then being erased, then gone but for its ledger.

ALTER TABLE tenants
    DROP CONSTRAINT tenants_status_check,
    ADD CONSTRAINT tenants_status_check CHECK (status IN ('active', 'suspended', 'leaving', 'gone')),
    ADD COLUMN status_reason TEXT,
    ADD COLUMN status_at     TIMESTAMPTZ; -- since when; NULL: it was never anything but active
CREATE INDEX tenants_leaving ON tenants (id) WHERE status = 'leaving';
