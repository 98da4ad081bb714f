-- What a key may do, from where and until when, and when it was last of use; which campaigns a user is limited to.

ALTER TABLE api_keys
    ADD COLUMN scopes       JSONB, -- names; NULL = everything
    ADD COLUMN networks     JSONB, -- texts in CIDR notation; NULL = from anywhere
    ADD COLUMN expires_at   TIMESTAMPTZ,
    ADD COLUMN last_used_at TIMESTAMPTZ, -- to some ten minutes: no request waits for it
    ADD COLUMN replaces     BIGINT,
    ADD FOREIGN KEY (tenant_id, replaces) REFERENCES api_keys (tenant_id, id);

ALTER TABLE users ADD COLUMN campaigns JSONB CHECK (role <> 'admin' OR campaigns IS NULL); -- ids; NULL = everything
ALTER TABLE one_time_links ADD COLUMN campaigns JSONB;                                     -- an invitation's
