/*
 * audit.h - who changed what, from where: events in the transaction of the change itself.
 *
 * Nothing about a person is in what is sealed: the request, the state before and the answer are
 * committed to by a salted hash and can be forgotten (common/ledger).  Members whose names speak of
 * passwords, secrets, tokens or keys are never written down.
 */
#ifndef AGORALIA_AUDIT_H
#define AGORALIA_AUDIT_H

#include "common/base/fields.h"

struct audit_event {
    const char *action;  /* "PATCH /api/v1/campaigns/{campaign_id}" */
    const char *subject; /* "/api/v1/campaigns/12" */
    int status;
    const char *from;   /* an address; NULL = unknown */
    const char *before; /* JSON; NULL = nothing, or not known */
    struct str sent;    /* JSON; empty = nothing */
    struct str after;   /* the answer, JSON; empty = not known yet */
};

/* Of op's tenant and principal. */
bool audit_record(struct op *op, const struct audit_event *e) MUSTCHECK;

/* What a request names, as JSON; *out NULL when there is no such row.  kind: campaigns, leads, ...
 */
bool audit_state(struct op *op, const char *kind, int64_t id, const char **out) MUSTCHECK;

/* An event as it is shown; detail has from, before, sent and after, and is null once forgotten. */
struct audit_entry {
    int64_t id;
    const char *who, *action, *subject;
    int64_t status;
    const char *request_id;
    struct tstamp created_at;
    struct opt_i64 seq; /* its place in the chain, once sealed */
    struct json_text detail;
};
extern const struct type audit_entry_type;

struct audit_query {
    const char *who, *action, *subject, *request_id;
    struct tstamp created_gte, created_lte;
    int32_t limit, offset;
};
extern const struct type audit_query_type;

bool audit_list(struct op *op, const struct audit_query *q, struct audit_entry **out, int *n,
                int64_t *total) MUSTCHECK;

/*
 * Forget the personal part of every event that tells of a person; the proof that there was one
 * stays.  leads: a Postgres array, e164 may be NULL.
 */
bool audit_forget(struct op *op, const char *e164, const char *leads) MUSTCHECK;

/* JSON on one line, without what must not be kept.  Text that is no JSON comes out as null. */
void audit_write_json(struct buf *b, struct str json);

#endif
