-- A process keeps what it has read of a rule under the row's id and updated_at: no change may leave that as it was.
CREATE FUNCTION rule_touched() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = greatest(clock_timestamp(), OLD.updated_at + interval '1 microsecond');
    RETURN NEW;
END $$;
CREATE TRIGGER platform_rules_touched BEFORE UPDATE ON platform_country_rules
    FOR EACH ROW EXECUTE FUNCTION rule_touched();
