-- erasure.sql - a person is forgotten.

-- name: erasure_lead
SELECT phone, erasure_id FROM leads WHERE tenant_id = :tenant_id AND id = :lead_id;

-- name: erasure_leads
-- Everybody with this number is the same person.
SELECT array_agg(id ORDER BY id) AS ids FROM leads WHERE tenant_id = :tenant_id AND phone = :e164;

-- name: erasure_known
-- Was the number forgotten, and has nobody come back with it?
SELECT x.erasure_id
  FROM suppressed_numbers x
 WHERE x.tenant_id = :tenant_id
   AND x.hash = (SELECT sha256(k.outer_pad || sha256(k.inner_pad || convert_to(:e164::text, 'UTF8')))
                   FROM suppression_keys k WHERE k.tenant_id = :tenant_id)
   AND NOT EXISTS (SELECT 1 FROM leads l WHERE l.tenant_id = :tenant_id AND l.phone = :e164)
   AND NOT EXISTS (SELECT 1 FROM calls c WHERE c.tenant_id = :tenant_id AND c.to_number = :e164)
   AND NOT EXISTS (SELECT 1 FROM dnc_entries d WHERE d.tenant_id = :tenant_id AND d.e164 = :e164);

-- name: erasure_lock_rows
-- Rows, then leads, then the number: claims take them in this order.
SELECT id FROM scheduled_calls
 WHERE tenant_id = :tenant_id AND id IN (SELECT rows_of_person(:tenant_id, :e164, :leads::bigint[]))
 ORDER BY id
   FOR UPDATE;

-- name: erasure_lock_leads
SELECT id FROM leads WHERE tenant_id = :tenant_id AND id = ANY (:leads::bigint[]) ORDER BY id FOR UPDATE;

-- name: suppression_key
INSERT INTO suppression_keys (tenant_id, inner_pad, outer_pad)
VALUES (:tenant_id, decode(:inner_pad, 'hex'), decode(:outer_pad, 'hex'))
ON CONFLICT DO NOTHING;

-- name: erasure_open
INSERT INTO erasures (tenant_id, asked_by, reason, number, leads)
VALUES (:tenant_id, :asked_by, :reason, :e164, coalesce(:leads::bigint[], '{}'))
RETURNING id;

-- name: erasure_suppress
-- Whose time is over is not blocked for that, but a refusal outlives what is known of the person.
INSERT INTO suppressed_numbers (tenant_id, hash, erasure_id)
SELECT tenant_id, sha256(outer_pad || sha256(inner_pad || convert_to(:e164, 'UTF8'))), :erasure_id
  FROM suppression_keys
 WHERE tenant_id = :tenant_id
   AND (NOT :only_denied::boolean
        OR EXISTS (SELECT 1 FROM leads WHERE tenant_id = :tenant_id AND id = ANY (:leads::bigint[]) AND consent_status = 'denied'))
ON CONFLICT DO NOTHING;

-- name: erasure_hide_leads
UPDATE leads SET erasure_id = :erasure_id, updated_at = now() WHERE tenant_id = :tenant_id AND id = ANY (:leads::bigint[]);

-- name: erasure_call_off
SELECT end_waiting(ARRAY (SELECT s.id FROM scheduled_calls s
                           WHERE s.tenant_id = :tenant_id AND s.id IN (SELECT rows_of_person(:tenant_id, :e164, :leads::bigint[]))),
                   'canceled', 'ERASED') AS ended;

-- name: erasure_live
-- What may still be going on is hung up, and waited for.
UPDATE call_attempts a
   SET stop_wanted = true, look_at = CASE WHEN a.state = 'intent' THEN a.look_at ELSE clock_timestamp() END
 WHERE a.tenant_id = :tenant_id AND a.scheduled_call_id IN (SELECT rows_of_person(:tenant_id, :e164, :leads::bigint[]))
   AND a.state IN ('intent', 'unknown', 'accepted', 'ringing', 'ongoing')
RETURNING a.id;

