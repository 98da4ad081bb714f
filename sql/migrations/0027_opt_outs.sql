-- An opt-out bites at once: whatever waits for the number is called off in the transaction that writes it, by whichever
-- way it came.

-- By the number first: what everybody's list forbids is looked for whatever the tenant.
CREATE INDEX scheduled_waiting ON scheduled_calls (to_number, tenant_id) WHERE status IN ('scheduled', 'queued');

-- Whether the person heard nobody speak; null = not known, or not answered.
ALTER TABLE calls ADD COLUMN silent BOOLEAN;

-- What is held is left out, so that no writer waits for a claim that waits for the writer's lock: that claim reads the
-- new fact once it has the lock.  A request that may be on its way is hung up as soon as it is known which call it became;
-- a conversation that is going on is left to end.
CREATE FUNCTION call_off(whose BIGINT, numbers TEXT[], why TEXT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    WITH waiting AS (
        SELECT id FROM scheduled_calls
         WHERE to_number = ANY (numbers) AND (whose IS NULL OR tenant_id = whose) AND status IN ('scheduled', 'queued')
         ORDER BY id
           FOR UPDATE SKIP LOCKED
    ), ended AS (
        UPDATE scheduled_calls s SET status = 'canceled', reason = why, updated_at = clock_timestamp()
          FROM waiting
         WHERE s.id = waiting.id
        RETURNING s.id
    )
    UPDATE calls SET status = 'canceled', outcome = why, updated_at = clock_timestamp()
      FROM ended
     WHERE calls.scheduled_call_id = ended.id AND calls.status = 'queued';

    UPDATE call_attempts a
       SET stop_wanted = true, look_at = CASE WHEN a.state = 'intent' THEN a.look_at ELSE clock_timestamp() END
      FROM (SELECT id FROM call_attempts
             WHERE to_number = ANY (numbers) AND (whose IS NULL OR tenant_id = whose)
               AND state IN ('intent', 'unknown', 'accepted', 'ringing')
               FOR UPDATE SKIP LOCKED) leaving
     WHERE a.id = leaving.id;
END $$;
-- What attempts_one_phone is to one tenant.
CREATE INDEX attempts_leaving_to ON call_attempts (to_number)
    WHERE state IN ('intent', 'unknown', 'accepted', 'ringing');

CREATE FUNCTION opt_outs_bite() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM call_off(n.tenant_id, array_agg(n.e164), 'DNC_OPT_OUT')
       FROM new_entries n
      WHERE n.source = 'opt_out' AND n.removed_at IS NULL
      GROUP BY n.tenant_id;
    RETURN NULL;
END $$;
CREATE TRIGGER dnc_opt_outs_bite AFTER INSERT ON dnc_entries
    REFERENCING NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION opt_outs_bite();

CREATE FUNCTION platform_opt_outs_bite() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM call_off(NULL, array_agg(n.e164), 'DNC_OPT_OUT') FROM new_entries n WHERE n.source = 'opt_out';
    RETURN NULL;
END $$;
CREATE TRIGGER platform_opt_outs_bite AFTER INSERT ON platform_dnc_entries
    REFERENCING NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION platform_opt_outs_bite();

-- A refusal of one lead calls off every row to its number, whoever's campaign it is.
CREATE FUNCTION refusals_begin() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM call_off(n.tenant_id, array_agg(n.phone), 'CONSENT_DENIED')
       FROM new_leads n
      WHERE n.consent_status = 'denied'
      GROUP BY n.tenant_id;
    RETURN NULL;
END $$;
CREATE TRIGGER leads_refusals_begin AFTER INSERT ON leads
    REFERENCING NEW TABLE AS new_leads FOR EACH STATEMENT EXECUTE FUNCTION refusals_begin();

CREATE FUNCTION refusals_bite() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM call_off(n.tenant_id, array_agg(n.phone), 'CONSENT_DENIED')
       FROM new_leads n
       JOIN old_leads o ON o.id = n.id
      WHERE n.consent_status = 'denied' AND o.consent_status <> 'denied'
      GROUP BY n.tenant_id;
    RETURN NULL;
END $$;
CREATE TRIGGER leads_refusals_bite AFTER UPDATE ON leads
    REFERENCING NEW TABLE AS new_leads OLD TABLE AS old_leads FOR EACH STATEMENT EXECUTE FUNCTION refusals_bite();
