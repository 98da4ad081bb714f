-- Leads become scheduled calls by the thousand, so what holds of each row is asked once of all that a statement wrote.

-- Checked row by row these two were a third of what a row cost, and each wrote a lock into its lead.
ALTER TABLE scheduled_calls
    DROP CONSTRAINT scheduled_calls_tenant_id_lead_id_fkey,
    DROP CONSTRAINT scheduled_calls_tenant_id_campaign_id_execution_id_fkey;

-- The lock, one for a tenant's leads and executions, is shared by who refers to them and taken alone by who deletes some:
-- either the one sees the other's rows, or waits for them.  Leads are found by their id alone, for which there is one
-- index, and one by one: a plan made while the table was small stays right.
CREATE FUNCTION scheduled_calls_have_parents() RETURNS TRIGGER LANGUAGE plpgsql
    SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('parents:' || t.tenant_id, 0))
       FROM (SELECT DISTINCT tenant_id FROM new_rows) t;
    IF EXISTS (SELECT FROM new_rows n
                 LEFT JOIN leads l ON l.id = n.lead_id
                WHERE n.lead_id IS NOT NULL AND l.tenant_id IS DISTINCT FROM n.tenant_id) THEN
        RAISE EXCEPTION 'a scheduled call of no lead of its tenant' USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF EXISTS (SELECT FROM (SELECT DISTINCT tenant_id, campaign_id, execution_id FROM new_rows
                             WHERE campaign_id IS NOT NULL AND execution_id IS NOT NULL) n
                 LEFT JOIN campaign_executions e ON e.id = n.execution_id
                WHERE (e.tenant_id, e.campaign_id) IS DISTINCT FROM (n.tenant_id, n.campaign_id)) THEN
        RAISE EXCEPTION 'a scheduled call of no execution of its campaign' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER scheduled_calls_have_parents AFTER INSERT ON scheduled_calls
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION scheduled_calls_have_parents();

CREATE FUNCTION leads_are_needed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('parents:' || t.tenant_id, 0))
       FROM (SELECT DISTINCT tenant_id FROM gone ORDER BY tenant_id) t;
    IF EXISTS (SELECT FROM gone g JOIN scheduled_calls s ON s.tenant_id = g.tenant_id AND s.lead_id = g.id) THEN
        RAISE EXCEPTION 'a scheduled call refers to the lead' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER leads_are_needed AFTER DELETE ON leads
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION leads_are_needed();

CREATE FUNCTION executions_are_needed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('parents:' || t.tenant_id, 0))
       FROM (SELECT DISTINCT tenant_id FROM gone ORDER BY tenant_id) t;
    IF EXISTS (SELECT FROM gone g JOIN scheduled_calls s ON s.execution_id = g.id) THEN
        RAISE EXCEPTION 'a scheduled call refers to the execution' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER executions_are_needed AFTER DELETE ON campaign_executions
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION executions_are_needed();

-- What the rows above are found by is never another.
CREATE FUNCTION key_stands() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a key is never changed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER leads_key_stands BEFORE UPDATE OF tenant_id, id ON leads
    FOR EACH ROW EXECUTE FUNCTION key_stands();
CREATE TRIGGER executions_key_stands BEFORE UPDATE OF tenant_id, campaign_id, id ON campaign_executions
    FOR EACH ROW EXECUTE FUNCTION key_stands();
CREATE TRIGGER scheduled_calls_key_stands BEFORE UPDATE OF tenant_id, campaign_id, execution_id, lead_id ON scheduled_calls
    FOR EACH ROW EXECUTE FUNCTION key_stands();

-- One unique index on every row's number where there were two: it answers for the id alone, and for the tenant's keys.
ALTER TABLE calls DROP CONSTRAINT calls_tenant_id_scheduled_call_id_fkey;
ALTER TABLE call_attempts DROP CONSTRAINT call_attempts_tenant_id_scheduled_call_id_fkey;
ALTER TABLE scheduled_calls
    DROP CONSTRAINT scheduled_calls_tenant_id_parent_id_fkey,
    DROP CONSTRAINT scheduled_calls_tenant_id_id_key,
    DROP CONSTRAINT scheduled_calls_pkey,
    ADD PRIMARY KEY (id, tenant_id),
    ADD FOREIGN KEY (tenant_id, parent_id) REFERENCES scheduled_calls (tenant_id, id);
ALTER TABLE calls ADD FOREIGN KEY (tenant_id, scheduled_call_id) REFERENCES scheduled_calls (tenant_id, id);
ALTER TABLE call_attempts ADD FOREIGN KEY (tenant_id, scheduled_call_id) REFERENCES scheduled_calls (tenant_id, id);

-- Its unique key is read backwards as well as forwards.
DROP INDEX checks_of_tenant;
