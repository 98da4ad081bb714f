-- Who changed what, from where: events that are only ever added to, each tenant's a chain of hashes like the ledger's.

-- record is the event in canonical JSON without anything personal, to the byte; personal is the rest (from where,
-- what was sent, before, after), committed to in the record by a salted hash and forgotten with its salt.
CREATE TABLE audit_events (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id   BIGINT NOT NULL REFERENCES tenants (id),
    who         TEXT NOT NULL, -- the public part of a key, or a user
    action      TEXT NOT NULL, -- "PATCH /api/v1/campaigns/{campaign_id}"
    subject     TEXT NOT NULL, -- "/api/v1/campaigns/12"
    status      INTEGER NOT NULL,
    request_id  TEXT NOT NULL,
    record      TEXT NOT NULL,
    salt        TEXT CHECK (salt ~ '^[0-9a-f]{32}$'),
    personal    TEXT,
    about       TEXT[] NOT NULL DEFAULT '{}', -- whom personal tells of: numbers, and "leads/12"
    created_at  TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    recorded_in XID8 NOT NULL DEFAULT pg_current_xact_id(),
    UNIQUE (tenant_id, id)
);
CREATE INDEX audit_to_seal ON audit_events (recorded_in, id);
CREATE INDEX audit_by_subject ON audit_events (tenant_id, subject, id);
CREATE INDEX audit_by_time ON audit_events (tenant_id, created_at);
CREATE INDEX audit_by_person ON audit_events USING gin (about) WHERE about <> '{}';

CREATE TABLE audit_entries (
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    seq       BIGINT NOT NULL CHECK (seq > 0),
    event_id  BIGINT NOT NULL UNIQUE,
    hash      TEXT NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
    sealed_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, seq),
    FOREIGN KEY (tenant_id, event_id) REFERENCES audit_events (tenant_id, id)
);

CREATE TABLE audit_heads (
    tenant_id BIGINT PRIMARY KEY REFERENCES tenants (id),
    seq       BIGINT NOT NULL,
    hash      TEXT NOT NULL,
    key       TEXT, -- NULL = nobody signed
    signature TEXT,
    sealed_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE audit_cursor (
    one         BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
    recorded_in XID8 NOT NULL DEFAULT '0',
    event_id    BIGINT NOT NULL DEFAULT 0
);
INSERT INTO audit_cursor DEFAULT VALUES;

CREATE FUNCTION audit_stands() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.personal IS NULL AND NEW.salt IS NULL AND NEW.about = '{}'
       AND (to_jsonb(NEW) - '{personal,salt,about}'::text[]) = (to_jsonb(OLD) - '{personal,salt,about}'::text[]) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the audit log is only ever added to' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_events_stand BEFORE UPDATE OR DELETE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION audit_stands();
CREATE TRIGGER audit_events_not_emptied BEFORE TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stands();
CREATE TRIGGER audit_entries_stand BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION ledger_stands();
CREATE TRIGGER audit_entries_not_emptied BEFORE TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_stands();
