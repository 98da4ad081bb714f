-- campaigns.sql - campaigns and their executions.

-- name: campaign_insert
WITH c AS (
    INSERT INTO campaigns (tenant_id, name, agent_id, from_number, knowledge_base_id, start_date, end_date, timezone, quiet_hours,
                       max_calls_per_day, max_calls_per_hour, spacing_seconds, require_legal_review, country_rules_override,
                       lead_filters, max_concurrent_calls, retry_policy, exclude_dnc, metadata)
    VALUES (:tenant_id, :name, :agent_id, :from_number, :knowledge_base_id, :start_date, :end_date, :timezone, :quiet_hours,
        :max_calls_per_day, :max_calls_per_hour, :spacing_seconds, :require_legal_review,
        :country_rules_override, :lead_filters, :max_concurrent_calls, :retry_policy, :exclude_dnc, :metadata)
    RETURNING id, name, status, agent_id, from_number, knowledge_base_id, start_date, end_date, timezone, quiet_hours,
              max_calls_per_day, max_calls_per_hour, spacing_seconds, require_legal_review, country_rules_override,
              lead_filters, max_concurrent_calls, retry_policy, exclude_dnc, metadata, created_at, updated_at, started_at, completed_at
), pace AS (
    INSERT INTO campaign_pacing (tenant_id, campaign_id) SELECT :tenant_id, id FROM c
)
SELECT id, name, status, agent_id, from_number, knowledge_base_id, start_date, end_date, timezone, quiet_hours,
       max_calls_per_day, max_calls_per_hour, spacing_seconds, require_legal_review, country_rules_override,
       lead_filters, max_concurrent_calls, retry_policy, exclude_dnc, metadata, created_at, updated_at, started_at, completed_at
  FROM c;

-- name: campaign_get
SELECT id, name, status, agent_id, from_number, knowledge_base_id, start_date, end_date, timezone, quiet_hours,
       max_calls_per_day, max_calls_per_hour, spacing_seconds, require_legal_review, country_rules_override,
       lead_filters, max_concurrent_calls, retry_policy, exclude_dnc, metadata, created_at, updated_at, started_at, completed_at
  FROM campaigns
 WHERE tenant_id = :tenant_id AND id = :id;

-- name: campaign_lock
SELECT id, name, status, agent_id, from_number, knowledge_base_id, start_date, end_date, timezone, quiet_hours,
       max_calls_per_day, max_calls_per_hour, spacing_seconds, require_legal_review, country_rules_override,
       lead_filters, max_concurrent_calls, retry_policy, exclude_dnc, metadata, created_at, updated_at, started_at, completed_at
  FROM campaigns
 WHERE tenant_id = :tenant_id AND id = :id
   FOR UPDATE;

-- name: campaign_update
UPDATE campaigns
   SET status = :status, started_at = :started_at, completed_at = :completed_at, updated_at = now(),
       name = :name, agent_id = :agent_id, from_number = :from_number, knowledge_base_id =
       :knowledge_base_id, start_date = :start_date, end_date = :end_date, timezone = :timezone,
       quiet_hours = :quiet_hours, max_calls_per_day = :max_calls_per_day, max_calls_per_hour =
       :max_calls_per_hour, spacing_seconds = :spacing_seconds, require_legal_review =
       :require_legal_review, country_rules_override = :country_rules_override, lead_filters =
       :lead_filters, max_concurrent_calls = :max_concurrent_calls, retry_policy = :retry_policy,
       exclude_dnc = :exclude_dnc, metadata = :metadata
 WHERE tenant_id = :tenant_id AND id = :id
RETURNING id, name, status, agent_id, from_number, knowledge_base_id, start_date, end_date, timezone, quiet_hours,
          max_calls_per_day, max_calls_per_hour, spacing_seconds, require_legal_review, country_rules_override,
          lead_filters, max_concurrent_calls, retry_policy, exclude_dnc, metadata, created_at, updated_at, started_at, completed_at;

