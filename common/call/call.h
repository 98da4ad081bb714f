/*
 * call.h - calls as clients see them, and asking for one.
 *
 * A call is born when its attempt is claimed (campaigns) or asked for
 * (POST /calls/outbound); what the provider tells is written into it by events.h.
 */
#ifndef AGORALIA_CALL_H
#define AGORALIA_CALL_H

#include "common/base/fields.h"

struct call {
    int64_t id;
    const char *call_id; /* call_ + 26 characters */
    const char *status;  /* queued, in_progress, completed, failed, canceled */
    const char *direction;
    const char *to_number;
    const char *from_number;
    const char *agent_id;
    struct opt_i64 campaign_id;
    struct opt_i64 lead_id;
    const char *provider_call_id;
    const char *outcome;              /* answered, voicemail, busy, ... */
    const char *disconnection_reason; /* the provider's word */
    struct opt_i64 duration_seconds;
    struct tstamp started_at;
    struct tstamp ended_at;
    const char *disposition;
    const char *compliance_status;
    struct opt_i64 compliance_check_id;
    struct tstamp created_at;
    struct tstamp updated_at;
};
extern const struct type call_type; /* lists */

/* GET /calls/{call_id}: the same and what was said. */
struct call_detail {
    struct call call;
    struct json_text segments;
    struct json_text summary;
    struct json_text metadata;
};
extern const struct type call_detail_type; /* the three only; call_type first */

struct call_query {
    const char *status;
    struct opt_i64 campaign_id;
    struct tstamp from_date; /* created at or after */
    struct tstamp to_date;   /* created before */
    int32_t limit;
    int32_t offset;
};
extern const struct type call_query_type;

/* CALL_NOT_FOUND, also when it belongs to another tenant. */
bool call_get(struct op *op, const char *call_id, struct call_detail *out) MUSTCHECK;

/*
 * Newest first, each as its JSON object, separated by commas; *total counts all that match.
 * The busiest list there is: its rows go from Postgres to the wire without a struct between.
 */
bool call_list(struct op *op, const struct call_query *q, struct buf *items,
               int64_t *total) MUSTCHECK;

bool call_list_of_lead(struct op *op, int64_t lead_id, struct call **out, int *n) MUSTCHECK;

struct outbound_request {
    const char *to_number;
    const char *from_number;
    const char *agent_id;
    struct json_text
        metadata; /* campaign_id and lead_id in it, when present, are ours and checked */
};
extern const struct type outbound_request_type;

struct outbound_reply {
    const char *call_id;
    const char *status;
    const char *provider_call_id; /* NULL: the provider has not been asked yet */
    struct tstamp estimated_start;
};
extern const struct type outbound_reply_type;

/*
 * Ask for one call now.  Decided by the compliance engine first: a refusal is
 * COMPLIANCE_VIOLATION with compliance_check_id, rejection_code and, when waiting
 * helps, next_allowed_at in details.  CALL_IN_PROGRESS while this tenant has a
 * call to the same number.
 */
bool call_outbound(struct op *op, const struct outbound_request *r,
                   struct outbound_reply *out) MUSTCHECK;

/* POST /leads/{lead_id}/call: the same for a lead, whose consent then counts. */
struct lead_call_request {
    const char *agent_id;
    const char *from_number;
    struct json_text metadata;
};
extern const struct type lead_call_request_type;
bool call_lead(struct op *op, int64_t lead_id, const struct lead_call_request *r,
               struct outbound_reply *out) MUSTCHECK;

struct web_call_request {
    const char *agent_id;
    struct json_text metadata;
};
extern const struct type web_call_request_type;

struct web_call_reply {
    const char *call_id;
    const char *websocket_url;
    const char *session_id; /* the provider's call id */
    const char *access_token;
    struct tstamp expires_at;
};
extern const struct type web_call_reply_type;
bool call_web(struct op *op, const struct web_call_request *r,
              struct web_call_reply *out) MUSTCHECK;

#endif
