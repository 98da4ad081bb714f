-- In whose workspace a call was asked for: only there can be told what became of it.  NULL = the deployment's.

ALTER TABLE call_attempts ADD COLUMN account TEXT;
ALTER TABLE calls ADD COLUMN account TEXT; -- a web call's, which has no attempt
ALTER TABLE erasure_copies ADD COLUMN account TEXT;
-- Who vouched for an event: a tenant's own key speaks for that tenant's calls in that workspace and for nobody else's.
ALTER TABLE webhook_inbox
    ADD COLUMN signer  BIGINT REFERENCES tenants (id), -- NULL = the deployment's key
    ADD COLUMN account TEXT,
    ADD CHECK ((signer IS NULL) = (account IS NULL));

CREATE INDEX calls_of_account ON calls (tenant_id, account) WHERE account IS NOT NULL;
CREATE INDEX attempts_of_account ON call_attempts (tenant_id, account, created_at) WHERE account IS NOT NULL;