-- name: forget_checks
-- The record's commitment stays; salt and text, without which it tells nothing, go.
UPDATE compliance_checks c SET personal = NULL, salt = NULL, to_number = 'erased'
 WHERE c.tenant_id = :tenant_id
   AND c.to_number IN (SELECT :e164::text
                       UNION
                       SELECT s.to_number FROM scheduled_calls s
                        WHERE s.id IN (SELECT rows_of_person(:tenant_id, :e164, :leads::bigint[]))
                          AND s.to_number NOT LIKE 'erased:%')
   AND (c.to_number = :e164 OR c.lead_id = ANY (:leads::bigint[]));

-- name: forget_copies
-- Before the calls forget whose they were.
INSERT INTO erasure_copies (provider, provider_call_id, tenant_id, erasure_id, account)
SELECT a.provider, a.provider_call_id, :tenant_id::bigint, :erasure_id::bigint, a.account
  FROM call_attempts a
 WHERE a.tenant_id = :tenant_id AND a.provider_call_id IS NOT NULL
   AND a.scheduled_call_id IN (SELECT rows_of_person(:tenant_id, :e164, :leads::bigint[]))
UNION
SELECT y.provider, y.provider_call_id, :tenant_id::bigint, :erasure_id::bigint, a.account
  FROM stray_calls y
  JOIN call_attempts a ON a.id = y.attempt_id
 WHERE a.tenant_id = :tenant_id
   AND a.scheduled_call_id IN (SELECT rows_of_person(:tenant_id, :e164, :leads::bigint[]))
ON CONFLICT DO NOTHING;

-- name: forget_events
-- tenant: none, because an inbox row has none; the copies that lead to it are the tenant's
-- An event that somebody is applying waits for our locks, and is emptied when it was applied.
UPDATE webhook_inbox SET body = '{}', applied_at = coalesce(applied_at, clock_timestamp()), result = coalesce(result, 'erased')
 WHERE id IN (SELECT i.id
                FROM webhook_inbox i
                JOIN erasure_copies c ON c.provider = i.provider AND c.provider_call_id = i.provider_call_id
               WHERE c.tenant_id = :tenant_id AND c.erasure_id = :erasure_id AND i.body <> '{}'
                 FOR UPDATE OF i SKIP LOCKED);

-- name: forget_attempts
UPDATE call_attempts a SET to_number = 'erased:' || a.scheduled_call_id, evidence = NULL, updated_at = clock_timestamp()
 WHERE a.tenant_id = :tenant_id AND a.to_number NOT LIKE 'erased:%'
   AND a.scheduled_call_id IN (SELECT rows_of_person(:tenant_id, :e164, :leads::bigint[]));

-- name: forget_rows
UPDATE scheduled_calls s SET to_number = 'erased:' || s.id, metadata = NULL, updated_at = clock_timestamp()
 WHERE s.tenant_id = :tenant_id AND s.to_number NOT LIKE 'erased:%'
   AND s.id IN (SELECT rows_of_person(:tenant_id, :e164, :leads::bigint[]));

-- name: forget_calls
-- The last to know the number: rows that were no campaign's are found by their calls.
UPDATE calls k
   SET to_number = NULL, segments = NULL, summary = NULL, disposition = NULL, metadata = NULL, erased_at = clock_timestamp(),
       updated_at = clock_timestamp()
 WHERE k.tenant_id = :tenant_id AND k.erased_at IS NULL
   AND k.id IN (SELECT x.id FROM calls x WHERE x.tenant_id = :tenant_id AND x.to_number = :e164
                UNION
                SELECT x.id FROM calls x WHERE x.tenant_id = :tenant_id AND x.lead_id = ANY (:leads::bigint[]));

-- name: forget_lists
WITH listed AS (
    DELETE FROM dnc_entries WHERE tenant_id = :tenant_id AND e164 = :e164
)
DELETE FROM registry_scrubs WHERE tenant_id = :tenant_id AND e164 = :e164;

-- name: forget_leads
UPDATE leads
   SET name = 'erased', phone = 'erased:' || id, email = NULL, company = NULL, role = NULL, preferred_lang = NULL,
       consent_status = 'unknown', consent_basis = NULL, consent_date = NULL, consent_source = NULL, consent_purpose = NULL,
       consent_text_version = NULL, consent_channels = NULL, consent_level = NULL, consent_evidence_hash = NULL,
       consent_expires_at = NULL, metadata = NULL, updated_at = now()
 WHERE tenant_id = :tenant_id AND id = ANY (:leads::bigint[]) AND phone NOT LIKE 'erased:%';

