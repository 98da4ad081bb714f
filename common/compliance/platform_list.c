/* platform_list.c - everybody's do-not-call entries as rows. */

#include "common/compliance/platform_list.h"

#include "common/base/log.h"
#include "common/number/e164.h"
#include "common/store/db.h"
#include "queries.h"

static const struct field platform_entry_fields[] = {
    FIELD(struct platform_entry, e164, .flags = F_REQUIRED, .max = 16, .check = e164_complaint),
    FIELD_ENUM(struct platform_entry, source, dnc_source_names, .flags = F_NOT_NULL),
    FIELD(struct platform_entry, reason, .flags = F_REQUIRED, .max = 500),
    FIELD(struct platform_entry, created_at, .flags = F_READONLY),
};
const struct type platform_entry_type = TYPE(struct platform_entry, platform_entry_fields);

static bool check(struct op *op, const char *e164, const char *reason)
{
    const char *wrong = e164_complaint(e164);

    if (wrong)
        err_detail(op, "e164", wrong);
    if (!reason || !*reason)
        err_detail(op, "reason", "is required");
    return (!wrong && reason && *reason)
           || fail(op, E_VALIDATION_ERROR, "The number or the reason is not as it should be");
}

bool platform_list_add(struct op *op, struct platform_entry *e)
{
    struct rows locked;

    if (!check(op, e->e164, e->reason) || !db_begin(op)
        || !db_query(op, &SQL_PLATFORM_DNC_LOCK, NO_ARGS, &locked)
        || !db_store(op, &SQL_PLATFORM_DNC_ADD, &platform_entry_type, e) || !db_commit(op))
        return false;
    log_info(op, "platform_list.added", P("e164", e->e164), F("reason", e->reason));
    return true;
}

bool platform_list_remove(struct op *op, const char *e164, const char *reason)
{
    struct rows rows;

    if (!check(op, e164, reason)
        || !db_query(op, &SQL_PLATFORM_DNC_REMOVE, ARGS({"e164", e164}, {"removed_reason", reason}),
                     &rows))
        return false;
    if (rows.affected == 0)
        return fail(op, E_DNC_ENTRY_NOT_FOUND, "The number is not on the platform's list");
    log_info(op, "platform_list.removed", P("e164", e164), F("reason", reason));
    return true;
}

bool platform_list_page(struct op *op, const char *after, int limit, struct platform_entry **out,
                        int *n)
{
    struct rows rows;

    if (!db_query(op, &SQL_PLATFORM_DNC_LIST, ARGS({"after", after}, {"limit", sql_i64(op, limit)}),
                  &rows))
        return false;
    *n = rows.n;
    return (*out = from_rows(op, &rows, &platform_entry_type)) != NULL;
}
