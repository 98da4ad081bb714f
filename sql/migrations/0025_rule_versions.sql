-- A tenant's rules are versions with dates, as the platform's are: one is chosen by the local date of the call.

ALTER TABLE country_rules
    ADD COLUMN version        BIGINT,
    ADD COLUMN effective_from DATE,
    ADD COLUMN effective_to   DATE,
    ADD COLUMN extended       JSONB NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(extended) = 'object'),
    ADD COLUMN sources        JSONB NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(sources) = 'array');

UPDATE country_rules r
   SET version = v.n, effective_from = (r.created_at AT TIME ZONE coalesce(r.timezone, 'UTC'))::date
  FROM (SELECT id, row_number() OVER (PARTITION BY tenant_id, country_iso ORDER BY id) AS n FROM country_rules) v
 WHERE v.id = r.id;

ALTER TABLE country_rules
    ALTER COLUMN version SET NOT NULL,
    ALTER COLUMN effective_from SET NOT NULL,
    ADD CHECK (effective_to IS NULL OR effective_to >= effective_from);

-- superseded_at is when a version was replaced before its time: from then on another one holds for its dates.
DROP INDEX country_rules_in_force;
CREATE UNIQUE INDEX country_rules_standing ON country_rules (tenant_id, country_iso, effective_from)
 WHERE superseded_at IS NULL;
CREATE UNIQUE INDEX country_rules_versions ON country_rules (tenant_id, country_iso, version);

-- A version is closed, never edited: what was decided by it can be decided again.
CREATE FUNCTION country_rule_stands() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR to_jsonb(NEW) - 'effective_to' - 'superseded_at' - 'updated_at'
          <> to_jsonb(OLD) - 'effective_to' - 'superseded_at' - 'updated_at'
       OR (OLD.superseded_at IS NOT NULL AND NEW.superseded_at IS DISTINCT FROM OLD.superseded_at) THEN
        RAISE EXCEPTION 'a rule is closed by the next version, never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER country_rules_stand BEFORE UPDATE OR DELETE ON country_rules
    FOR EACH ROW EXECUTE FUNCTION country_rule_stands();

-- The calendar day of an instant by a rule's own zone, else by the country's.
CREATE FUNCTION rule_day(at TIMESTAMPTZ, zone TEXT, country TEXT) RETURNS DATE LANGUAGE sql STABLE AS $$
    SELECT (at AT TIME ZONE coalesce(zone, (SELECT p.timezone FROM platform_country_rules p
                                             WHERE p.country_iso = country AND p.timezone IS NOT NULL
                                             ORDER BY p.effective_from DESC LIMIT 1), 'UTC'))::date
$$;
