/* call_fields.c - which fields of a call, and of asking for one, cross the wire. */

#include "common/base/page.h"
#include "common/call/call.h"
#include "common/number/e164.h"

static const struct field call_fields[] = {
    FIELD(struct call, id, .flags = F_READONLY),
    FIELD(struct call, call_id, .flags = F_READONLY),
    FIELD(struct call, status, .flags = F_READONLY),
    FIELD(struct call, direction, .flags = F_READONLY),
    FIELD(struct call, to_number, .flags = F_READONLY),
    FIELD(struct call, from_number, .flags = F_READONLY),
    FIELD(struct call, agent_id, .flags = F_READONLY),
    FIELD(struct call, campaign_id, .flags = F_READONLY),
    FIELD(struct call, lead_id, .flags = F_READONLY),
    FIELD(struct call, provider_call_id, .flags = F_READONLY),
    FIELD(struct call, outcome, .flags = F_READONLY),
    FIELD(struct call, disconnection_reason, .flags = F_READONLY),
    FIELD(struct call, duration_seconds, .flags = F_READONLY),
    FIELD(struct call, started_at, .flags = F_READONLY),
    FIELD(struct call, ended_at, .flags = F_READONLY),
    FIELD(struct call, disposition, .flags = F_READONLY),
    FIELD(struct call, compliance_status, .flags = F_READONLY),
    FIELD(struct call, compliance_check_id, .flags = F_READONLY),
    FIELD(struct call, created_at, .flags = F_READONLY),
    FIELD(struct call, updated_at, .flags = F_READONLY),
};
const struct type call_type = TYPE(struct call, call_fields);

static const struct field call_detail_fields[] = {
    FIELD(struct call_detail, segments, .flags = F_READONLY),
    FIELD(struct call_detail, summary, .flags = F_READONLY),
    FIELD(struct call_detail, metadata, .flags = F_READONLY),
};
const struct type call_detail_type = TYPE(struct call_detail, call_detail_fields);

static const char *const call_statuses[] = {
    "queued", "in_progress", "completed", "failed", "canceled", NULL,
};

static const struct field call_query_fields[] = {
    FIELD(struct call_query, status, .labels = call_statuses),
    FIELD(struct call_query, campaign_id, .min = 1, .max = INT64_MAX),
    FIELD(struct call_query, from_date, .flags = 0),
    FIELD(struct call_query, to_date, .flags = 0),
    PAGE_FIELDS(struct call_query),
};
const struct type call_query_type = TYPE(struct call_query, call_query_fields);

static const struct field outbound_request_fields[] = {
    FIELD(struct outbound_request, to_number, .flags = F_REQUIRED, .max = 16,
          .check = e164_complaint),
    FIELD(struct outbound_request, from_number, .flags = F_REQUIRED, .max = 16,
          .check = e164_complaint),
    FIELD(struct outbound_request, agent_id, .flags = F_REQUIRED, .max = 128),
    FIELD(struct outbound_request, metadata, .flags = F_OBJECT, .max = 16384),
};
const struct type outbound_request_type = TYPE(struct outbound_request, outbound_request_fields);

static const struct field outbound_reply_fields[] = {
    FIELD(struct outbound_reply, call_id, .flags = 0),
    FIELD(struct outbound_reply, status, .flags = 0),
    FIELD(struct outbound_reply, provider_call_id, .flags = 0),
    FIELD(struct outbound_reply, estimated_start, .flags = 0),
};
const struct type outbound_reply_type = TYPE(struct outbound_reply, outbound_reply_fields);

static const struct field lead_call_request_fields[] = {
    FIELD(struct lead_call_request, agent_id, .flags = F_REQUIRED, .max = 128),
    FIELD(struct lead_call_request, from_number, .flags = F_REQUIRED, .max = 16,
          .check = e164_complaint),
    FIELD(struct lead_call_request, metadata, .flags = F_OBJECT, .max = 16384),
};
const struct type lead_call_request_type = TYPE(struct lead_call_request, lead_call_request_fields);

static const struct field web_call_request_fields[] = {
    FIELD(struct web_call_request, agent_id, .flags = F_REQUIRED, .max = 128),
    FIELD(struct web_call_request, metadata, .flags = F_OBJECT, .max = 16384),
};
const struct type web_call_request_type = TYPE(struct web_call_request, web_call_request_fields);

static const struct field web_call_reply_fields[] = {
    FIELD(struct web_call_reply, call_id, .flags = 0),
    FIELD(struct web_call_reply, websocket_url, .flags = 0),
    FIELD(struct web_call_reply, session_id, .flags = 0),
    FIELD(struct web_call_reply, access_token, .flags = 0),
    FIELD(struct web_call_reply, expires_at, .flags = 0),
};
const struct type web_call_reply_type = TYPE(struct web_call_reply, web_call_reply_fields);
