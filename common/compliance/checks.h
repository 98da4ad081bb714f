/*
 * checks.h - the decisions that were made: listed, looked at, exported.
 *
 * Newest first.  A decision is never changed; its number is forgotten with the person.
 */
#ifndef AGORALIA_COMPLIANCE_CHECKS_H
#define AGORALIA_COMPLIANCE_CHECKS_H

#include "common/base/fields.h"

struct compliance_check {
    int64_t id;
    const char *status;         /* approved, warning, rejected */
    const char *rejection_code; /* NULL unless rejected */
    const char *rejection_reason;
    struct json_text all_codes, warnings;
    struct tstamp next_allowed_at;
    const char *to_number;
    const char *country_iso;
    struct tstamp scheduled_time; /* the instant it was asked for */
    const char *call_id;          /* whose claim it was: as in GET /calls/{call_id}; NULL = none */
    struct opt_i64 scheduled_call_id, campaign_id, lead_id;
    const char *dnc_check, *quiet_hours_check, *consent_check, *disclosure_check;
    struct opt_i64 platform_rule_id, country_rule_id; /* the versions that decided */
    const char *engine_version, *tzdata_version;
    struct tstamp checked_at;
    const char *checked_by;
};
extern const struct type compliance_check_type;

/* checked_at from (included) to (excluded); whatever is not said does not filter. */
struct check_list_query {
    struct tstamp from, to;
    const char *status, *rejection_code, *to_number, *country_iso, *call_id;
    struct opt_i64 campaign_id, lead_id, scheduled_call_id;
    int32_t limit, offset;
};
extern const struct type check_list_query_type;

struct check_export_query {
    struct tstamp from, to;
    const char *status, *rejection_code, *to_number, *country_iso, *call_id;
    struct opt_i64 campaign_id, lead_id, scheduled_call_id;
    const char *format; /* csv, ndjson */
};
extern const struct type check_export_query_type;

/* Append the page to items as JSON objects, separated by commas. */
bool check_list(struct op *op, const struct check_list_query *q, struct buf *items,
                int64_t *total) MUSTCHECK;

/* CHECK_NOT_FOUND, also when it is another tenant's. */
bool check_get(struct op *op, int64_t id, struct compliance_check *out) MUSTCHECK;

/*
 * An export, piece by piece: each call appends the next to out, in memory of its own.  *done
 * after the last.  Decisions made after it began are not in it.
 */
struct check_export {
    struct check_export_query query;
    struct tstamp before_at; /* where the last piece ended */
    int64_t before_id;
    bool begun;
};
bool check_export_next(struct op *op, struct check_export *e, struct buf *out,
                       bool *done) MUSTCHECK;

#endif
