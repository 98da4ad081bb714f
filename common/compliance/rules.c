/* rules.c - country rules in and out of the database. */

#include "common/compliance/rules.h"

#include "common/base/tz.h"
#include "common/compliance/quiet_hours.h"
#include "common/number/country.h"
#include "common/store/db.h"
#include "queries.h"

const char *quiet_hours_complaint(const char *s)
{
    struct quiet_window ignored;

    return quiet_parse(str_of(s), &ignored);
}

const char *timezone_complaint(const char *s)
{
    return tz_valid(s) ? NULL : "must be an IANA time zone, e.g. \"Europe/Rome\"";
}

static const struct field country_rule_fields[] = {
    FIELD(struct country_rule, id, .flags = F_READONLY),
    FIELD(struct country_rule, country_iso, .flags = F_REQUIRED, .check = country_complaint),
    FIELD(struct country_rule, enabled, .flags = F_NOT_NULL),
    FIELD(struct country_rule, require_disclosure, .flags = F_NOT_NULL),
    FIELD(struct country_rule, disclosure_text, .max = 4000),
    FIELD(struct country_rule, require_explicit_consent, .flags = F_NOT_NULL),
    FIELD(struct country_rule, dnc_registry_enabled, .flags = F_NOT_NULL),
    FIELD(struct country_rule, dnc_registry_name, .max = 64),
    FIELD(struct country_rule, dnc_check_required, .flags = F_NOT_NULL),
    FIELD(struct country_rule, quiet_hours_enabled, .flags = F_NOT_NULL),
    FIELD(struct country_rule, quiet_hours, .max = 16, .check = quiet_hours_complaint),
    FIELD(struct country_rule, timezone, .max = 64, .check = timezone_complaint),
    FIELD(struct country_rule, require_recording_consent, .flags = F_NOT_NULL),
    FIELD(struct country_rule, recording_disclosure_text, .max = 4000),
    FIELD(struct country_rule, gdpr_applicable, .flags = F_NOT_NULL),
    FIELD(struct country_rule, data_retention_days, .min = 1, .max = 36500),
    FIELD(struct country_rule, metadata, .flags = F_OBJECT, .max = 16384),
    FIELD(struct country_rule, created_at, .flags = F_READONLY),
    FIELD(struct country_rule, updated_at, .flags = F_READONLY),
};
const struct type country_rule_type = TYPE(struct country_rule, country_rule_fields);

static const struct field rule_in_force_fields[] = {
    FIELD(struct rule_in_force, platform, .flags = 0),
    FIELD(struct rule_in_force, country_iso, .flags = 0),
    FIELD(struct rule_in_force, id, .flags = 0),
    FIELD(struct rule_in_force, enabled, .flags = 0),
    FIELD(struct rule_in_force, require_disclosure, .flags = 0),
    FIELD(struct rule_in_force, disclosure_text, .flags = 0),
    FIELD(struct rule_in_force, require_explicit_consent, .flags = 0),
    FIELD(struct rule_in_force, dnc_registry_enabled, .flags = 0),
    FIELD(struct rule_in_force, dnc_check_required, .flags = 0),
    FIELD(struct rule_in_force, quiet_hours_enabled, .flags = 0),
    FIELD(struct rule_in_force, quiet_hours, .flags = 0),
    FIELD(struct rule_in_force, zones, .flags = 0),
};
static const struct type rule_in_force_type = TYPE(struct rule_in_force, rule_in_force_fields);

const struct arg *rules_args(struct op *op, const char *countries, struct tstamp at)
{
    struct arg *args = arena_alloc(&op->arena, 3 * sizeof(*args));

    args[0] = (struct arg){"countries", countries};
    args[1] = (struct arg){"at", sql_tstamp(op, at)};
    args[2] = (struct arg){0};
    return args;
}

bool rules_from_rows(struct op *op, struct rows *rows, struct country_rules *out)
{
    out->n = rows->n;
    return (out->items = from_rows(op, rows, &rule_in_force_type)) != NULL;
}

bool rules_in_force(struct op *op, const char *countries, struct tstamp at,
                    struct country_rules *out)
{
    struct rows rows;

    return db_query(op, &SQL_RULES_IN_FORCE, rules_args(op, countries, at), &rows)
           && rules_from_rows(op, &rows, out);
}

bool rule_list(struct op *op, const char *country_iso, struct country_rule **out, int *n)
{
    struct rows rows;

    if (!db_query(op, &SQL_RULE_LIST, ARGS({"country_iso", country_iso}), &rows))
        return false;
    *n = rows.n;
    return (*out = from_rows(op, &rows, &country_rule_type)) != NULL;
}

/* What no single field can say: a window that is switched on must be readable. */
static bool check_whole(struct op *op, const struct country_rule *r)
{
    if (!r->quiet_hours_enabled)
        return true;
    if (!r->quiet_hours)
        err_detail(op, "quiet_hours", "is required while quiet_hours_enabled is true");
    if (!r->timezone)
        err_detail(op, "timezone", "is required while quiet_hours_enabled is true");
    return !op->err.details || fail(op, E_VALIDATION_ERROR, "Request validation failed");
}

bool rule_put(struct op *op, struct country_rule *r)
{
    struct rows rows;

    return check_whole(op, r) && db_begin(op)
           && db_query(op, &SQL_RULE_SUPERSEDE, ARGS({"country_iso", r->country_iso}), &rows)
           && db_store(op, &SQL_RULE_INSERT, &country_rule_type, r) && db_commit(op);
}
