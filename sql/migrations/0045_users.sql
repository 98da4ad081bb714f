-- People who sign in, and the links that let somebody become one or set a new password.

-- An e-mail address is one person's in the whole deployment: signing in names no tenant, and an answer that
-- depended on which tenants an address is in would tell who works where.  It is kept as compared: lower case.
CREATE TABLE users (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id     BIGINT NOT NULL REFERENCES tenants (id),
    email         TEXT NOT NULL UNIQUE CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    name          TEXT CHECK (length(name) <= 255),
    role          TEXT NOT NULL CHECK (role IN ('viewer', 'user', 'admin')),
    status        TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
    platform      BOOLEAN NOT NULL DEFAULT false, -- of the platform's staff: set by the operator only
    password_hash TEXT NOT NULL,                  -- Argon2id, with its own parameters and salt
    last_login_at TIMESTAMPTZ,
    created_at    TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at    TIMESTAMPTZ NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, id)
);

-- Of a link's token only the hash is kept; the token has 256 bits, so a plain hash is enough.
CREATE TABLE one_time_links (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id    BIGINT NOT NULL REFERENCES tenants (id),
    purpose      TEXT NOT NULL CHECK (purpose IN ('invitation', 'reset')),
    token_sha256 BYTEA NOT NULL UNIQUE CHECK (length(token_sha256) = 32),
    email        TEXT NOT NULL CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    role         TEXT CHECK (role IN ('viewer', 'user', 'admin')), -- an invitation's
    user_id      BIGINT,                                           -- whose password is reset
    made_by      BIGINT,                                           -- NULL = a key, the operator, or who forgot
    created_at   TIMESTAMPTZ NOT NULL DEFAULT now(),
    expires_at   TIMESTAMPTZ NOT NULL,
    used_at      TIMESTAMPTZ,
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id),
    FOREIGN KEY (tenant_id, made_by) REFERENCES users (tenant_id, id),
    CHECK ((purpose = 'invitation') = (role IS NOT NULL)),
    CHECK ((purpose = 'reset') = (user_id IS NOT NULL))
);
CREATE INDEX one_time_links_of_email ON one_time_links (tenant_id, email) WHERE used_at IS NULL;
