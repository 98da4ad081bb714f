/* rule_versions.c - the versions of a country's rules: listed, and the tenant's next one. */

#include "common/compliance/rule_form.h"
#include "common/compliance/rules.h"

#include "common/store/db.h"
#include "queries.h"

bool rule_list(struct op *op, const char *as_of, const char *country_iso, struct country_rule **out,
               int *n)
{
    struct rows rows;

    if (!db_query(op, &SQL_RULE_LIST, ARGS({"as_of", as_of}, {"country_iso", country_iso}), &rows))
        return false;
    *n = rows.n;
    return (*out = from_rows(op, &rows, &country_rule_type)) != NULL;
}

bool rule_versions(struct op *op, const char *country_iso, struct country_rule **out, int *n)
{
    struct rows rows;

    if (!db_query(op, &SQL_RULE_VERSIONS, ARGS({"country_iso", country_iso}), &rows))
        return false;
    *n = rows.n;
    return (*out = from_rows(op, &rows, &country_rule_type)) != NULL;
}

/* A day that was complained about stands for none: the rest can still be looked at. */
static const struct arg *period_args(struct op *op, const struct country_rule *r)
{
    const struct arg args[] = {{"country_iso", r->country_iso},
                               {"timezone", r->timezone},
                               {"effective_from", r->effective_from},
                               {"effective_to", r->effective_to},
                               {0}};

    return memcpy(arena_alloc(&op->arena, sizeof(args)), args, sizeof(args));
}

/* Under the lock: when does it begin, and is that possible? */
static bool check_period(struct op *op, struct country_rule *r, const char **today, bool *overlaps)
{
    struct rows locked, period;

    if (!db_ask(
            op,
            (const struct ask[]){{&SQL_RULE_LOCK, ARGS({"country_iso", r->country_iso}), &locked},
                                 {&SQL_RULE_PERIOD, period_args(op, r), &period}},
            2))
        return false;
    const char *other = db_text(&period, 0, "overlaps");
    r->effective_from = db_text(&period, 0, "effective_from");
    *today = db_text(&period, 0, "today");
    if (db_bool(&period, 0, "past")) {
        err_detail(op, "effective_from", "must be today or later");
        r->effective_from = *today;
    }
    if (r->effective_to && strcmp(r->effective_to, r->effective_from) < 0)
        err_detail(op, "effective_to", "must not be before effective_from");
    *overlaps = other && !db_bool(&period, 0, "past");
    if (other)
        err_detail(op, "effective_from",
                   arena_printf(&op->arena, "RULE_OVERLAPS: version %s", other));
    return true;
}

/* The laws beside which it will stand on its first day. */
static bool check_loosening(struct op *op, const struct country_rule *r)
{
    struct country_rules laws;
    struct tstamp noon;

    if (!tstamp_parse(str_of(arena_printf(&op->arena, "%sT12:00:00Z", r->effective_from)), &noon)
        || !rules_in_force(op, arena_printf(&op->arena, "{%s}", r->country_iso), noon, &laws))
        return false;
    for (int i = 0; i < laws.n; i++)
        if (laws.items[i].platform)
            rule_loosening_complaints(op, r, laws.items[i].law);
    return true;
}

/* What was found before goes on as part of one answer. */
static bool answer(struct op *op, bool refused, bool overlaps)
{
    struct detail *found = op->err.details;

    if (!found && !refused)
        return true;
    if (overlaps && !refused && !found->next)
        return fail(op, E_RULE_OVERLAPS, "Another version holds some of these days");
    return fail(op, E_VALIDATION_ERROR, "Request validation failed");
}

/* The form's complaints are set aside while the database is asked. */
static bool check_all(struct op *op, struct country_rule *r, const char **today)
{
    bool refused = op->err.code != E_NONE, overlaps = false;
    struct detail *found = op->err.details;

    op_forgive(op);
    op->err.details = found;
    rule_form_complaints(op, r);
    if (r->country_iso && (!check_period(op, r, today, &overlaps) || !check_loosening(op, r)))
        return false;
    return answer(op, refused, overlaps);
}

bool rule_put(struct op *op, struct country_rule *r)
{
    const char *today = NULL;
    struct rows rows;

    return db_begin(op) && check_all(op, r, &today)
           && db_query(op, &SQL_RULE_SUPERSEDE,
                       ARGS({"country_iso", r->country_iso}, {"effective_from", r->effective_from},
                            {"today", today}),
                       &rows)
           && db_store(op, &SQL_RULE_INSERT, &country_rule_type, r) && db_commit(op);
}
