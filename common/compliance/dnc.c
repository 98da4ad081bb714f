/* dnc.c - do-not-call entries as rows. */

#include "common/compliance/dnc.h"

#include "common/base/page.h"
#include "common/number/country.h"
#include "common/number/e164.h"
#include "common/number/phone_facts.h"
#include "common/store/db.h"
#include "queries.h"

#include <inttypes.h>

_Static_assert(sizeof(enum dnc_source) == sizeof(int), "FIELD_ENUM stores an int");

const char *const dnc_source_names[] = {"manual", "registry", "opt_out", NULL};

static const struct field dnc_entry_fields[] = {
    FIELD(struct dnc_entry, id, .flags = F_READONLY),
    FIELD(struct dnc_entry, e164, .flags = F_REQUIRED, .max = 16, .check = e164_complaint),
    FIELD_ENUM(struct dnc_entry, source, dnc_source_names, .flags = F_NOT_NULL),
    FIELD(struct dnc_entry, country_iso, .check = country_complaint),
    FIELD(struct dnc_entry, registry, .flags = F_READONLY),
    FIELD(struct dnc_entry, listed_at, .flags = F_READONLY),
    FIELD(struct dnc_entry, created_at, .flags = F_READONLY),
};
const struct type dnc_entry_type = TYPE(struct dnc_entry, dnc_entry_fields);

static const struct field dnc_removal_fields[] = {
    FIELD(struct dnc_removal, reason, .min = 1, .max = 500),
};
const struct type dnc_removal_type = TYPE(struct dnc_removal, dnc_removal_fields);

static const struct field dnc_query_fields[] = {
    FIELD(struct dnc_query, country_iso, .check = country_complaint),
    PAGE_FIELDS(struct dnc_query),
};
const struct type dnc_query_type = TYPE(struct dnc_query, dnc_query_fields);

bool dnc_add(struct op *op, struct dnc_entry *e)
{
    struct rows waiting, locked;
    const struct arg *args = ARGS({"e164", e->e164});

    if (!e->country_iso)
        e->country_iso = phone_country(e->e164);
    if (!db_begin(op)
        || !db_ask(op,
                   (const struct ask[]){{&SQL_WAITING_LOCK, args, &waiting},
                                        {&SQL_DNC_LOCK, args, &locked}},
                   2))
        return false;
    if (db_store(op, &SQL_DNC_INSERT, &dnc_entry_type, e))
        return db_commit(op);
    if (op->err.code == E_ALREADY_EXISTS)
        err_detail(op, "e164", "is already on the list from this source");
    return false;
}

bool dnc_list(struct op *op, const struct dnc_query *q, struct dnc_entry **out, int *n,
              int64_t *total)
{
    struct rows page, count;
    const struct arg *args = ARGS({"country_iso", q->country_iso}, {"limit", sql_i64(op, q->limit)},
                                  {"offset", sql_i64(op, q->offset)});

    if (!db_ask(op,
                (const struct ask[]){{&SQL_DNC_LIST, args, &page}, {&SQL_DNC_COUNT, args, &count}},
                2))
        return false;
    *n = page.n;
    *total = db_i64(&count, 0, "n");
    return (*out = from_rows(op, &page, &dnc_entry_type)) != NULL;
}

bool dnc_remove(struct op *op, int64_t id, const char *reason)
{
    struct rows rows;
    const struct arg *args = ARGS({"id", sql_i64(op, id)}, {"removed_by", op->request_id},
                                  {"reason", reason ? reason : "not given"});

    if (!db_query(op, &SQL_DNC_FIND, args, &rows))
        return false;
    if (rows.n == 0)
        return fail(op, E_DNC_ENTRY_NOT_FOUND, "DNC entry with ID %" PRId64 " not found", id);
    if (strcmp(db_text(&rows, 0, "source"), dnc_source_names[DNC_OPT_OUT]) == 0)
        return fail(op, E_PERMISSION_DENIED,
                    "An opt-out is the person's own: it cannot be removed here");
    return db_query(op, &SQL_DNC_REMOVE, args, &rows);
}
