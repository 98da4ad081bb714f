-- Signing in at an OpenID issuer.

-- Who a subject of an issuer is here.  Bound at the first sign-in, by a verified address; from then on it is the
-- subject that counts: an address that the issuer gives to somebody else opens nothing.
CREATE TABLE user_identities (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id  BIGINT NOT NULL REFERENCES tenants (id),
    user_id    BIGINT NOT NULL,
    issuer     TEXT NOT NULL CHECK (length(issuer) BETWEEN 1 AND 2048),
    subject    TEXT NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    UNIQUE (issuer, subject),
    UNIQUE (tenant_id, user_id, issuer),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);

-- A browser that came back from the issuer, by the hash of its ticket: a ticket is good for one answer.  With a user
-- from when the answer was found good until the browser fetches its session.
CREATE TABLE oidc_logins (
    ticket_sha256  BYTEA PRIMARY KEY CHECK (length(ticket_sha256) = 32),
    created_at     TIMESTAMPTZ NOT NULL DEFAULT now(),
    tenant_id      BIGINT REFERENCES tenants (id),
    user_id        BIGINT,
    issuer         TEXT,
    verified_email TEXT,
    ready_at       TIMESTAMPTZ,
    collected_at   TIMESTAMPTZ,
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id),
    CHECK (num_nulls(tenant_id, user_id, issuer, verified_email, ready_at) IN (0, 5))
);
CREATE INDEX oidc_logins_old ON oidc_logins (created_at);

-- Of a session that began at an issuer: which, and the address it vouched for.  Whether that makes somebody the
-- platform's staff is asked anew each time, so that who is taken off the list is off it.
ALTER TABLE user_sessions
    ADD COLUMN issuer TEXT,
    ADD COLUMN verified_email TEXT,
    ADD CHECK ((issuer IS NULL) = (verified_email IS NULL));
