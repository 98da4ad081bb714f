-- calls.sql - calls as clients see them, and the reconciler.

-- name: call_get
SELECT k.id, k.call_id, k.status, k.direction, k.to_number, k.from_number, k.agent_id, k.campaign_id, k.lead_id,
       k.provider_call_id, k.outcome, k.disconnection_reason, k.duration_seconds, k.started_at, k.ended_at, k.disposition,
       k.compliance_status, k.compliance_check_id, k.created_at, k.updated_at,
       k.segments, k.summary, k.metadata
  FROM calls k
 WHERE k.tenant_id = :tenant_id AND k.call_id = :call_id;

-- name: call_page
SELECT k.id, k.call_id, k.status, k.direction, k.to_number, k.from_number, k.agent_id, k.campaign_id, k.lead_id,
       k.provider_call_id, k.outcome, k.disconnection_reason, k.duration_seconds, k.started_at, k.ended_at, k.disposition,
       k.compliance_status, k.compliance_check_id, k.created_at, k.updated_at
  FROM calls k
 WHERE k.tenant_id = :tenant_id
 ORDER BY k.created_at DESC, k.id DESC
 LIMIT :limit OFFSET :offset;

-- name: call_page_by_status
SELECT k.id, k.call_id, k.status, k.direction, k.to_number, k.from_number, k.agent_id, k.campaign_id, k.lead_id,
       k.provider_call_id, k.outcome, k.disconnection_reason, k.duration_seconds, k.started_at, k.ended_at, k.disposition,
       k.compliance_status, k.compliance_check_id, k.created_at, k.updated_at
  FROM calls k
 WHERE k.tenant_id = :tenant_id AND k.status = :status
 ORDER BY k.created_at DESC, k.id DESC
 LIMIT :limit OFFSET :offset;

-- name: call_page_by_campaign
SELECT k.id, k.call_id, k.status, k.direction, k.to_number, k.from_number, k.agent_id, k.campaign_id, k.lead_id,
       k.provider_call_id, k.outcome, k.disconnection_reason, k.duration_seconds, k.started_at, k.ended_at, k.disposition,
       k.compliance_status, k.compliance_check_id, k.created_at, k.updated_at
  FROM calls k
 WHERE k.tenant_id = :tenant_id AND k.campaign_id = :campaign_id
 ORDER BY k.created_at DESC, k.id DESC
 LIMIT :limit OFFSET :offset;

-- name: call_page_filtered
SELECT k.id, k.call_id, k.status, k.direction, k.to_number, k.from_number, k.agent_id, k.campaign_id, k.lead_id,
       k.provider_call_id, k.outcome, k.disconnection_reason, k.duration_seconds, k.started_at, k.ended_at, k.disposition,
       k.compliance_status, k.compliance_check_id, k.created_at, k.updated_at
  FROM calls k
 WHERE k.tenant_id = :tenant_id
   AND (:status::text IS NULL OR k.status = :status)
   AND (:campaign_id::bigint IS NULL OR k.campaign_id = :campaign_id)
   AND k.created_at >= (SELECT coalesce(:from_date::timestamptz, '-infinity'))
   AND k.created_at < (SELECT coalesce(:to_date::timestamptz, 'infinity'))
 ORDER BY k.created_at DESC, k.id DESC
 LIMIT :limit OFFSET :offset;

-- name: call_total
-- Kept by trigger, one cell per campaign and ended state.
SELECT coalesce(sum(n), 0)::bigint AS n FROM call_totals WHERE tenant_id = :tenant_id AND status = :status;

-- name: call_total_by_campaign
SELECT coalesce(sum(n), 0)::bigint AS n
  FROM call_totals
 WHERE tenant_id = :tenant_id AND campaign_id = :campaign_id AND status = :status;

-- name: call_count
-- Only open states and date ranges are counted: the first are few, the second are asked for.
SELECT count(*) AS n
  FROM calls k
 WHERE k.tenant_id = :tenant_id
   AND (:status::text IS NULL OR k.status = :status)
   AND (:campaign_id::bigint IS NULL OR k.campaign_id = :campaign_id)
   AND k.created_at >= (SELECT coalesce(:from_date::timestamptz, '-infinity'))
   AND k.created_at < (SELECT coalesce(:to_date::timestamptz, 'infinity'));

-- name: call_list_of_lead
SELECT k.id, k.call_id, k.status, k.direction, k.to_number, k.from_number, k.agent_id, k.campaign_id, k.lead_id,
       k.provider_call_id, k.outcome, k.disconnection_reason, k.duration_seconds, k.started_at, k.ended_at, k.disposition,
       k.compliance_status, k.compliance_check_id, k.created_at, k.updated_at
  FROM calls k
 WHERE k.tenant_id = :tenant_id AND k.lead_id = :lead_id
 ORDER BY k.created_at DESC
 LIMIT 200;

-- name: call_live_to_number
-- As the claim sees it (claim_counts).
SELECT EXISTS (SELECT 1 FROM call_attempts
                WHERE tenant_id = :tenant_id AND to_number = :to_number
                  AND (state IN ('intent', 'unknown', 'accepted', 'ringing', 'ongoing')
                       OR (state = 'unresolved' AND created_at > clock_timestamp() - interval '2 hours'))) AS live,
       EXISTS (SELECT 1 FROM scheduled_calls
                WHERE tenant_id = :tenant_id AND lane = 0 AND to_number = :to_number
                  AND status IN ('scheduled', 'queued', 'processing')) AS asked;

-- name: call_insert_outbound
-- The row is due at once, and the dispatcher hears of it at once.
WITH sc AS (
    INSERT INTO scheduled_calls (tenant_id, lead_id, to_number, from_number, agent_id, metadata, scheduled_at, valid_until)
    VALUES (:tenant_id, :lead_id, :to_number, :from_number, :agent_id, :metadata, clock_timestamp(),
            clock_timestamp() + interval '1 hour')
    RETURNING id
), k AS (
    INSERT INTO calls (tenant_id, call_id, scheduled_call_id, lead_id, to_number, from_number, agent_id, metadata)
    SELECT :tenant_id, :call_id, sc.id, :lead_id, :to_number, :from_number, :agent_id, :metadata FROM sc
)
SELECT clock_timestamp() AS now, pg_notify('agoralia_due', '') FROM sc;

-- name: call_insert_web
INSERT INTO calls (tenant_id, call_id, direction, agent_id, provider_call_id, account, metadata)
VALUES (:tenant_id, :call_id, 'web', :agent_id, :provider_call_id, :account, :metadata);
