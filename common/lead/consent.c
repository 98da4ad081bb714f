/* consent.c - an event is a change of its lead: the database writes it down. */

#include "common/lead/consent.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/page.h"
#include "common/store/db.h"
#include "queries.h"

#include <inttypes.h>

/* Clocks differ a little; what lies further ahead was not agreed to yet. */
#define AHEAD_US (300LL * 1000000)

static const char *const status_words[] = {"granted", "denied", "expired", NULL};
static const char *const levels[] = {"implied", "express", "express_written", NULL};

static const char *hash_complaint(const char *s)
{
    return strlen(s) == 64 && strspn(s, "0123456789abcdef") == 64
               ? NULL
               : "must be a SHA-256 in 64 lower-case hex digits";
}

static const struct field consent_event_fields[] = {
    FIELD(struct consent_event, id, .flags = F_READONLY),
    FIELD(struct consent_event, lead_id, .flags = F_READONLY),
    FIELD(struct consent_event, event, .flags = F_READONLY),
    FIELD_ENUM(struct consent_event, status, consent_status_names, .flags = F_REQUIRED),
    FIELD(struct consent_event, basis, .max = 64),
    FIELD(struct consent_event, purpose, .max = 255),
    FIELD(struct consent_event, text_version, .max = 64),
    FIELD(struct consent_event, channels, .flags = F_ARRAY, .max = 1024),
    FIELD(struct consent_event, level, .labels = levels),
    FIELD(struct consent_event, source, .max = 255),
    FIELD(struct consent_event, evidence_hash, .max = 64, .check = hash_complaint),
    FIELD(struct consent_event, occurred_at, .flags = 0),
    FIELD(struct consent_event, expires_at, .flags = 0),
    FIELD(struct consent_event, recorded_at, .flags = F_READONLY),
};
const struct type consent_event_type = TYPE(struct consent_event, consent_event_fields);

static const struct field consent_query_fields[] = {PAGE_FIELDS(struct consent_query)};
const struct type consent_query_type = TYPE(struct consent_query, consent_query_fields);

static bool check(struct op *op, const struct consent_event *e)
{
    int64_t now = clock_now_us();
    int64_t from = e->occurred_at.us ? e->occurred_at.us : now;

    if (label_find(status_words, str_of(consent_status_names[e->status])) < 0)
        err_detail(op, "status", "must be granted, denied or expired");
    if (from > now + AHEAD_US)
        err_detail(op, "occurred_at", "must not lie in the future");
    if (e->expires_at.us && e->expires_at.us <= from)
        err_detail(op, "expires_at", "must be after occurred_at");
    return !op->err.details || fail(op, E_VALIDATION_ERROR, "Request validation failed");
}

static bool fail_not_found(struct op *op, int64_t lead_id)
{
    return fail(op, E_LEAD_NOT_FOUND, "Lead with ID %" PRId64 " not found", lead_id);
}

bool consent_record(struct op *op, int64_t lead_id, struct consent_event *e)
{
    const char *id = sql_i64(op, lead_id);
    struct rows waiting, leads, locked, changed, newest;

    if (!check(op, e) || !db_begin(op)
        || !db_ask(
            op,
            (const struct ask[]){{&SQL_CONSENT_WAITING_LOCK, ARGS({"lead_id", id}), &waiting},
                                 {&SQL_CONSENT_LEADS, ARGS({"lead_id", id}), &leads}},
            2))
        return false;
    if (leads.n == 0)
        return fail_not_found(op, lead_id);
    const struct arg *args =
        ARGS({"lead_id", id}, {"status", consent_status_names[e->status]}, {"basis", e->basis},
             {"purpose", e->purpose}, {"text_version", e->text_version},
             {"channels", e->channels.text}, {"level", e->level}, {"source", e->source},
             {"evidence_hash", e->evidence_hash}, {"occurred_at", sql_tstamp(op, e->occurred_at)},
             {"expires_at", sql_tstamp(op, e->expires_at)});
    if (!db_ask_commit(op,
                       (const struct ask[]){
                           {&SQL_DNC_LOCK, ARGS({"e164", db_text(&leads, 0, "phone")}), &locked},
                           {&SQL_CONSENT_RECORD, args, &changed},
                           {&SQL_CONSENT_NEWEST, args, &newest}},
                       3)
        || !from_row(op, &newest, 0, &consent_event_type, e))
        return false;
    if (changed.affected == 0)
        return fail(op, E_INVALID_STATE, "A refusal does not expire; only a new grant lifts it");
    log_info(op, "consent.recorded", F("lead_id", lead_id), F("event", e->event));
    return true;
}

bool consent_list(struct op *op, int64_t lead_id, const struct consent_query *q,
                  struct consent_event **out, int *n, int64_t *total)
{
    struct rows lead, page, count;
    const struct arg *args =
        ARGS({"lead_id", sql_i64(op, lead_id)}, {"id", sql_i64(op, lead_id)},
             {"limit", sql_i64(op, q->limit)}, {"offset", sql_i64(op, q->offset)});

    if (!db_ask(op,
                (const struct ask[]){{&SQL_LEAD_GET, args, &lead},
                                     {&SQL_CONSENT_LIST, args, &page},
                                     {&SQL_CONSENT_COUNT, args, &count}},
                3))
        return false;
    if (lead.n == 0)
        return fail_not_found(op, lead_id);
    *n = page.n;
    *total = db_i64(&count, 0, "n");
    return (*out = from_rows(op, &page, &consent_event_type)) != NULL;
}
