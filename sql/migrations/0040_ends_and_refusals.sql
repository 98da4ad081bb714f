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

-- A refusal is the person's: whichever way it comes, it reaches every lead of the tenant with that number, those to
-- come too.  Only a grant recorded for a lead afterwards lifts it there.
CREATE INDEX leads_refused ON leads (tenant_id, phone) WHERE consent_status = 'denied';

-- Each lead says no in the words of its model, and leaves its event.
CREATE FUNCTION deny_like(ids BIGINT[], models BIGINT[]) RETURNS VOID LANGUAGE sql AS $$
    UPDATE leads l
       SET consent_status = 'denied', consent_basis = m.consent_basis, consent_date = m.consent_date,
           consent_source = m.consent_source, consent_purpose = m.consent_purpose,
           consent_text_version = m.consent_text_version, consent_channels = m.consent_channels,
           consent_level = m.consent_level, consent_evidence_hash = m.consent_evidence_hash,
           consent_expires_at = m.consent_expires_at, updated_at = now()
      FROM unnest(ids, models) p (id, model)
      JOIN leads m ON m.id = p.model
     WHERE l.id = p.id AND l.consent_status <> 'denied'
$$;

-- These leads say no: so do the others of their numbers, and nobody calls them.  Numbers are found one by one by their
-- index: a plan made while the table was small stays right.
CREATE FUNCTION refusals_reach(ids BIGINT[]) RETURNS VOID LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    PERFORM deny_like(array_agg(o.id), array_agg(r.id))
       FROM (SELECT tenant_id, phone, max(id) AS id FROM leads WHERE id = ANY (ids) GROUP BY tenant_id, phone) r
       JOIN leads o ON o.tenant_id = r.tenant_id AND o.phone = r.phone AND o.consent_status <> 'denied'
     HAVING count(*) > 0;

    PERFORM call_off(tenant_id, array_agg(phone), 'CONSENT_DENIED') FROM leads WHERE id = ANY (ids) GROUP BY tenant_id;
END $$;

CREATE OR REPLACE FUNCTION refusals_begin() RETURNS TRIGGER LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    PERFORM deny_like(array_agg(n.id), array_agg(d.id))
       FROM new_leads n
      CROSS JOIN LATERAL (SELECT x.id FROM leads x
                           WHERE x.tenant_id = n.tenant_id AND x.phone = n.phone AND x.consent_status = 'denied'
                           LIMIT 1) d
      WHERE n.consent_status <> 'denied'
     HAVING count(*) > 0;

    PERFORM refusals_reach(array_agg(n.id)) FROM new_leads n WHERE n.consent_status = 'denied' HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION refusals_bite() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refusals_reach(array_agg(n.id))
       FROM new_leads n
       JOIN old_leads o ON o.id = n.id
      WHERE n.consent_status = 'denied' AND o.consent_status <> 'denied'
     HAVING count(*) > 0;
    RETURN NULL;
END $$;

-- What stood before: whoever was not asked again after the refusal.
SELECT deny_like(array_agg(l.id), array_agg(r.id))
  FROM (SELECT DISTINCT ON (tenant_id, phone) * FROM leads WHERE consent_status = 'denied'
         ORDER BY tenant_id, phone, coalesce(consent_date, updated_at) DESC, id DESC) r
  JOIN leads l ON l.tenant_id = r.tenant_id AND l.phone = r.phone AND l.consent_status <> 'denied'
 WHERE NOT (l.consent_status = 'granted'
            AND coalesce(l.consent_date, l.updated_at) > coalesce(r.consent_date, r.updated_at));
