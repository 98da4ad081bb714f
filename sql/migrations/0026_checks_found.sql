-- The history of decisions, found by any mixture of what a user asks for.

-- Newest first whatever was asked: each filter finds its own in that order.
CREATE INDEX checks_by_time ON compliance_checks (tenant_id, checked_at, id);
CREATE INDEX checks_by_status ON compliance_checks (tenant_id, status, checked_at, id);
CREATE INDEX checks_by_code ON compliance_checks (tenant_id, rejection_code, checked_at, id) WHERE rejection_code IS NOT NULL;
CREATE INDEX checks_by_campaign ON compliance_checks (tenant_id, campaign_id, checked_at, id) WHERE campaign_id IS NOT NULL;
CREATE INDEX checks_by_lead ON compliance_checks (tenant_id, lead_id, checked_at, id) WHERE lead_id IS NOT NULL;
CREATE INDEX checks_by_row ON compliance_checks (tenant_id, scheduled_call_id, checked_at, id) WHERE scheduled_call_id IS NOT NULL;
CREATE INDEX checks_by_number ON compliance_checks (tenant_id, to_number, checked_at, id);
CREATE INDEX checks_by_country ON compliance_checks (tenant_id, country_iso, checked_at, id);

-- The statement for these filters, $1 being the tenant and $2 the filters: only what was asked for is in it, so that
-- it is planned for that.  A sum of "is null or equal" would be read by the tenant's index alone.
CREATE FUNCTION checks_statement(what TEXT, filters JSONB) RETURNS TEXT LANGUAGE sql IMMUTABLE AS $$
    SELECT 'SELECT ' || what || ' FROM compliance_checks WHERE tenant_id = $1' || coalesce(string_agg(condition, ''), '')
      FROM (VALUES ('from', ' AND checked_at >= ($2 ->> ''from'')::timestamptz'),
                   ('to', ' AND checked_at < ($2 ->> ''to'')::timestamptz'),
                   ('before_id', ' AND (checked_at, id) < (($2 ->> ''before_at'')::timestamptz, ($2 ->> ''before_id'')::bigint)'),
                   ('status', ' AND status = $2 ->> ''status'''),
                   ('rejection_code', ' AND rejection_code = $2 ->> ''rejection_code'''),
                   ('campaign_id', ' AND campaign_id = ($2 ->> ''campaign_id'')::bigint'),
                   ('lead_id', ' AND lead_id = ($2 ->> ''lead_id'')::bigint'),
                   ('scheduled_call_id', ' AND scheduled_call_id = ($2 ->> ''scheduled_call_id'')::bigint'),
                   ('to_number', ' AND to_number = $2 ->> ''to_number'''),
                   ('country_iso', ' AND country_iso = $2 ->> ''country_iso''')) known (name, condition)
     WHERE filters ? name
$$;

CREATE FUNCTION checks_found(tenant BIGINT, filters JSONB, wanted BIGINT, skipped BIGINT)
RETURNS SETOF BIGINT LANGUAGE plpgsql STABLE ROWS 100 AS $$
BEGIN
    RETURN QUERY EXECUTE checks_statement('id', filters) || ' ORDER BY checked_at DESC, id DESC LIMIT $3 OFFSET $4'
        USING tenant, filters, wanted, skipped;
END $$;

CREATE FUNCTION checks_counted(tenant BIGINT, filters JSONB) RETURNS BIGINT LANGUAGE plpgsql STABLE AS $$
DECLARE n BIGINT;
BEGIN
    EXECUTE checks_statement('count(*)', filters) INTO n USING tenant, filters;
    RETURN n;
END $$;