-- name: campaign_list
SELECT id, name, status, agent_id, from_number, knowledge_base_id, start_date, end_date, timezone, quiet_hours,
       max_calls_per_day, max_calls_per_hour, spacing_seconds, require_legal_review, country_rules_override,
       lead_filters, max_concurrent_calls, retry_policy, exclude_dnc, metadata, created_at, updated_at, started_at, completed_at
  FROM campaigns
 WHERE tenant_id = :tenant_id AND (:status::text IS NULL OR status = :status)
   AND (:only::bigint[] IS NULL OR id = ANY (:only::bigint[]))
 ORDER BY id DESC
 LIMIT :limit OFFSET :offset;

-- name: campaign_count
SELECT count(*) AS n
  FROM campaigns
 WHERE tenant_id = :tenant_id AND (:status::text IS NULL OR status = :status)
   AND (:only::bigint[] IS NULL OR id = ANY (:only::bigint[]));

-- name: campaign_stats
-- A row that was tried has a call, and is counted there; what stops with its campaign was not refused.
-- A lead may have several calls: the rate is of leads.
SELECT c.id,
       coalesce(s.total_leads, 0) AS total_leads,
       coalesce(s.total_leads - s.refused, 0) AS calls_scheduled,
       coalesce(k.completed, 0) AS calls_completed,
       coalesce(k.failed, 0) AS calls_failed,
       coalesce(k.in_progress, 0) AS calls_in_progress,
       coalesce(s.waiting + k.queued, 0) AS calls_queued,
       coalesce(round(100.0 * r.leads / nullif(s.total_leads - s.refused, 0), 1), 0) AS completion_rate,
       coalesce(k.seconds, 0) AS average_duration_seconds,
       coalesce((SELECT jsonb_object_agg(d.disposition, d.n)
                   FROM (SELECT disposition, count(*) AS n FROM calls
                          WHERE tenant_id = :tenant_id AND campaign_id = c.id AND disposition IS NOT NULL
                          GROUP BY disposition) d), '{}') AS dispositions,
       (SELECT count(*) FROM compliance_checks
         WHERE tenant_id = :tenant_id AND campaign_id = c.id AND status = 'rejected'
           AND rejection_code NOT IN ('QUIET_HOURS', 'QUIET_HOURS_CAMPAIGN')) AS compliance_violations
  FROM campaigns c
  LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE parent_id IS NULL) AS total_leads,
                            count(*) FILTER (WHERE parent_id IS NULL AND status = 'canceled' AND attempts = 0
                                               AND reason NOT IN ('CAMPAIGN_STOPPED', 'CAMPAIGN_ENDED')) AS refused,
                            count(*) FILTER (WHERE status IN ('scheduled', 'queued') AND attempts = 0) AS waiting
                       FROM scheduled_calls
                      WHERE execution_id = ANY (ARRAY (SELECT e.id FROM campaign_executions e
                                                        WHERE e.tenant_id = :tenant_id AND e.campaign_id = c.id))
                    ) s ON true
  LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE status = 'completed') AS completed,
                            count(*) FILTER (WHERE status = 'failed') AS failed,
                            count(*) FILTER (WHERE status = 'in_progress') AS in_progress,
                            count(*) FILTER (WHERE status = 'queued') AS queued,
                            round(avg(duration_seconds) FILTER (WHERE status = 'completed'))::bigint AS seconds
                       FROM calls
                      WHERE tenant_id = :tenant_id AND campaign_id = c.id) k ON true
  LEFT JOIN LATERAL (SELECT count(*) AS leads
                       FROM (SELECT DISTINCT x.execution_id, x.lead_id
                               FROM calls y
                               JOIN scheduled_calls x ON x.id = y.scheduled_call_id
                              WHERE y.tenant_id = :tenant_id AND y.campaign_id = c.id AND y.status = 'completed'
                                AND x.execution_id IS NOT NULL) reached
                    ) r ON true
 WHERE c.tenant_id = :tenant_id AND c.id = ANY (:ids::bigint[])
 ORDER BY array_position(:ids::bigint[], c.id);

