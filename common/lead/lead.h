/*
 * lead.h - the people a tenant may call.
 *
 * calls_count, last_called_at, last_call_status and disposition are computed
 * from the calls when a lead is read; they are not counters.
 */
#ifndef AGORALIA_LEAD_H
#define AGORALIA_LEAD_H

#include "common/base/fields.h"

enum consent_status { CONSENT_UNKNOWN, CONSENT_GRANTED, CONSENT_DENIED, CONSENT_EXPIRED };
extern const char *const consent_status_names[];

/* CONSENT_UNKNOWN for any other name. */
enum consent_status consent_named(const char *name);

struct lead {
    int64_t id;
    struct opt_i64 campaign_id;
    const char *name;
    const char *phone; /* E.164 */
    const char *email;
    const char *company;
    const char *role;
    const char *country_iso;    /* from the number when not given */
    const char *preferred_lang; /* ISO 639-1 */
    const char *consent_basis;  /* "consent", "legitimate_interest", ... */
    enum consent_status consent_status;
    struct tstamp consent_date;
    const char *consent_source;
    struct json_text
        consent_terms; /* consent_channels, _level, _expires_at: as the ledger has them */
    int64_t calls_count;
    struct tstamp last_called_at;
    const char *last_call_status;
    const char *disposition;
    struct json_text metadata;
    struct tstamp created_at;
    struct tstamp updated_at;
};
extern const struct type lead_type;

struct lead_query {
    struct opt_i64 campaign_id;
    const char *country_iso;
    const char *consent_status;
    const char *q; /* in name, phone or company; case does not matter */
    struct opt_bool has_been_called;
    const char *disposition;
    struct tstamp created_gte;
    struct tstamp created_lte;
    int32_t limit;
    int32_t offset;
};
extern const struct type lead_query_type;

/*
 * Fails with VALIDATION_ERROR (also for a campaign that is not the tenant's)
 * and ALREADY_EXISTS when the campaign, or the unassigned, already has the phone.  Filled in with
 * what was stored: a number that refused makes its lead denied (consent.h).
 */
bool lead_create(struct op *op, struct lead *l) MUSTCHECK;

/* LEAD_NOT_FOUND, also when it belongs to another tenant. */
bool lead_get(struct op *op, int64_t id, struct lead *out) MUSTCHECK;
bool lead_list(struct op *op, const struct lead_query *q, struct lead **out, int *n,
               int64_t *total) MUSTCHECK;

#endif