-- name: forget_consents
-- What was agreed to and when stays; whose it was does not.
UPDATE consent_events SET phone = NULL, source = NULL
 WHERE tenant_id = :tenant_id AND lead_id = ANY (:leads::bigint[]) AND (phone IS NOT NULL OR source IS NOT NULL);

-- name: erasure_waits
UPDATE erasures SET look_at = clock_timestamp() + make_interval(secs => :seconds::bigint)
 WHERE tenant_id = :tenant_id AND id = :erasure_id;

-- name: erasure_settle
-- Erased with us; done when the provider has nothing either, and what was under way meanwhile was looked for again.
UPDATE erasures e
   SET status = CASE WHEN over.done THEN 'done' ELSE 'erased' END, number = NULL,
       erased_at = coalesce(e.erased_at, clock_timestamp()), done_at = CASE WHEN over.done THEN clock_timestamp() END,
       look_at = CASE WHEN NOT over.done THEN clock_timestamp() + make_interval(secs => :seconds::bigint) END
  FROM (SELECT x.id,
               x.erased_at <= clock_timestamp() - make_interval(secs => :settle_seconds::bigint) IS TRUE
               AND NOT EXISTS (SELECT 1 FROM erasure_copies c WHERE c.erasure_id = x.id AND c.deleted_at IS NULL) AS done
          FROM erasures x WHERE x.tenant_id = :tenant_id AND x.id = :erasure_id) over
 WHERE e.tenant_id = :tenant_id AND e.id = over.id;

-- name: erasure_get
SELECT e.id, e.status, e.asked_by, e.reason, cardinality(e.leads) AS leads, e.requested_at, e.erased_at, e.done_at,
       (SELECT count(*) FROM erasure_copies c WHERE c.erasure_id = e.id) AS provider_copies,
       (SELECT count(*) FROM erasure_copies c WHERE c.erasure_id = e.id AND c.deleted_at IS NULL) AS provider_copies_left
  FROM erasures e
 WHERE e.tenant_id = :tenant_id AND e.id = :erasure_id;

-- name: erasures_due
-- tenant: none, because one worker looks after all of them
SELECT id, tenant_id FROM erasures WHERE look_at <= clock_timestamp() ORDER BY look_at LIMIT 20;

-- name: erasure_take
-- Left to whoever has it.
SELECT number, leads, asked_by = 'retention' AS expired FROM erasures
 WHERE tenant_id = :tenant_id AND id = :erasure_id AND look_at <= clock_timestamp()
   FOR UPDATE SKIP LOCKED;

-- name: copies_take
-- tenant: none, because the provider's calls have none
-- Leased for a minute.
UPDATE erasure_copies SET due_at = clock_timestamp() + interval '1 minute', tries = tries + 1
 WHERE (provider, provider_call_id) IN (
           SELECT provider, provider_call_id FROM erasure_copies
            WHERE deleted_at IS NULL AND due_at <= clock_timestamp() AND provider = :provider
            ORDER BY due_at LIMIT 20
              FOR UPDATE SKIP LOCKED)
RETURNING provider_call_id, tenant_id, account;

-- name: copy_deleted
-- tenant: none, because the provider's calls have none
UPDATE erasure_copies SET deleted_at = clock_timestamp(), problem = NULL
 WHERE provider = :provider AND provider_call_id = :provider_call_id;

-- name: copy_failed
-- tenant: none, because the provider's calls have none
-- Again and again, an hour apart at most.
UPDATE erasure_copies
   SET problem = :problem, due_at = clock_timestamp() + make_interval(secs => least(3600, 2 ^ least(tries, 12)))
 WHERE provider = :provider AND provider_call_id = :provider_call_id;

-- name: tenants_leaving
-- tenant: none, because one worker looks after all of them
SELECT id FROM tenants WHERE status = 'leaving' ORDER BY id LIMIT 20;

