-- The decisions as a ledger: each tenant's a chain of hashes, its head signed (common/ledger/chain.h).

-- record is the decision in canonical JSON without anything personal, to the byte; personal is the rest, committed
-- to in the record by a salted hash, and forgotten with its salt when the person is erased.  recorded_in lets the
-- sealer see what was committed late: whatever is older than every transaction still running is complete.
ALTER TABLE compliance_checks
    ADD COLUMN record      TEXT,
    ADD COLUMN salt        TEXT CHECK (salt ~ '^[0-9a-f]{32}$'),
    ADD COLUMN personal    TEXT,
    ADD COLUMN recorded_in XID8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX checks_to_seal ON compliance_checks (recorded_in, id) WHERE record IS NOT NULL;

CREATE TABLE ledger_entries (
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    seq       BIGINT NOT NULL CHECK (seq > 0),
    check_id  BIGINT NOT NULL UNIQUE,
    hash      TEXT NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
    sealed_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, seq),
    FOREIGN KEY (tenant_id, check_id) REFERENCES compliance_checks (tenant_id, id)
);

CREATE TABLE ledger_heads (
    tenant_id BIGINT PRIMARY KEY REFERENCES tenants (id),
    seq       BIGINT NOT NULL,
    hash      TEXT NOT NULL,
    key       TEXT, -- NULL = nobody signed
    signature TEXT,
    sealed_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);

-- How far the sealer has come; its lock makes it one at a time.
CREATE TABLE ledger_cursor (
    one         BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
    recorded_in XID8 NOT NULL DEFAULT '0',
    check_id    BIGINT NOT NULL DEFAULT 0
);
INSERT INTO ledger_cursor DEFAULT VALUES;

CREATE FUNCTION ledger_stands() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is only ever added to' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_entries_stand BEFORE UPDATE OR DELETE ON ledger_entries
    FOR EACH ROW EXECUTE FUNCTION ledger_stands();

-- A decision stands as it was made; erasing a person takes the personal part and leaves the proof.
CREATE FUNCTION check_stands() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.personal IS NULL AND NEW.salt IS NULL
       AND (to_jsonb(NEW) - '{personal,salt,to_number}'::text[]) = (to_jsonb(OLD) - '{personal,salt,to_number}'::text[]) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a decision is never changed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER compliance_checks_stand BEFORE UPDATE OR DELETE ON compliance_checks
    FOR EACH ROW EXECUTE FUNCTION check_stands();
