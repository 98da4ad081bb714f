/* generation_columns.c - one array for each column: PostgreSQL unnests them into rows. */

#include "common/campaign/generation_columns.h"

#include "common/compliance/record.h"

#include <stdio.h>

enum { SC_LEAD, SC_PHONE, SC_AT, SC_REASON, SC_COLUMNS };
static const char *const schedule_names[SC_COLUMNS] = {"lead_ids", "phones", "scheduled_ats",
                                                       "reasons"};

/* Of the refused. */
enum {
    CK_LEAD,
    CK_COUNTRY,
    CK_DNC,
    CK_QUIET,
    CK_CONSENT,
    CK_DISCLOSURE,
    CK_REASON,
    CK_CODE,
    CK_CODES,
    CK_WARNINGS,
    CK_PLATFORM_RULE,
    CK_TENANT_RULE,
    CK_RECORD,
    CK_SALT,
    CK_PERSONAL,
    CK_COLUMNS
};
static const char *const check_columns[CK_COLUMNS] = {"refused_ids",
                                                      "countries",
                                                      "dncs",
                                                      "quiets",
                                                      "consents",
                                                      "disclosures",
                                                      "rejection_reasons",
                                                      "rejection_codes",
                                                      "codes",
                                                      "warnings",
                                                      "platform_rule_ids",
                                                      "country_rule_ids",
                                                      "records",
                                                      "salts",
                                                      "personals"};

struct generation_columns {
    struct sql_array schedule[SC_COLUMNS], checks[CK_COLUMNS];
};

static void free_columns(void *p)
{
    struct generation_columns *c = p;

    for (int i = 0; i < SC_COLUMNS; i++)
        sql_array_free(&c->schedule[i]);
    for (int i = 0; i < CK_COLUMNS; i++)
        sql_array_free(&c->checks[i]);
}

struct generation_columns *generation_columns_new(struct op *op)
{
    struct generation_columns *c = ARENA_NEW(&op->arena, struct generation_columns);

    arena_defer(&op->arena, free_columns, c);
    return c;
}

void generation_columns_clear(struct generation_columns *c)
{
    for (int i = 0; i < SC_COLUMNS; i++)
        sql_array_reset(&c->schedule[i]);
    for (int i = 0; i < CK_COLUMNS; i++)
        sql_array_reset(&c->checks[i]);
}

static void add_names(struct sql_array *column, uint64_t bits, unsigned count,
                      const char *(*name)(unsigned bit))
{
    char text[1536];
    size_t n = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < count; i++)
        if (bits & CODE_BIT(i))
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? " " : "", name(i));
    sql_array_add(column, text);
}

static const char *code_name(unsigned bit)
{
    return compliance_code_name((enum compliance_code)bit);
}

static const char *warning_name(unsigned bit)
{
    return compliance_warning_name((enum compliance_warning)bit);
}

static void add_id(struct sql_array *column, int64_t id)
{
    if (id)
        sql_array_add_i64(column, id);
    else
        sql_array_add(column, NULL);
}

static void add_check(struct op *op, struct sql_array *checks, int64_t lead_id,
                      const struct compliance_answer *a)
{
    const struct compliance_verdict *v = &a->verdict;
    const struct decision_record r = decision_record(op, a->facts, v);

    sql_array_add_i64(&checks[CK_LEAD], lead_id);
    sql_array_add(&checks[CK_COUNTRY], a->country_iso);
    sql_array_add(&checks[CK_DNC], check_names[v->dnc]);
    sql_array_add(&checks[CK_QUIET], check_names[v->quiet_hours]);
    sql_array_add(&checks[CK_CONSENT], check_names[v->consent]);
    sql_array_add(&checks[CK_DISCLOSURE], check_names[v->disclosure]);
    sql_array_add(&checks[CK_REASON], compliance_code_reason(v->code));
    sql_array_add(&checks[CK_CODE], compliance_code_name(v->code));
    add_names(&checks[CK_CODES], v->codes, CC_COUNT, code_name);
    add_names(&checks[CK_WARNINGS], v->warnings, CW_COUNT, warning_name);
    add_id(&checks[CK_PLATFORM_RULE], a->platform_rule_id);
    add_id(&checks[CK_TENANT_RULE], a->tenant_rule_id);
    sql_array_add(&checks[CK_RECORD], r.record);
    sql_array_add(&checks[CK_SALT], r.salt);
    sql_array_add(&checks[CK_PERSONAL], r.personal);
}

void generation_columns_add(struct op *op, struct generation_columns *c,
                            const struct generation_basis *b, const struct rows *leads, int i,
                            const struct compliance_answer *a)
{
    int64_t id = db_i64(leads, i, "id");
    struct tstamp at = generation_when(b, &a->verdict);
    struct buf text = {0};

    sql_array_add_i64(&c->schedule[SC_LEAD], id);
    sql_array_add(&c->schedule[SC_PHONE], db_text(leads, i, "phone"));
    if (at.us)
        tstamp_write(&text, at);
    sql_array_add(&c->schedule[SC_AT], at.us ? text.p : NULL);
    buf_free(&text);
    sql_array_add(
        &c->schedule[SC_REASON],
        compliance_code_name(at.us ? a->verdict.code : compliance_final_code(&a->verdict)));
    if (!at.us)
        add_check(op, c->checks, id, a);
}

static size_t count(const struct arg *args)
{
    size_t n = 0;

    while (args[n].name)
        n++;
    return n;
}

const struct arg *generation_columns_args(struct op *op, struct generation_columns *c,
                                          const struct arg *common)
{
    size_t n = count(common) + 1;
    struct arg *args = arena_alloc(&op->arena, (n + SC_COLUMNS + CK_COLUMNS) * sizeof(*args));
    struct arg *next = args;

    for (int i = 0; i < SC_COLUMNS; i++)
        *next++ = (struct arg){schedule_names[i], sql_array_close(&c->schedule[i])};
    for (int i = 0; i < CK_COLUMNS; i++)
        *next++ = (struct arg){check_columns[i], sql_array_close(&c->checks[i])};
    memcpy(next, common, n * sizeof(*common));
    return args;
}
