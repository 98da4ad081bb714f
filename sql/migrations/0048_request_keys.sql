-- Requests that a client may send again: what was asked under a key, and what was answered.

-- status is NULL while the request runs.  Then it belongs to its holder until locked_until; whoever comes later with
-- the same request takes it over, and the holder can no longer finish it.
CREATE TABLE request_keys (
    tenant_id    BIGINT NOT NULL REFERENCES tenants (id),
    principal    TEXT NOT NULL,
    key          TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    fingerprint  TEXT NOT NULL CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
    content      TEXT CHECK (content ~ '^[0-9a-f]{64}$'), -- of an upload, known at its end
    holder       UUID NOT NULL,
    locked_until TIMESTAMPTZ NOT NULL,
    status       INTEGER CHECK (status BETWEEN 200 AND 499),
    reply        TEXT,
    about        TEXT[] NOT NULL DEFAULT '{}', -- whom the reply tells of: numbers, and "leads/12"
    created_at   TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, principal, key),
    CHECK ((status IS NULL) = (reply IS NULL))
);
CREATE INDEX request_keys_by_age ON request_keys (created_at);
CREATE INDEX request_keys_by_person ON request_keys USING gin (about) WHERE about <> '{}';

-- What "about" says of a person: a number of a tenant, and every lead that has it.
CREATE FUNCTION about_person(e164 TEXT, leads BIGINT[]) RETURNS TEXT[] LANGUAGE sql IMMUTABLE AS $$
    SELECT array_remove(array_append(ARRAY(SELECT 'leads/' || id FROM unnest(leads) AS id), e164), NULL)
$$;