-- name: execution_open
INSERT INTO campaign_executions (tenant_id, campaign_id, cursor_lane)
VALUES (:tenant_id, :campaign_id, :campaign_id)
RETURNING id, campaign_id, status, 0 AS total_leads, 0 AS calls_scheduled, 0 AS calls_completed, 0 AS calls_failed,
          started_at, completed_at, error_message;

-- name: execution_list
SELECT e.id, e.campaign_id, e.status, count(s.id) FILTER (WHERE s.parent_id IS NULL) AS total_leads,
       count(s.id) FILTER (WHERE s.parent_id IS NULL
                             AND NOT (s.status = 'canceled' AND s.attempts = 0
                                      AND s.reason NOT IN ('CAMPAIGN_STOPPED', 'CAMPAIGN_ENDED'))) AS calls_scheduled,
       count(k.id) FILTER (WHERE k.status = 'completed') AS calls_completed,
       count(k.id) FILTER (WHERE k.status = 'failed') AS calls_failed,
       e.started_at, e.completed_at, e.error_message
  FROM campaign_executions e
  LEFT JOIN scheduled_calls s ON s.tenant_id = e.tenant_id AND s.execution_id = e.id
  LEFT JOIN calls k ON k.scheduled_call_id = s.id
 WHERE e.tenant_id = :tenant_id AND e.campaign_id = :campaign_id
 GROUP BY e.id
 ORDER BY e.id DESC;

-- name: execution_take
-- The open execution of a campaign, for the one worker that turns its leads into calls now.
UPDATE campaign_executions
   SET status = 'running', started_at = coalesce(started_at, clock_timestamp()), touched_at = clock_timestamp()
 WHERE id = (SELECT id FROM campaign_executions
              WHERE tenant_id = :tenant_id AND campaign_id = :campaign_id AND status IN ('queued', 'running')
                AND NOT generated
                FOR UPDATE SKIP LOCKED)
RETURNING id, cursor_lane, cursor_lead, clock_timestamp() AS now;

-- name: execution_leads
-- The next batch of a lane, with what is known of each number.
SELECT l.id, l.phone, l.country_iso, l.preferred_lang, l.consent_basis, l.consent_status, l.consent_date,
       l.consent_source, l.metadata, l.dead_reason,
       CASE WHEN num_nonnulls(l.consent_channels, l.consent_level, l.consent_expires_at) > 0
            THEN jsonb_strip_nulls(jsonb_build_object('consent_channels', l.consent_channels, 'consent_level', l.consent_level,
                                                      'consent_expires_at', l.consent_expires_at)) END AS consent_terms,
       e.entries, e.platform_entries, e.scrubs, e.attempts, e.grants, e.unknown_scope, e.refused
  FROM leads l
 CROSS JOIN LATERAL evidence_of(:tenant_id::bigint, l.phone, l.id) e
 WHERE l.tenant_id = :tenant_id AND l.lane = :lane AND l.id > :after AND l.erasure_id IS NULL
   AND (:country_iso::text IS NULL OR l.country_iso = :country_iso)
   AND (:consent_status::text IS NULL OR l.consent_status = :consent_status)
   AND (:preferred_lang::text IS NULL OR l.preferred_lang = :preferred_lang)
   AND (:consent_basis::text IS NULL OR l.consent_basis = :consent_basis)
 ORDER BY l.id
 LIMIT :limit;

