-- What was left of references that could have pointed into another tenant, but for rows that are made by the hundred thousand.

ALTER TABLE dnc_imports ADD UNIQUE (tenant_id, id);

ALTER TABLE dnc_entries ADD FOREIGN KEY (tenant_id, removed_import) REFERENCES dnc_imports (tenant_id, id);

-- A call and its attempt take these from their row; the keys say that they took them from it.
ALTER TABLE calls
    ADD FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns (tenant_id, id),
    ADD FOREIGN KEY (tenant_id, lead_id) REFERENCES leads (tenant_id, id);
ALTER TABLE call_attempts
    ADD FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns (tenant_id, id);

-- An execution of another tenant's campaign fails for that, and not because the campaign is running.
DROP INDEX executions_open;
CREATE UNIQUE INDEX executions_open ON campaign_executions (tenant_id, campaign_id) WHERE status IN ('queued', 'running');

-- As before, and of the tenant's rows only, whatever they are said to belong to.
CREATE OR REPLACE FUNCTION rows_of_person(whose BIGINT, called TEXT, ids BIGINT[]) RETURNS SETOF BIGINT LANGUAGE sql STABLE AS $$
    WITH RECURSIVE found AS (
        (SELECT s.id
           FROM campaign_executions e
           JOIN scheduled_calls s ON s.tenant_id = whose AND s.execution_id = e.id AND s.to_number = called AND s.parent_id IS NULL
          WHERE e.tenant_id = whose
         UNION
         SELECT s.id
           FROM campaign_executions e
           JOIN scheduled_calls s ON s.tenant_id = whose AND s.execution_id = e.id AND s.lead_id = ANY (ids) AND s.parent_id IS NULL
          WHERE e.tenant_id = whose
         UNION
         SELECT k.scheduled_call_id FROM calls k
          WHERE k.tenant_id = whose AND k.to_number = called AND k.scheduled_call_id IS NOT NULL
         UNION
         SELECT k.scheduled_call_id FROM calls k
          WHERE k.tenant_id = whose AND k.lead_id = ANY (ids) AND k.scheduled_call_id IS NOT NULL)
        UNION
        SELECT s.id FROM scheduled_calls s JOIN found f ON s.parent_id = f.id WHERE s.tenant_id = whose
    )
    SELECT id FROM found
$$;
