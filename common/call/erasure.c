/* erasure.c - locks, then the word that nobody calls, then everything that told of the person. */

#include "common/call/erasure.h"

#include "common/base/digest.h"
#include "common/base/id.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/number/e164.h"
#include "common/provider/provider.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "common/tenant/audit.h"
#include "common/tenant/request_key.h"
#include "common/tenant/workspace.h"
#include "queries.h"

#include <inttypes.h>
#include <stdlib.h>

/* A call is looked after again soon; what was being written meanwhile is old after a minute. */
enum { WAIT_SECONDS = 3, SETTLE_SECONDS = 60 };

enum { PAD_BYTES = 64, KEY_BYTES = 32 };

_Static_assert(sizeof(enum erasure_status) == sizeof(int), "FIELD_ENUM stores an int");
_Static_assert(sizeof(enum erasure_asker) == sizeof(int), "FIELD_ENUM stores an int");

static const char *const status_names[] = {"waiting", "erased", "done", NULL};
static const char *const asker_names[] = {"tenant", "platform", "retention", NULL};

static const struct field erasure_fields[] = {
    FIELD(struct erasure, id, .flags = F_READONLY),
    FIELD_ENUM(struct erasure, status, status_names, .flags = F_READONLY),
    FIELD_ENUM(struct erasure, asked_by, asker_names, .flags = F_READONLY),
    FIELD(struct erasure, reason, .flags = F_REQUIRED, .min = 10, .max = 500),
    FIELD(struct erasure, leads, .flags = F_READONLY),
    FIELD(struct erasure, requested_at, .flags = F_READONLY),
    FIELD(struct erasure, erased_at, .flags = F_READONLY),
    FIELD(struct erasure, done_at, .flags = F_READONLY),
    FIELD(struct erasure, provider_copies, .flags = F_READONLY),
    FIELD(struct erasure, provider_copies_left, .flags = F_READONLY),
};
const struct type erasure_type = TYPE(struct erasure, erasure_fields);

/* Whom to forget; e164 is NULL once it is forgotten, and what comes late is found by its lead. */
struct person {
    const char *e164;
    const char *leads; /* a Postgres array */
    const char *erasure_id;
    bool expired; /* by retention: the lists keep what they have */
};

static const struct arg *person_args(struct op *op, const struct person *p)
{
    const struct arg args[] = {
        {"e164", p->e164},
        {"leads", p->leads},
        {"erasure_id", p->erasure_id},
        {"only_denied", sql_bool(p->expired)},
        {0},
    };

    return memcpy(arena_alloc(&op->arena, sizeof(args)), args, sizeof(args));
}

/* The key as HMAC uses it: a text of 32 bytes, filled up with zeros, under two masks. */
static const struct arg *new_key(struct op *op)
{
    unsigned char key[PAD_BYTES] = {0}, inner[PAD_BYTES], outer[PAD_BYTES];
    char *texts = arena_alloc(&op->arena, 2 * (2 * PAD_BYTES + 1));
    char *second = texts + 2 * PAD_BYTES + 1;

    random_bytes(key, KEY_BYTES);
    for (int i = 0; i < PAD_BYTES; i++) {
        inner[i] = key[i] ^ 0x36;
        outer[i] = key[i] ^ 0x5c;
    }
    hex_write(texts, inner, PAD_BYTES);
    hex_write(second, outer, PAD_BYTES);
    const struct arg args[] = {{"inner_pad", texts}, {"outer_pad", second}, {0}};
    return memcpy(arena_alloc(&op->arena, sizeof(args)), args, sizeof(args));
}

static bool lock_all(struct op *op, const struct arg *person, const char *e164)
{
    struct rows rows, leads, number;

    return db_ask(op,
                  (const struct ask[]){
                      {&SQL_ERASURE_LOCK_ROWS, person, &rows},
                      {&SQL_ERASURE_LOCK_LEADS, person, &leads},
                      {&SQL_DNC_LOCK, ARGS({"e164", e164}), &number},
                  },
                  e164 ? 3 : 2);
}

/* Nothing starts any more; *live: what may have started is still going on. */
static bool call_off(struct op *op, const struct arg *person, bool *live)
{
    struct rows waiting, going;

    if (!db_ask(op,
                (const struct ask[]){{&SQL_ERASURE_CALL_OFF, person, &waiting},
                                     {&SQL_ERASURE_LIVE, person, &going}},
                2))
        return false;
    *live = going.n > 0;
    return true;
}