-- name: execution_schedule
-- One batch, if the cursor still stands where it was read: refused leads get a canceled row with
-- their decision, the others a row that waits for its instant.  Where some may have a row already
-- they are left out, which costs a look into each unique index for each row.
WITH moved AS (
    UPDATE campaign_executions SET cursor_lane = :lane, cursor_lead = :after, generated = :generated, touched_at = clock_timestamp()
     WHERE tenant_id = :tenant_id AND id = :execution_id AND NOT generated
       AND cursor_lane = :was_lane AND cursor_lead = :was_after
    RETURNING id
), batch (tenant_id, campaign_id, execution_id, lead_id, to_number, from_number, agent_id, kb_id, timezone, scheduled_at, valid_until,
         status, reason) AS (
    SELECT :tenant_id::bigint, :campaign_id::bigint, moved.id, b.lead_id, b.phone, :from_number, :agent_id, :kb_id::bigint,
           :timezone, coalesce(b.scheduled_at, clock_timestamp()), :valid_until::timestamptz,
           CASE WHEN b.scheduled_at IS NULL THEN 'canceled' ELSE 'scheduled' END, b.reason
      FROM moved,
           unnest(:lead_ids::bigint[], :phones::text[], :scheduled_ats::timestamptz[], :reasons::text[])
           AS b (lead_id, phone, scheduled_at, reason)
), fresh AS (
    INSERT INTO scheduled_calls (tenant_id, campaign_id, execution_id, lead_id, to_number, from_number, agent_id, kb_id,
                                 timezone, scheduled_at, valid_until, status, reason)
    SELECT tenant_id, campaign_id, execution_id, lead_id, to_number, from_number, agent_id, kb_id, timezone, scheduled_at, valid_until,
           status, reason
      FROM batch WHERE NOT :again::boolean
    RETURNING id, lead_id, to_number
), missing AS (
    INSERT INTO scheduled_calls (tenant_id, campaign_id, execution_id, lead_id, to_number, from_number, agent_id, kb_id,
                                 timezone, scheduled_at, valid_until, status, reason)
    SELECT tenant_id, campaign_id, execution_id, lead_id, to_number, from_number, agent_id, kb_id, timezone, scheduled_at, valid_until,
           status, reason
      FROM batch WHERE :again::boolean
    ON CONFLICT DO NOTHING
    RETURNING id, lead_id, to_number
), rows AS (
    SELECT id, lead_id, to_number FROM fresh UNION ALL SELECT id, lead_id, to_number FROM missing
), checks AS (
    INSERT INTO compliance_checks (tenant_id, scheduled_call_id, campaign_id, lead_id, to_number, country_iso, dnc_check,
                                   quiet_hours_check, consent_check, disclosure_check, status, rejection_reason,
                                   rejection_code, all_codes, warnings, scheduled_time, platform_rule_id,
                                   country_rule_id, engine_version, tzdata_version, record, salt, personal)
    SELECT :tenant_id, rows.id, :campaign_id, b.lead_id, rows.to_number, b.country_iso, b.dnc, b.quiet_hours, b.consent,
           b.disclosure, 'rejected', b.rejection_reason, b.rejection_code, string_to_array(b.codes, ' '),
           string_to_array(b.warnings, ' '), :at::timestamptz, b.platform_rule_id, b.country_rule_id, :engine_version,
           :tzdata_version, b.record, b.salt, b.personal
      FROM rows
      JOIN unnest(:refused_ids::bigint[], :countries::text[], :dncs::text[], :quiets::text[], :consents::text[],
                  :disclosures::text[], :rejection_reasons::text[], :rejection_codes::text[], :codes::text[],
                  :warnings::text[], :platform_rule_ids::bigint[], :country_rule_ids::bigint[],
                  :records::text[], :salts::text[], :personals::text[])
           AS b (lead_id, country_iso, dnc, quiet_hours, consent, disclosure, rejection_reason, rejection_code, codes,
                 warnings, platform_rule_id, country_rule_id, record, salt, personal) ON b.lead_id = rows.lead_id
)
SELECT id FROM moved;

-- name: executions_wake
-- tenant: none, because the dispatcher works for all of them
-- This and the next ones leave for later what somebody holds: who was stopped with a campaign in
-- hand must not keep everybody's calls waiting.
UPDATE campaigns SET status = 'running', updated_at = now()
 WHERE id IN (SELECT id FROM campaigns
               WHERE status = 'scheduled' AND start_date <= clock_timestamp()
                 FOR NO KEY UPDATE SKIP LOCKED);

