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
        while (left > 0 && is_word(q->sql[left - 1]))
            left--;
        *out = (struct condition){left, right + n - left};
        return true;
    }
    return false;
}

static char *without(const struct query *q, const struct condition *c)
{
    char *text;

    if (asprintf(&text, "%.*s($%d::bigint IS NOT NULL)%s", (int)c->at, q->sql, tenant_param(q),
                 q->sql + c->at + c->n)
        < 0)
        abort();
    return text;
}

static void every_condition_on_the_tenant_is_missed(void **state)
{
    int made = 0, survived = 0, ran;

    (void)state;
    for (const struct query *const *q = all_queries; *q; q++) {
        struct condition c;
        size_t from = 0;

        if ((*q)->reach == REACH_PLATFORM || !tenant_param(*q))
            continue;
        for (int i = 0; next_condition(*q, &from, &c); i++) {
            char *text = without(*q, &c);

            made++;
            if (!twins_differ(twins, *q, text, &ran)) {
                survived++;
                print_error("%s %d: %.*s (ran %d)\n", (*q)->name, i, (int)c.n, (*q)->sql + c.at,
                            ran);
            }
            free(text);
        }
    }
    print_message("%d mutants, %d survived\n", made, survived);
    assert_int_equal(survived, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_statement_of_a_tenant_depends_on_another),
        cmocka_unit_test(every_condition_on_the_tenant_is_missed),
    };
    return cmocka_run_group_tests_name("wall statements", tests, open_twins, close_twins);
}
