/*
 * test_wall_statements.c - no statement of a tenant's depends on another tenant's rows, also
 * without the wall; and each of its conditions on the tenant is missed when it is taken out.
 */

#include "queries.h"
#include "tests/support/check.h"
#include "tests/support/twins.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static struct twins *twins;

static int open_twins(void **state)
{
    (void)state;
    twins = twins_open();
    return 0;
}

static int close_twins(void **state)
{
    (void)state;
    twins_close(twins);
    return 0;
}

static void no_statement_of_a_tenant_depends_on_another(void **state)
{
    int tried = 0, failed = 0, never_ran = 0, ran;

    (void)state;
    for (const struct query *const *q = all_queries; *q; q++) {
        if ((*q)->reach == REACH_PLATFORM)
            continue;
        tried++;
        if (twins_differ(twins, *q, (*q)->sql, &ran)) {
            print_error("%s: %s\n", (*q)->name, twins_difference(twins));
            failed++;
        }
        if (!ran) {
            print_error("%s never ran: %s\n", (*q)->name, twins_difference(twins));
            never_ran++;
        }
    }
    print_message("%d statements\n", tried);
    assert_int_equal(failed, 0);
    assert_int_equal(never_ran, 0);
}

/* ---- mutants ------------------------------------------------------------- */

/* One condition on the tenant within a query's text: "x.tenant_id = $1", "tenant_id = y.tenant_id".
 */
struct condition {
    size_t at, n;
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '$';
}

static int tenant_param(const struct query *q)
{
    for (int i = 0; q->params[i]; i++)
        if (strcmp(q->params[i], "tenant_id") == 0)
            return i + 1;
    return 0;
}

/* Is the word at p the tenant: $1, tenant_id, or x.tenant_id? */
static size_t tenant_word(const char *p, int param)
{
    char dollar[8];
    size_t n = 0;

    while (is_word(p[n]))
        n++;
    snprintf(dollar, sizeof(dollar), "$%d", param);
    if (n == strlen(dollar) && strncmp(p, dollar, n) == 0)
        return n;
    return n >= 9 && strncmp(p + n - 9, "tenant_id", 9) == 0 && (n == 9 || p[n - 10] == '.') ? n
                                                                                             : 0;
}

/* The next from *from on. */
static bool next_condition(const struct query *q, size_t *from, struct condition *out)
{
    int param = tenant_param(q);

    for (const char *eq; (eq = strstr(q->sql + *from, " = "));) {
        size_t left = (size_t)(eq - q->sql), right = left + 3, n = tenant_word(eq + 3, param);

        *from = right;
        if (n == 0)
            continue;
        if (q->sql[left - 1] == ')')
            while (q->sql[--left] != '(')
                ;
        while (left > 0 && is_word(q->sql[left - 1]))
            left--;
        *out = (struct condition){left, right + n - left};
        return true;
    }
    return false;
}

/*
 * Conditions that stand twice: another of the same statement holds alone.  Those that are taken out
 * together are missed; for the others there is no row that could tell.
 */
static const struct spare {
    const char *query, *which; /* by their places in the text */
    bool together;
} spares[] = {
    {"campaign_stats", "3", false},        /* the rows are the tenant's, whosever execution */
    {"execution_take", "1", false},        /* some tenant is active: the one that asks is */
    {"check_page", "1", false},            /* checks_found() knows the tenant */
    {"suspect_begin", "1", false},         /* the row was read as the tenant's */
    {"dnc_import_delete", "0", false},     /* the ids are the tenant's */
    {"dnc_import_close_next", "1", false}, /* the piece is the tenant's */
    {"forget_calls", "012", true},         /* found, then written */
    {"erasure_settle", "01", true},        /* read, then written */
    {"leaving_lists", "01", true},         /* chosen, then deleted */
    {"leaving_lists", "3", false},         /* a number and registry of the tenant's own */
    {"leaving_lists", "5", false},         /* a principal and key of the tenant's own */
    {"leaving_lists", "67", true},         /* chosen, then emptied */
    {"lead_count", "1", false},            /* asked with another filter here; lead_list has it */
};

static bool is_spare(const char *query, int place)
{
    for (size_t i = 0; i < ARRAY_LEN(spares); i++)
        if (strcmp(spares[i].query, query) == 0 && strchr(spares[i].which, '0' + place))
            return true;
    return false;
}

/* The text of a query without those of its conditions that are in which (digits). */
static char *without(const struct query *q, const char *which)
{
    struct condition c;
    struct buf text = {0};
    size_t from = 0, copied = 0;

    for (int i = 0; next_condition(q, &from, &c); i++)
        if (strchr(which, '0' + i)) {
            buf_add(&text, q->sql + copied, c.at - copied);
            buf_printf(&text, "($%d::bigint IS NOT NULL)", tenant_param(q));
            copied = c.at + c.n;
        }
    buf_str(&text, q->sql + copied);
    char *copy = strdup(text.p);
    buf_free(&text);
    return copy;
}

static bool missed(const struct query *q, const char *which)
{
    char *text = without(q, which);
    int ran;
    bool differ = twins_differ(twins, q, text, &ran);

    free(text);
    return differ;
}

static bool has_conditions(const struct query *q)
{
    return q->reach != REACH_PLATFORM && tenant_param(q);
}

static void every_condition_on_the_tenant_is_missed(void **state)
{
    int made = 0, wrong = 0;

    (void)state;
    for (const struct query *const *q = all_queries; *q; q++) {
        struct condition c;
        size_t from = 0;

        if (!has_conditions(*q))
            continue;
        for (int i = 0; next_condition(*q, &from, &c); i++, made++) {
            const char which[] = {(char)('0' + i), '\0'};

            if (missed(*q, which) != is_spare((*q)->name, i))
                continue;
            print_error("%s %d: %.*s\n", (*q)->name, i, (int)c.n, (*q)->sql + c.at);
            wrong++;
        }
    }
    print_message("%d conditions\n", made);
    assert_true(made > 200);
    assert_int_equal(wrong, 0);
}

static void conditions_that_stand_twice_are_missed_together(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(spares); i++)
        for (const struct query *const *q = all_queries; *q; q++)
            if (spares[i].together && strcmp((*q)->name, spares[i].query) == 0
                && !missed(*q, spares[i].which))
                fail_msg("%s is not missed", spares[i].query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_statement_of_a_tenant_depends_on_another),
        cmocka_unit_test(every_condition_on_the_tenant_is_missed),
        cmocka_unit_test(conditions_that_stand_twice_are_missed_together),
    };
    return cmocka_run_group_tests_name("wall statements", tests, open_twins, close_twins);
}
