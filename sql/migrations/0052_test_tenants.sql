-- Tenants whose calls are never real: theirs are the simulator's, and nobody else's are.

ALTER TABLE tenants ADD COLUMN test BOOLEAN NOT NULL DEFAULT false;

CREATE FUNCTION tenant_kind_stands() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.test <> OLD.test THEN
        RAISE EXCEPTION 'a tenant is made for tests or is not' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tenants_kind_stands BEFORE UPDATE OF test ON tenants
    FOR EACH ROW EXECUTE FUNCTION tenant_kind_stands();

-- Whoever writes the intent, and without one nothing is sent.
CREATE FUNCTION attempt_is_of_its_provider() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT t.test FROM tenants t WHERE t.id = NEW.tenant_id) <> (NEW.provider = 'simulator') THEN
        RAISE EXCEPTION 'a test tenant''s attempts are the simulator''s, and nobody else''s are' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER call_attempts_of_their_provider BEFORE INSERT OR UPDATE OF tenant_id, provider ON call_attempts
    FOR EACH ROW EXECUTE FUNCTION attempt_is_of_its_provider();

ALTER TABLE numbers DROP CONSTRAINT numbers_provider_check;
ALTER TABLE numbers ADD CHECK (provider IN ('retell', 'twilio', 'vonage', 'bandwidth', 'simulator'));