-- name: leaving_people
-- The next of those that something here still tells of; who waits for a call to end is waited for.
SELECT number
  FROM (SELECT DISTINCT number
          FROM (SELECT phone AS number FROM leads
                 WHERE tenant_id = :tenant_id AND erasure_id IS NULL
                UNION ALL
                SELECT to_number FROM calls WHERE tenant_id = :tenant_id AND erased_at IS NULL
                UNION ALL
                SELECT to_number FROM compliance_checks WHERE tenant_id = :tenant_id AND to_number <> 'erased') told
         WHERE number LIKE '+%') people
 WHERE NOT EXISTS (SELECT 1 FROM erasures e
                    WHERE e.tenant_id = :tenant_id AND e.status = 'waiting' AND e.number = people.number)
 LIMIT 100;

-- name: leaving_waits
SELECT count(*) AS n FROM erasures WHERE tenant_id = :tenant_id AND status = 'waiting';

-- name: leaving_lists
-- What lists of millions have, piece by piece: numbers, and of what was changed and answered all but the seals.
WITH entries AS (
    DELETE FROM dnc_entries
     WHERE tenant_id = :tenant_id
       AND id IN (SELECT id FROM dnc_entries WHERE tenant_id = :tenant_id LIMIT 20000)
    RETURNING 1
), scrubs AS (
    DELETE FROM registry_scrubs
     WHERE tenant_id = :tenant_id
       AND (e164, registry) IN (SELECT e164, registry FROM registry_scrubs WHERE tenant_id = :tenant_id LIMIT 20000)
    RETURNING 1
), answers AS (
    DELETE FROM request_keys
     WHERE tenant_id = :tenant_id
       AND (principal, key) IN (SELECT principal, key FROM request_keys WHERE tenant_id = :tenant_id LIMIT 20000)
    RETURNING 1
), changes AS (
    UPDATE audit_events SET personal = NULL, salt = NULL, about = '{}'
     WHERE tenant_id = :tenant_id
       AND id IN (SELECT id FROM audit_events WHERE tenant_id = :tenant_id AND personal IS NOT NULL LIMIT 20000)
    RETURNING 1
)
SELECT (SELECT count(*) FROM entries) + (SELECT count(*) FROM scrubs) + (SELECT count(*) FROM answers)
       + (SELECT count(*) FROM changes) AS n;

-- name: leaving_settle
-- The last of it: what the tenant called things, who may speak for it, and the key without which no hash tells a number.
-- Decisions, their ledger, the law they rested on and what was consented to when stay, without the persons.
WITH keys AS (
    DELETE FROM api_keys WHERE tenant_id = :tenant_id
), logins AS (
    DELETE FROM oidc_logins WHERE tenant_id = :tenant_id
), links AS (
    DELETE FROM one_time_links WHERE tenant_id = :tenant_id
), sessions AS (
    DELETE FROM user_sessions WHERE tenant_id = :tenant_id
), identities AS (
    DELETE FROM user_identities WHERE tenant_id = :tenant_id
), people AS (
    DELETE FROM users WHERE tenant_id = :tenant_id
), sealed AS ( -- pruned when nothing is left at the provider that only its workspace can delete
    UPDATE tenant_secrets SET retired_at = clock_timestamp() WHERE tenant_id = :tenant_id AND retired_at IS NULL
), hashes AS (
    DELETE FROM suppressed_numbers WHERE tenant_id = :tenant_id
), secret AS (
    DELETE FROM suppression_keys WHERE tenant_id = :tenant_id
), owned AS (
    UPDATE numbers SET status = 'released', updated_at = now() WHERE tenant_id = :tenant_id
), called AS (
    UPDATE campaigns
       SET name = 'erased', status = CASE WHEN status = 'completed' THEN status ELSE 'cancelled' END, metadata = NULL,
           lead_filters = NULL, country_rules_override = NULL, retry_policy = NULL, updated_at = now()
     WHERE tenant_id = :tenant_id
), messages AS (
    DELETE FROM outbox WHERE tenant_id = :tenant_id
), budget AS (
    DELETE FROM tenant_budgets WHERE tenant_id = :tenant_id
)
UPDATE tenants SET name = 'erased', status = 'gone', status_at = clock_timestamp(), updated_at = now()
 WHERE id = :tenant_id AND status = 'leaving'
RETURNING id;