/* What is found by the number goes before what it is found by. */
static bool forget(struct op *op, const struct person *p, const struct arg *person)
{
    struct rows r[9];

    return db_ask(op,
                  (const struct ask[]){{&SQL_FORGET_CHECKS, person, &r[0]},
                                       {&SQL_FORGET_COPIES, person, &r[1]},
                                       {&SQL_FORGET_EVENTS, person, &r[2]},
                                       {&SQL_FORGET_ATTEMPTS, person, &r[3]},
                                       {&SQL_FORGET_ROWS, person, &r[4]},
                                       {&SQL_FORGET_CALLS, person, &r[5]},
                                       {&SQL_FORGET_LEADS, person, &r[6]},
                                       {&SQL_FORGET_CONSENTS, person, &r[7]},
                                       {&SQL_FORGET_LISTS, person, &r[8]}},
                  p->expired ? 8 : 9);
}

static bool settle(struct op *op, const struct person *p)
{
    struct rows rows;
    const char *seconds = sql_i64(op, SETTLE_SECONDS);

    return db_query(op, &SQL_ERASURE_SETTLE,
                    ARGS({"erasure_id", p->erasure_id}, {"settle_seconds", seconds},
                         {"seconds", sql_i64(op, WAIT_SECONDS)}),
                    &rows);
}

static bool wait_for_calls(struct op *op, const struct person *p)
{
    struct rows rows;

    return db_query(op, &SQL_ERASURE_WAITS,
                    ARGS({"erasure_id", p->erasure_id}, {"seconds", sql_i64(op, WAIT_SECONDS)}),
                    &rows);
}

static bool go_on(struct op *op, const struct person *p)
{
    const struct arg *person = person_args(op, p);
    bool live;

    if (!call_off(op, person, &live))
        return false;
    if (live)
        return wait_for_calls(op, p);
    return forget(op, p, person) && audit_forget(op, p->e164, p->leads)
           && request_key_forget(op, p->e164, p->leads) && settle(op, p);
}

static bool open(struct op *op, const struct erasure *e, struct person *p)
{
    struct rows opened, key, suppressed, hidden;
    const struct arg *args = ARGS({"e164", p->e164}, {"leads", p->leads}, {"reason", e->reason},
                                  {"asked_by", asker_names[e->asked_by]});

    if (!db_ask(op,
                (const struct ask[]){{&SQL_SUPPRESSION_KEY, new_key(op), &key},
                                     {&SQL_ERASURE_OPEN, args, &opened}},
                2))
        return false;
    p->erasure_id = db_text(&opened, 0, "id");
    const struct arg *person = person_args(op, p);
    return db_ask(op,
                  (const struct ask[]){{&SQL_ERASURE_SUPPRESS, person, &suppressed},
                                       {&SQL_ERASURE_HIDE_LEADS, person, &hidden}},
                  2);
}

static bool erase(struct op *op, const char *e164, struct erasure *e)
{
    struct person p = {.e164 = e164, .expired = e->asked_by == ERASURE_BY_RETENTION};
    struct rows leads;

    if (!db_begin(op) || !db_query(op, &SQL_ERASURE_LEADS, ARGS({"e164", e164}), &leads))
        return false;
    p.leads = db_text(&leads, 0, "ids");
    if (!lock_all(op, person_args(op, &p), e164) || !open(op, e, &p) || !go_on(op, &p)
        || !db_commit(op) || !erasure_get(op, strtoll(p.erasure_id, NULL, 10), e))
        return false;
    metric_add(M_ERASURES, 1, LABELS("asked"));
    log_info(op, "person.erased", F("erasure_id", e->id), F("status", status_names[e->status]),
             F("leads", e->leads));
    return true;
}

static bool check(struct op *op, const struct erasure *e)
{
    const char *wrong =
        field_check_text(type_field(&erasure_type, STR("reason")), str_of(e->reason));

    if (!wrong)
        return true;
    err_detail(op, "reason", wrong);
    return fail(op, E_VALIDATION_ERROR, "Request validation failed");
}

