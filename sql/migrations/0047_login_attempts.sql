-- How often signing in failed, per address and per client's network, and when it may be tried again.  No tenant:
-- the address may be nobody's, and nothing here may tell whose it is.  Not per address alone: whoever fails
-- on purpose delays only those of his own network.

CREATE TABLE login_attempts (
    email_sha256 BYTEA NOT NULL CHECK (length(email_sha256) = 32), -- of '' = whoever it was, from that network
    network      TEXT NOT NULL,
    failures     INT NOT NULL,
    last_at      TIMESTAMPTZ NOT NULL,
    next_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (email_sha256, network)
);
CREATE INDEX login_attempts_old ON login_attempts (last_at);
