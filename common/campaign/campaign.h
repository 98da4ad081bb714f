/*
 * campaign.h - campaigns: what they are and what may be done to them.
 *
 * This is the folder's only public header beside execution.h.
 */
#ifndef AGORALIA_CAMPAIGN_H
#define AGORALIA_CAMPAIGN_H

#include "common/base/fields.h"
#include "common/compliance/compliance.h"

enum campaign_status {
    CAMPAIGN_DRAFT,
    CAMPAIGN_SCHEDULED, /* started, waiting for its start_date */
    CAMPAIGN_RUNNING,
    CAMPAIGN_PAUSED,
    CAMPAIGN_COMPLETED,
    CAMPAIGN_CANCELLED,
};
extern const char *const campaign_status_names[];

struct campaign {
    int64_t id;
    const char *name;
    enum campaign_status status;
    const char *agent_id;    /* Retell agent */
    const char *from_number; /* E.164 */
    struct opt_i64 knowledge_base_id;
    struct tstamp start_date;
    struct tstamp end_date;
    const char *timezone;                /* IANA name */
    const char *quiet_hours;             /* "21:00-08:00", in timezone */
    struct opt_i64 max_calls_per_day;    /* in timezone's days */
    struct opt_i64 max_calls_per_hour;   /* any 60 minutes */
    struct opt_i64 max_concurrent_calls; /* live at once */
    struct json_text retry_policy;       /* see retry_policy.h */
    int32_t spacing_seconds;             /* between two calls of this campaign */
    bool require_legal_review;
    struct json_text country_rules_override; /* {"IT": {"quiet_hours": ...}}: only tightens */
    struct json_text lead_filters;           /* see campaign_lead_filters */
    bool exclude_dnc;
    struct json_text metadata;
    struct tstamp created_at;
    struct tstamp updated_at;
    struct tstamp started_at;
    struct tstamp completed_at;
};
extern const struct type campaign_type;

#define CAMPAIGN_DEFAULTS \
    { \
        .timezone = "UTC", .spacing_seconds = 60, .require_legal_review = true, \
        .exclude_dnc = true \
    }

/*
 * lead_filters: which leads a start takes.  Without filters those assigned to
 * the campaign; with filters (even {}) also the tenant's unassigned ones, as far
 * as they match.  A lead of another campaign is never taken.
 */
struct campaign_lead_filters {
    const char *country_iso;
    const char *consent_status;
    const char *preferred_lang;
    const char *consent_basis;
};
extern const struct type campaign_lead_filters_type;

struct campaign_query {
    const char *status;
    int32_t limit;
    int32_t offset;
};
extern const struct type campaign_query_type;

/* Counted from the rows whenever asked. */
struct campaign_stats {
    int64_t total_leads;
    int64_t calls_scheduled; /* leads that were not refused */
    int64_t calls_completed;
    int64_t calls_failed;
    int64_t calls_in_progress;
    int64_t calls_queued;
    double completion_rate; /* leads with a completed call, of those scheduled; per cent */
    int64_t average_duration_seconds;
    struct json_text dispositions;
    int64_t compliance_violations; /* calls refused by the rules */
};
extern const struct type campaign_stats_type;

/* Insert c as a draft and fill in what the database decided (id, created_at). */
bool campaign_create(struct op *op, struct campaign *c) MUSTCHECK;

/* Fails with CAMPAIGN_NOT_FOUND, also when it belongs to another tenant. */
bool campaign_get(struct op *op, int64_t id, struct campaign *out) MUSTCHECK;
bool campaign_list(struct op *op, const struct campaign_query *q, struct campaign **out, int *n,
                   int64_t *total) MUSTCHECK;

/*
 * Lock the campaign and hand it to change(), which writes into it; then check
 * and store it.  INVALID_STATE unless it is draft or paused.
 */
bool campaign_update(struct op *op, int64_t id,
                     bool (*change)(struct op *op, struct campaign *c, void *ctx), void *ctx,
                     struct campaign *out) MUSTCHECK;

bool campaign_stats(struct op *op, int64_t id, struct campaign_stats *out) MUSTCHECK;

/*
 * The stats of many campaigns in one statement, in the order of the ids; without
 * dispositions and average duration.
 */
bool campaign_stats_of(struct op *op, const struct campaign *campaigns, int n,
                       struct campaign_stats **out) MUSTCHECK;

/* What the compliance engine needs to know of a campaign. */
struct compliance_campaign campaign_compliance(const struct campaign *c);

#endif
