-- What leaves for Redis, and what came from the provider.

-- Written in the transaction that wants the message; published by the relay, then deleted.
CREATE TABLE outbox (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id UUID NOT NULL DEFAULT gen_random_uuid(), -- the Dramatiq message's, however often it is published
    tenant_id  BIGINT NOT NULL,
    actor      TEXT NOT NULL,
    kwargs     TEXT NOT NULL, -- JSON object
    request_id TEXT,
    dedupe_key TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);
-- U10
CREATE UNIQUE INDEX outbox_once ON outbox (dedupe_key);

CREATE FUNCTION wake_relay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('agoralia_outbox', '');
    RETURN NULL;
END $$;
CREATE TRIGGER outbox_filled AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION wake_relay();

-- Verified webhooks, stored before they are answered, applied afterwards.
CREATE TABLE webhook_inbox (
    id               BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider         TEXT NOT NULL,
    dedupe_key       BYTEA NOT NULL, -- SHA-256 of the body
    event            TEXT NOT NULL,
    provider_call_id TEXT,
    body             TEXT NOT NULL,
    received_at      TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    applied_at       TIMESTAMPTZ,
    result           TEXT
);
-- U8
CREATE UNIQUE INDEX inbox_once ON webhook_inbox (provider, dedupe_key);
CREATE INDEX inbox_waiting ON webhook_inbox (provider, provider_call_id, id) WHERE applied_at IS NULL;
