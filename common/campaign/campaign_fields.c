/* campaign_fields.c - which fields of a campaign cross the wire and the database. */

#include "common/base/page.h"
#include "common/campaign/campaign.h"
#include "common/campaign/execution.h"
#include "common/number/country.h"
#include "common/number/e164.h"

_Static_assert(sizeof(enum campaign_status) == sizeof(int), "FIELD_ENUM stores an int");

const char *const campaign_status_names[] = {
    "draft", "scheduled", "running", "paused", "completed", "cancelled", NULL,
};

static const struct field campaign_fields[] = {
    FIELD(struct campaign, id, .flags = F_READONLY),
    FIELD(struct campaign, name, .flags = F_REQUIRED, .max = 255),
    FIELD_ENUM(struct campaign, status, campaign_status_names, .flags = F_READONLY),
    FIELD(struct campaign, agent_id, .min = 1, .max = 128),
    FIELD(struct campaign, from_number, .max = 16, .check = e164_complaint),
    FIELD(struct campaign, knowledge_base_id, .min = 1, .max = INT64_MAX),
    FIELD(struct campaign, start_date, .flags = 0),
    FIELD(struct campaign, end_date, .flags = 0),
    FIELD(struct campaign, timezone, .flags = F_NOT_NULL, .max = 64, .check = timezone_complaint),
    FIELD(struct campaign, quiet_hours, .max = 16, .check = quiet_hours_complaint),
    FIELD(struct campaign, max_calls_per_day, .min = 1, .max = 1000000),
    FIELD(struct campaign, max_calls_per_hour, .min = 1, .max = 1000000),
    FIELD(struct campaign, max_concurrent_calls, .min = 1, .max = 100000),
    FIELD(struct campaign, retry_policy, .flags = F_OBJECT, .max = 8192),
    FIELD(struct campaign, spacing_seconds, .flags = F_NOT_NULL, .min = 0, .max = 86400),
    FIELD(struct campaign, require_legal_review, .flags = F_NOT_NULL),
    FIELD(struct campaign, country_rules_override, .flags = F_OBJECT, .max = 16384),
    FIELD(struct campaign, lead_filters, .flags = F_OBJECT, .max = 4096),
    FIELD(struct campaign, exclude_dnc, .flags = F_NOT_NULL),
    FIELD(struct campaign, metadata, .flags = F_OBJECT, .max = 16384),
    FIELD(struct campaign, created_at, .flags = F_READONLY),
    FIELD(struct campaign, updated_at, .flags = F_READONLY),
    FIELD(struct campaign, started_at, .flags = F_READONLY),
    FIELD(struct campaign, completed_at, .flags = F_READONLY),
};
const struct type campaign_type = TYPE(struct campaign, campaign_fields);

static const struct field lead_filter_fields[] = {
    FIELD(struct campaign_lead_filters, country_iso, .check = country_complaint),
    FIELD(struct campaign_lead_filters, consent_status, .labels = consent_status_names),
    FIELD(struct campaign_lead_filters, preferred_lang, .check = language_complaint),
    FIELD(struct campaign_lead_filters, consent_basis, .max = 64),
};
const struct type campaign_lead_filters_type =
    TYPE(struct campaign_lead_filters, lead_filter_fields);

static const struct field campaign_query_fields[] = {
    FIELD(struct campaign_query, status, .labels = campaign_status_names),
    PAGE_FIELDS(struct campaign_query),
};
const struct type campaign_query_type = TYPE(struct campaign_query, campaign_query_fields);

static const struct field campaign_stats_fields[] = {
    FIELD(struct campaign_stats, total_leads, .flags = 0),
    FIELD(struct campaign_stats, calls_scheduled, .flags = 0),
    FIELD(struct campaign_stats, calls_completed, .flags = 0),
    FIELD(struct campaign_stats, calls_failed, .flags = 0),
    FIELD(struct campaign_stats, calls_in_progress, .flags = 0),
    FIELD(struct campaign_stats, calls_queued, .flags = 0),
    FIELD(struct campaign_stats, completion_rate, .flags = 0),
    FIELD(struct campaign_stats, average_duration_seconds, .flags = 0),
    FIELD(struct campaign_stats, dispositions, .flags = 0),
    FIELD(struct campaign_stats, compliance_violations, .flags = 0),
};
const struct type campaign_stats_type = TYPE(struct campaign_stats, campaign_stats_fields);

static const struct field stop_fields[] = {
    FIELD(struct campaign_stop, end_live_calls, .flags = F_NOT_NULL),
};
const struct type campaign_stop_type = TYPE(struct campaign_stop, stop_fields);

static const struct field execution_fields[] = {
    FIELD(struct campaign_execution, id, .flags = F_READONLY),
    FIELD(struct campaign_execution, campaign_id, .flags = F_READONLY),
    FIELD(struct campaign_execution, status, .flags = F_READONLY),
    FIELD(struct campaign_execution, total_leads, .flags = F_READONLY),
    FIELD(struct campaign_execution, calls_scheduled, .flags = F_READONLY),
    FIELD(struct campaign_execution, calls_completed, .flags = F_READONLY),
    FIELD(struct campaign_execution, calls_failed, .flags = F_READONLY),
    FIELD(struct campaign_execution, started_at, .flags = F_READONLY),
    FIELD(struct campaign_execution, completed_at, .flags = F_READONLY),
    FIELD(struct campaign_execution, error_message, .flags = F_READONLY),
};
const struct type campaign_execution_type = TYPE(struct campaign_execution, execution_fields);