-- name: executions_stop_generation
-- tenant: none, because the dispatcher works for all of them
-- No batch is added to a stopped campaign once this is committed: what is left can then be counted.
UPDATE campaign_executions SET generated = true
 WHERE id IN (SELECT e.id
                FROM campaign_executions e
                JOIN campaigns c ON c.id = e.campaign_id
               WHERE c.status = 'cancelled' AND e.status IN ('queued', 'running') AND NOT e.generated
                 FOR NO KEY UPDATE OF e SKIP LOCKED);

-- name: executions_resume
-- tenant: none, because the dispatcher works for all of them
-- Executions that nobody turns into calls: their message was lost, or died with its worker.
WITH silent AS (
    UPDATE campaign_executions SET touched_at = clock_timestamp()
     WHERE id IN (SELECT e.id
                    FROM campaign_executions e
                    JOIN campaigns c ON c.tenant_id = e.tenant_id AND c.id = e.campaign_id
                   WHERE c.status IN ('scheduled', 'running', 'paused')
                     AND e.status IN ('queued', 'running') AND NOT e.generated
                     AND e.touched_at < clock_timestamp() - make_interval(secs => :seconds::bigint)
                     FOR NO KEY UPDATE OF e SKIP LOCKED)
    RETURNING id, tenant_id, campaign_id
)
INSERT INTO outbox (tenant_id, actor, kwargs, request_id, dedupe_key)
SELECT tenant_id, 'start_campaign_execution',
       json_build_object('campaign_id', campaign_id, 'tenant_id', tenant_id)::text, :request_id, 'start:' || id
  FROM silent
ON CONFLICT (dedupe_key) DO NOTHING;

-- name: executions_cancel_rows
-- tenant: none, because the dispatcher works for all of them
-- What is left of stopped and ended campaigns, a batch at a time, and the calls of those among them
-- that were tried before.
WITH doomed AS (
    SELECT w.id, CASE WHEN c.status = 'cancelled' THEN 'CAMPAIGN_STOPPED' ELSE 'CAMPAIGN_ENDED' END AS reason
      FROM campaign_executions e
      JOIN campaigns c ON c.tenant_id = e.tenant_id AND c.id = e.campaign_id
     CROSS JOIN LATERAL (SELECT s.id FROM scheduled_calls s
                          WHERE s.execution_id = e.id AND s.status IN ('scheduled', 'queued')
                          LIMIT 5000 FOR UPDATE SKIP LOCKED) w
     WHERE e.status IN ('queued', 'running') AND (c.status = 'cancelled' OR c.end_date <= clock_timestamp())
)
SELECT end_waiting(array_agg(id), 'canceled', reason) AS ended FROM doomed GROUP BY reason;

-- name: executions_finish
-- tenant: none, because the dispatcher works for all of them
WITH over AS (
    SELECT e.id
      FROM campaign_executions e
      JOIN campaigns c ON c.id = e.campaign_id
     WHERE e.status IN ('queued', 'running') AND e.generated
       AND NOT EXISTS (SELECT 1 FROM scheduled_calls s
                        WHERE s.execution_id = e.id AND s.status IN ('scheduled', 'queued', 'processing'))
       FOR NO KEY UPDATE SKIP LOCKED
), ended AS (
    UPDATE campaign_executions SET status = 'completed', completed_at = clock_timestamp()
     WHERE id IN (SELECT id FROM over)
    RETURNING tenant_id, campaign_id
)
UPDATE campaigns c
   SET status = CASE WHEN c.status = 'cancelled' THEN 'cancelled' ELSE 'completed' END,
       completed_at = clock_timestamp(), updated_at = now()
  FROM ended
 WHERE c.tenant_id = ended.tenant_id AND c.id = ended.campaign_id
RETURNING c.id, c.tenant_id;

-- name: campaign_end_live_calls
-- The reconciler hangs up.  A request that has not been answered yet is looked at when it is.
UPDATE call_attempts
   SET stop_wanted = true, look_at = CASE WHEN state = 'intent' THEN look_at ELSE clock_timestamp() END
 WHERE tenant_id = :tenant_id AND campaign_id = :id
   AND state IN ('intent', 'unknown', 'accepted', 'ringing', 'ongoing');
