-- A person is forgotten, what was decided about them stays provable, and their number is not called again.

-- Padded for HMAC-SHA-256, as the database itself has no HMAC: sha256(outer || sha256(inner || number)).
CREATE TABLE suppression_keys (
    tenant_id BIGINT PRIMARY KEY REFERENCES tenants (id),
    inner_pad BYTEA NOT NULL CHECK (length(inner_pad) = 64),
    outer_pad BYTEA NOT NULL CHECK (length(outer_pad) = 64)
);

CREATE TABLE erasures (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id    BIGINT NOT NULL REFERENCES tenants (id),
    status       TEXT NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'erased', 'done')),
    asked_by     TEXT NOT NULL CHECK (asked_by IN ('tenant', 'platform', 'retention')),
    reason       TEXT NOT NULL CHECK (reason <> ''),
    number       TEXT, -- only while a call to it is still going on
    leads        BIGINT[] NOT NULL,
    requested_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    erased_at    TIMESTAMPTZ,
    done_at      TIMESTAMPTZ,
    look_at      TIMESTAMPTZ DEFAULT clock_timestamp(), -- when there may be something to do; NULL = never
    UNIQUE (tenant_id, id),
    CHECK ((status = 'waiting') = (number IS NOT NULL))
);
CREATE INDEX erasures_to_look_at ON erasures (look_at) WHERE look_at IS NOT NULL;

CREATE TABLE suppressed_numbers (
    tenant_id     BIGINT NOT NULL REFERENCES tenants (id),
    hash          BYTEA NOT NULL CHECK (length(hash) = 32),
    erasure_id    BIGINT NOT NULL, -- the first one
    suppressed_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, hash),
    FOREIGN KEY (tenant_id, erasure_id) REFERENCES erasures (tenant_id, id)
);

-- Calls that the provider still keeps, with their recordings.
CREATE TABLE erasure_copies (
    provider         TEXT NOT NULL,
    provider_call_id TEXT NOT NULL,
    tenant_id        BIGINT NOT NULL,
    erasure_id       BIGINT, -- NULL: kept for as long as it may be
    tries            INT NOT NULL DEFAULT 0,
    due_at           TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    deleted_at       TIMESTAMPTZ,
    problem          TEXT, -- why the last try failed
    PRIMARY KEY (provider, provider_call_id),
    FOREIGN KEY (tenant_id, erasure_id) REFERENCES erasures (tenant_id, id)
);
CREATE INDEX copies_due ON erasure_copies (due_at) WHERE deleted_at IS NULL;
CREATE INDEX copies_of_erasure ON erasure_copies (erasure_id);

-- The row stays for what points to it.
ALTER TABLE leads
    ADD COLUMN erasure_id BIGINT,
    ADD FOREIGN KEY (tenant_id, erasure_id) REFERENCES erasures (tenant_id, id),
    DROP CONSTRAINT leads_phone_check,
    ADD CONSTRAINT leads_phone_check CHECK (phone ~ '^\+[1-9][0-9]{6,14}$' OR (erasure_id IS NOT NULL AND phone = 'erased:' || id));
CREATE INDEX leads_erased ON leads (tenant_id, id) WHERE erasure_id IS NOT NULL;

ALTER TABLE calls
    ADD COLUMN erased_at   TIMESTAMPTZ,
    ADD COLUMN unheard_at  TIMESTAMPTZ; -- since when there is neither recording nor transcript
CREATE INDEX calls_recorded ON calls (created_at, id) WHERE unheard_at IS NULL AND provider_call_id IS NOT NULL;
CREATE INDEX calls_of_number ON calls (tenant_id, to_number);
CREATE INDEX inbox_of_call ON webhook_inbox (provider, provider_call_id);

-- The provider may still tell of a call that was forgotten.
CREATE FUNCTION call_stays_erased() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    NEW.segments := NULL;
    NEW.summary := NULL;
    NEW.disposition := NULL;
    NEW.metadata := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER calls_stay_erased BEFORE UPDATE ON calls
    FOR EACH ROW WHEN (OLD.erased_at IS NOT NULL OR NEW.erased_at IS NOT NULL) EXECUTE FUNCTION call_stays_erased();

-- The scheduled calls of a person: to a number, or of leads at whatever number they had; retries are found by what
-- they repeat.  Each branch walks an index that dialling has anyway.
CREATE FUNCTION rows_of_person(whose BIGINT, called TEXT, ids BIGINT[]) RETURNS SETOF BIGINT LANGUAGE sql STABLE AS $$
    WITH RECURSIVE found AS (
        (SELECT s.id
           FROM campaign_executions e
           JOIN scheduled_calls s ON s.execution_id = e.id AND s.to_number = called AND s.parent_id IS NULL
          WHERE e.tenant_id = whose
         UNION
         SELECT s.id
           FROM campaign_executions e
           JOIN scheduled_calls s ON s.execution_id = e.id AND s.lead_id = ANY (ids) AND s.parent_id IS NULL
          WHERE e.tenant_id = whose
         UNION
         SELECT k.scheduled_call_id FROM calls k
          WHERE k.tenant_id = whose AND k.to_number = called AND k.scheduled_call_id IS NOT NULL
         UNION
         SELECT k.scheduled_call_id FROM calls k
          WHERE k.tenant_id = whose AND k.lead_id = ANY (ids) AND k.scheduled_call_id IS NOT NULL)
        UNION
        SELECT s.id FROM scheduled_calls s JOIN found f ON s.parent_id = f.id
    )
    SELECT id FROM found
$$;

-- How long something of a country may be kept: the shortest that the platform's rule, the tenant's and the campaign say, at
-- most so many days; NULL when nobody says.
CREATE FUNCTION retention_days(whose BIGINT, country TEXT, override JSONB, most INT) RETURNS INT LANGUAGE sql STABLE AS $$
    SELECT least(most,
                 (SELECT min(data_retention_days)::int FROM platform_country_rules
                   WHERE country_iso = country AND effective_from <= current_date
                     AND (effective_to IS NULL OR effective_to >= current_date)),
                 (SELECT min(data_retention_days)::int FROM country_rules
                   WHERE tenant_id = whose AND country_iso = country AND superseded_at IS NULL AND effective_from <= current_date
                     AND (effective_to IS NULL OR effective_to >= current_date)),
                 CASE WHEN jsonb_typeof(override -> country -> 'data_retention_days') = 'number'
                      THEN (override -> country -> 'data_retention_days')::numeric::int END)
$$;