bool erasure_of_lead(struct op *op, int64_t lead_id, struct erasure *e)
{
    struct rows lead;

    if (!check(op, e)
        || !db_query(op, &SQL_ERASURE_LEAD, ARGS({"lead_id", sql_i64(op, lead_id)}), &lead))
        return false;
    if (lead.n == 0)
        return fail(op, E_LEAD_NOT_FOUND, "Lead with ID %" PRId64 " not found", lead_id);
    if (db_text(&lead, 0, "erasure_id"))
        return erasure_get(op, db_i64(&lead, 0, "erasure_id"), e);
    return erase(op, db_text(&lead, 0, "phone"), e);
}

bool erasure_of_number(struct op *op, const char *e164, struct erasure *e)
{
    const char *wrong = e164_complaint(e164);
    struct rows known;

    if (wrong) {
        err_detail(op, "number", wrong);
        return fail(op, E_VALIDATION_ERROR, "Request validation failed");
    }
    if (!check(op, e) || !db_query(op, &SQL_ERASURE_KNOWN, ARGS({"e164", e164}), &known))
        return false;
    return known.n ? erasure_get(op, db_i64(&known, 0, "erasure_id"), e) : erase(op, e164, e);
}

bool erasure_get(struct op *op, int64_t id, struct erasure *out)
{
    struct rows rows;

    if (!db_query(op, &SQL_ERASURE_GET, ARGS({"erasure_id", sql_i64(op, id)}), &rows))
        return false;
    if (rows.n == 0)
        return fail(op, E_RESOURCE_NOT_FOUND, "Erasure with ID %" PRId64 " not found", id);
    return from_row(op, &rows, 0, &erasure_type, out);
}

/* ---- a worker's share ---------------------------------------------------- */

static bool resume(struct op *op, const struct rows *due, int i)
{
    const char *erasure_id = db_text(due, i, "id");
    struct person p = {.erasure_id = erasure_id};
    struct rows taken;

    if (!db_begin(op) || !db_query(op, &SQL_ERASURE_TAKE, ARGS({"erasure_id", erasure_id}), &taken))
        return false;
    if (taken.n == 0) {
        db_rollback(op);
        return true;
    }
    p.e164 = db_text(&taken, 0, "number");
    p.leads = db_text(&taken, 0, "leads");
    p.expired = db_bool(&taken, 0, "expired");
    return lock_all(op, person_args(op, &p), p.e164) && go_on(op, &p) && db_commit(op);
}

/* What is not there any more is deleted. */
static bool delete_there(struct op *op, const char *account, const char *provider_call_id)
{
    const struct provider *p;

    if (!workspace_of(op, account, &p))
        return false;
    db_release(op);
    return p->delete_call(op, p, provider_call_id);
}

static bool delete_copy(struct op *op, const struct rows *copies, int i)
{
    const char *provider_call_id = db_text(copies, i, "provider_call_id");
    const struct provider *p = op->app->provider;
    struct rows rows;
    const char *problem = NULL;

    if (!delete_there(op, db_text(copies, i, "account"), provider_call_id)) {
        problem = op->err.code == E_RESOURCE_NOT_FOUND ? NULL : err_name(op->err.code);
        if (problem)
            log_failure(op, "erasure.copy_stays");
        op_forgive(op);
    }
    metric_add(M_ERASURES, 1, LABELS(problem ? "copy_failed" : "copy_deleted"));
    return db_query(op, problem ? &SQL_COPY_FAILED : &SQL_COPY_DELETED,
                    problem ? ARGS({"provider", p->name}, {"provider_call_id", provider_call_id},
                                   {"problem", problem})
                            : ARGS({"provider", p->name}, {"provider_call_id", provider_call_id}),
                    &rows);
}

/* One that fails leaves the others their turn. */
static void apart(struct op *op, bool (*work)(struct op *, const struct rows *, int),
                  const struct rows *rows, int i)
{
    struct op part = op_part(op);

    part.tenant_id = db_i64(rows, i, "tenant_id");
    if (!work(&part, rows, i))
        log_failure(&part, "erasure.failed");
    op_end(&part);
}

bool erasures_go_on(struct op *op, int *looked)
{
    struct rows due, copies = {0};

    if (!db_query(op, &SQL_ERASURES_DUE, NO_ARGS, &due)
        || (op->app->provider
            && !db_query(op, &SQL_COPIES_TAKE, ARGS({"provider", op->app->provider->name}),
                         &copies)))
        return false;
    db_release(op);
    for (int i = 0; i < due.n; i++)
        apart(op, resume, &due, i);
    for (int i = 0; i < copies.n; i++)
        apart(op, delete_copy, &copies, i);
    *looked = due.n + copies.n;
    return true;
}
