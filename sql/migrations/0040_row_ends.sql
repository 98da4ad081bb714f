-- How a row that waits ends, in one place: whoever ends one says as what, and why.

-- The step of EVENT_CANCELED ('canceled') and of EVENT_EXPIRED ('failed') in common/call/step.c, for many rows at once;
-- what does not wait any more is left as it is.  A call that a client asked for ends with its row, in the same words.
-- Whoever calls this holds the rows' locks; how many ended.
CREATE FUNCTION end_waiting(ids BIGINT[], becomes TEXT, why TEXT) RETURNS BIGINT LANGUAGE sql AS $$
    WITH ended AS (
        UPDATE scheduled_calls SET status = becomes, reason = why, updated_at = clock_timestamp()
         WHERE id = ANY (ids) AND status IN ('scheduled', 'queued')
        RETURNING id
    ), told AS (
        UPDATE calls SET status = becomes, outcome = why, updated_at = clock_timestamp()
          FROM ended
         WHERE calls.scheduled_call_id = ended.id AND calls.status = 'queued'
    )
    SELECT count(*) FROM ended
$$;

-- As before, but for how rows end: what is held is left out, and requests that may be on their way are hung up.
CREATE OR REPLACE FUNCTION call_off(whose BIGINT, numbers TEXT[], why TEXT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    PERFORM end_waiting(ARRAY (SELECT id FROM scheduled_calls
                                WHERE to_number = ANY (numbers) AND (whose IS NULL OR tenant_id = whose)
                                  AND status IN ('scheduled', 'queued')
                                ORDER BY id
                                  FOR UPDATE SKIP LOCKED), 'canceled', why);

    UPDATE call_attempts a
       SET stop_wanted = true, look_at = CASE WHEN a.state = 'intent' THEN a.look_at ELSE clock_timestamp() END
      FROM (SELECT id FROM call_attempts
             WHERE to_number = ANY (numbers) AND (whose IS NULL OR tenant_id = whose)
               AND state IN ('intent', 'unknown', 'accepted', 'ringing')
               FOR UPDATE SKIP LOCKED) leaving
     WHERE a.id = leaving.id;
END $$;
