/* rules.c - country rules in and out of the database. */

#include "common/compliance/rules.h"

#include "common/base/tz.h"
#include "common/compliance/law_cache.h"
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

const char *day_complaint(const char *s)
{
    int32_t ignored;

    return day_parse(s, &ignored) ? NULL : "must be a day such as \"2026-08-11\"";
}

static const struct field country_rule_fields[] = {
    FIELD(struct country_rule, scope, .flags = F_READONLY),
    FIELD(struct country_rule, id, .flags = F_READONLY),
    FIELD(struct country_rule, country_iso, .flags = F_REQUIRED, .check = country_complaint),
    FIELD(struct country_rule, version, .flags = F_READONLY),
    FIELD(struct country_rule, effective_from, .max = 10, .check = day_complaint),
    FIELD(struct country_rule, effective_to, .max = 10, .check = day_complaint),
    FIELD(struct country_rule, superseded_at, .flags = F_READONLY),
    FIELD(struct country_rule, sources, .flags = F_ARRAY, .max = 16384),
    FIELD(struct country_rule, review_required, .flags = F_READONLY),
    FIELD(struct country_rule, extended, .flags = F_OBJECT, .max = 65536),
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

const struct arg *rules_args(struct op *op, const char *countries, struct tstamp at)
{
    struct arg *args = arena_alloc(&op->arena, 3 * sizeof(*args));

    args[0] = (struct arg){"countries", countries};
    args[1] = (struct arg){"at", sql_tstamp(op, at)};
    args[2] = (struct arg){0};
    return args;
}

/* The tenant's documents are few and short: they come with the row. */
static const struct law *law_at_hand(struct op *op, const struct law_row *row,
                                     const struct rule_in_force *rule)
{
    return rule->platform ? law_cache_find(op->app->laws, rule->id, rule->version)
                          : law_parse(op, row);
}

/* The documents of those that nobody has read yet: long, and therefore asked for only once. */
static bool read_documents(struct op *op, const struct law_row *laws, struct country_rules *out)
{
    struct sql_array ids = {0};
    struct rows rows;

    for (int i = 0; i < out->n; i++)
        if (!out->items[i].law)
            sql_array_add_i64(&ids, laws[i].id);
    const char *text = arena_strdup(&op->arena, sql_array_close(&ids));
    sql_array_free(&ids);
    if (!db_query(op, &SQL_RULE_DOCUMENTS, ARGS({"ids", text}), &rows))
        return false;
    for (int r = 0; r < rows.n; r++)
        for (int i = 0; i < out->n; i++) {
            if (out->items[i].law || laws[i].id != db_i64(&rows, r, "id"))
                continue;
            struct law_row row = laws[i];
            row.extended = db_text(&rows, r, "extended");
            out->items[i].law = law_cache_add(op, op->app->laws, &row, out->items[i].version);
        }
    return true;
}

bool rules_from_rows(struct op *op, struct rows *rows, struct country_rules *out)
{
    const struct law_row *laws = from_rows(op, rows, &law_row_type);
    bool missing = false;

    if (!laws)
        return false;
    out->n = rows->n;
    out->items = arena_alloc(&op->arena, (size_t)(rows->n + 1) * sizeof(*out->items));
    for (int i = 0; i < rows->n; i++) {
        struct rule_in_force *rule = &out->items[i];
        *rule = (struct rule_in_force){.platform = db_bool(rows, i, "platform"),
                                       .country_iso = laws[i].country_iso,
                                       .id = laws[i].id,
                                       .version = db_i64(rows, i, "version")};
        rule->law = law_at_hand(op, &laws[i], rule);
        missing |= rule->law == NULL;
    }
    return !missing || read_documents(op, laws, out);
}

bool rules_in_force(struct op *op, const char *countries, struct tstamp at,
                    struct country_rules *out)
{
    struct rows rows;

    return db_query(op, &SQL_RULES_IN_FORCE, rules_args(op, countries, at), &rows)
           && rules_from_rows(op, &rows, out);
}
