-- The timeline on which this database may be dialled from.  A standby that was promoted, or a backup
-- that was restored, has another one and knows nothing of intents that were committed elsewhere: no
-- attempt can be written there until what the provider placed has been compared.

CREATE FUNCTION wal_timeline() RETURNS BIGINT LANGUAGE sql AS $$
    SELECT ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::bigint
$$;

-- Where the log stands on disk, as text that sorts: eight digits of timeline, sixteen of position.
CREATE FUNCTION wal_position() RETURNS TEXT LANGUAGE sql AS $$
    SELECT lpad(to_hex(wal_timeline()), 8, '0')
           || lpad(to_hex((pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint), 16, '0')
$$;

CREATE TABLE dial_epoch (
    one       BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
    timeline  BIGINT NOT NULL,
    frozen_at TIMESTAMPTZ, -- a failover is being dealt with
    listings  INT NOT NULL DEFAULT 0, -- complete comparisons since then
    missing   INT NOT NULL DEFAULT 0  -- calls whose rows are gone, in the last of them
);
INSERT INTO dial_epoch (timeline) VALUES (wal_timeline());

CREATE FUNCTION check_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('agoralia.rebuilding', true) IS DISTINCT FROM 'on'
       AND EXISTS (SELECT 1 FROM dial_epoch WHERE frozen_at IS NOT NULL OR timeline <> wal_timeline()) THEN
        RAISE 'this database has not been compared with the provider since it was promoted or restored'
            USING ERRCODE = 'cannot_connect_now';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER attempts_epoch BEFORE INSERT ON call_attempts FOR EACH STATEMENT EXECUTE FUNCTION check_epoch();
