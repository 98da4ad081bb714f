-- What was left of references that could have pointed into another tenant: with these a foreign key between two tables of
-- tenants always carries the tenant.

ALTER TABLE dnc_imports ADD UNIQUE (tenant_id, id);

ALTER TABLE dnc_entries ADD FOREIGN KEY (tenant_id, removed_import) REFERENCES dnc_imports (tenant_id, id);

ALTER TABLE compliance_checks
    ADD FOREIGN KEY (tenant_id, scheduled_call_id) REFERENCES scheduled_calls (tenant_id, id),
    ADD FOREIGN KEY (tenant_id, call_id) REFERENCES calls (tenant_id, id);

-- A call and its attempt take these from their row; the keys say that they took them from it.
ALTER TABLE calls
    ADD FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns (tenant_id, id),
    ADD FOREIGN KEY (tenant_id, lead_id) REFERENCES leads (tenant_id, id);
ALTER TABLE call_attempts
    ADD FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns (tenant_id, id);

-- An execution of another tenant's campaign fails for that, and not because the campaign is running.
DROP INDEX executions_open;
CREATE UNIQUE INDEX executions_open ON campaign_executions (tenant_id, campaign_id) WHERE status IN ('queued', 'running');
