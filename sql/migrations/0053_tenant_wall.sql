-- The tenant wall in the database itself: a session is one of two roles that own nothing, and sees rows by what it is.
--
--   agoralia_app       one tenant's statements: only rows of the tenant that agoralia.tenant names, for this transaction
--   agoralia_platform  statements that work for every tenant, each of which says why
--
-- A session that never heard of agoralia.tenant is refused, one that was told no tenant (0) sees nothing.  Owners are held to
-- the same (FORCE), and go through the platform's door.

DO $$
DECLARE
    wanted TEXT;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['agoralia_app', 'agoralia_platform'] LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- another database of this cluster was quicker
            END;
        END IF;
        IF NOT pg_has_role(current_user, wanted, 'MEMBER') THEN
            EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
        END IF;
    END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE EXCEPTION 'the roles agoralia_app and agoralia_platform are missing, or % is not in them', current_user
        USING HINT = 'As an administrator: CREATE ROLE agoralia_app; CREATE ROLE agoralia_platform; '
                     'GRANT agoralia_app, agoralia_platform TO ' || quote_ident(current_user);
END $$;

-- Whose rows this transaction may touch.  Written into the plan of whatever asks, once for every scan: it is as short as
-- can be.
CREATE FUNCTION wall_tenant() RETURNS BIGINT LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT current_setting('agoralia.tenant')::bigint
$$;

-- Tables that hold rows of tenants, by the column that says whose.
CREATE FUNCTION walled_tables() RETURNS TABLE (name NAME, owner NAME) LANGUAGE sql STABLE AS $$
    SELECT c.relname, CASE WHEN c.relname = 'tenants' THEN 'id' ELSE a.attname END
      FROM pg_class c
      LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
       AND (a.attname IS NOT NULL OR c.relname = 'tenants')
$$;

-- Puts up what is missing; runs after every migration, so that no table can be made without.
CREATE FUNCTION build_wall() RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    t RECORD;
BEGIN
    FOR t IN SELECT w.name, w.owner FROM walled_tables() w
              WHERE NOT EXISTS (SELECT 1 FROM pg_policies p WHERE p.tablename = w.name AND p.policyname = 'tenant_wall') LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t.name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t.name);
        EXECUTE format('CREATE POLICY tenant_wall ON %I TO agoralia_app USING (%I = wall_tenant())', t.name, t.owner);
        EXECUTE format('CREATE POLICY platform_door ON %I TO agoralia_platform USING (true)', t.name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO agoralia_app', t.name);
    END LOOP;
    IF NOT has_schema_privilege('agoralia_app', 'public', 'USAGE') THEN
        GRANT USAGE ON SCHEMA public TO agoralia_app, agoralia_platform;
    END IF;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO agoralia_platform;
    REVOKE ALL ON schema_migrations FROM agoralia_platform;
    GRANT SELECT ON schema_migrations TO PUBLIC;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO agoralia_app, agoralia_platform;
END $$;

-- A tenant has a right to know what stands still for everybody.
CREATE POLICY everybody_sees ON halts FOR SELECT TO agoralia_app USING (tenant_id IS NULL);

-- Of what is no tenant's, what tenants' statements need; the rest is the platform's.
GRANT SELECT ON platform_country_rules, platform_dnc_entries, provider_limits, idempotency_proofs, dial_epoch TO agoralia_app;
GRANT INSERT ON law_documents TO agoralia_app;
GRANT SELECT, INSERT ON stray_calls TO agoralia_app;
GRANT SELECT, DELETE ON dnc_staged TO agoralia_app;

-- It runs at the commit, whoever the transaction's last statement was for: as the owner, for the row's own tenant.  Names
-- carry their schema instead of a search path of the function's own, which would be worked out anew for every call.
CREATE OR REPLACE FUNCTION count_call() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO public.call_totals VALUES (NEW.tenant_id, coalesce(NEW.campaign_id, 0), '', pg_backend_pid() % 16, 1)
        ON CONFLICT (tenant_id, campaign_id, status, shard) DO UPDATE SET n = call_totals.n + 1;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.status IN ('completed', 'failed', 'canceled') THEN
        INSERT INTO public.call_totals VALUES (OLD.tenant_id, coalesce(OLD.campaign_id, 0), OLD.status, pg_backend_pid() % 16, -1)
        ON CONFLICT (tenant_id, campaign_id, status, shard) DO UPDATE SET n = call_totals.n - 1;
    END IF;
    IF NEW.status IN ('completed', 'failed', 'canceled') THEN
        INSERT INTO public.call_totals VALUES (NEW.tenant_id, coalesce(NEW.campaign_id, 0), NEW.status, pg_backend_pid() % 16, 1)
        ON CONFLICT (tenant_id, campaign_id, status, shard) DO UPDATE SET n = call_totals.n + 1;
    END IF;
    RETURN NULL;
END $$;
