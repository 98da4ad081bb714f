-- The operator's word on how fast a provider is dialled stands until it is taken back; without one
-- the workers' setting does.
ALTER TABLE provider_limits
    ADD COLUMN starts_set_by TEXT NOT NULL DEFAULT 'setting' CHECK (starts_set_by IN ('setting', 'operator'));
