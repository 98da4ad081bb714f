/* test_seal.c - decisions become ledgers: whole, in order, tenant by tenant, and provable from
 * outside. */

#include "common/ledger/seal.h"

#include "common/ledger/ledger_file.h"
#include "common/store/db.h"
#include "queries.h"
#include "tests/support/check.h"
#include "tests/support/testdb.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* n decisions of a tenant, as a claim leaves them. */
static void decide(struct testdb *db, int64_t tenant, int n)
{
    free(testdb_sql(
        db,
        "INSERT INTO compliance_checks (tenant_id, to_number, country_iso, dnc_check, "
        "quiet_hours_check,"
        " consent_check, disclosure_check, status, scheduled_time, engine_version, tzdata_version,"
        " record, salt, personal)"
        " SELECT %lld, '+393491234567', 'IT', 'passed', 'passed', 'passed', 'passed', 'approved', "
        "now(),"
        " 'test', 'test', format('{\"n\":%%s,\"commitment\":\"%%s\"}', i,"
        "   encode(sha256(decode(repeat('ab', 16), 'hex') || convert_to('{\"to\":' || i || '}', "
        "'UTF8')), 'hex')),"
        " repeat('ab', 16), '{\"to\":' || i || '}' FROM generate_series(1, %d) i",
        (long long)tenant, n));
}

static int seal(struct testdb *db)
{
    int all = 0, n;

    do {
        struct op op = testdb_op(db, 0);
        assert_ok(&op, ledger_seal(&op, &ledger_of_decisions, NULL, &n));
        op_end(&op);
        all += n;
    } while (n);
    return all;
}

/* Export, and read again as a stranger would. */
static struct ledger_check verify(struct testdb *db, int64_t tenant)
{
    struct op op = testdb_op(db, tenant);
    struct ledger_check c = {0};
    char *text = NULL, *rest, *line;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool ok = true;

    assert_ok(&op, ledger_export(&op, &ledger_of_decisions, out));
    fclose(out);
    for (rest = text; ok && (line = strsep(&rest, "\n")) && *line;)
        ok = ledger_check_line(&c, str_of(line));
    if (ok)
        (void)!ledger_check_end(&c);
    free(text);
    op_end(&op);
    return c;
}

static void assert_sound(struct testdb *db, int64_t tenant, int entries)
{
    struct ledger_check c = verify(db, tenant);

    if (c.problem)
        fail_msg("entry %lld: %s", (long long)c.bad, c.problem);
    assert_int_equal(c.entries, entries);
    assert_int_equal(c.opened, entries);
}

static void each_tenants_decisions_are_a_chain_of_their_own(void **state)
{
    struct testdb *db = *state;
    int64_t a = testdb_tenant(db), b = testdb_tenant(db);

    decide(db, a, 1500);
    decide(db, b, 3);
    decide(db, a, 2);
    assert_int_equal(seal(db), 1505);
    assert_sound(db, a, 1502);
    assert_sound(db, b, 3);
    decide(db, b, 4);
    assert_int_equal(seal(db), 4);
    assert_int_equal(seal(db), 0);
    assert_sound(db, b, 7);
}

static void a_tenant_without_decisions_has_an_empty_ledger(void **state)
{
    struct testdb *db = *state;

    assert_sound(db, testdb_tenant(db), 0);
}

/* Somebody with a smaller number commits after somebody with a larger one was sealed, or was not.
 */
/* An older transaction that still runs may hold decisions that belong before these. */
static void nothing_is_sealed_while_something_may_still_commit_ahead_of_it(void **state)
{
    struct testdb *db = *state;
    int64_t tenant = testdb_tenant(db);
    struct op slow = testdb_op(db, tenant);
    struct rows rows;

    assert_ok(&slow, db_begin(&slow)
                         && db_query(&slow, &SQL_DNC_INSERT,
                                     ARGS({"e164", "+393491234567"}, {"source", "manual"},
                                          {"country_iso", NULL}),
                                     &rows));
    decide(db, tenant, 5);
    assert_int_equal(seal(db), 0);
    assert_ok(&slow, db_commit(&slow));
    op_end(&slow);
    assert_int_equal(seal(db), 5);
    assert_sound(db, tenant, 5);
}

static void *seal_patiently(void *ctx)
{
    struct testdb *db = ctx;
    int64_t rounds = 0;

    for (int n; rounds < 40; rounds++) {
        struct op op = testdb_op(db, 0);
        assert_ok(&op, ledger_seal(&op, &ledger_of_decisions, NULL, &n));
        op_end(&op);
    }
    return NULL;
}

static void sealers_at_once_make_one_chain(void **state)
{
    struct testdb *db = *state;
    int64_t tenant = testdb_tenant(db);
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, seal_patiently, db);
    for (int i = 0; i < 20; i++)
        decide(db, tenant, 100);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    seal(db);
    assert_sound(db, tenant, 2000);
}

static void what_was_changed_in_the_database_is_found_at_its_entry(void **state)
{
    struct testdb *db = *state;
    int64_t tenant = testdb_tenant(db);

    decide(db, tenant, 20);
    seal(db);
    free(testdb_sql(db,
                    "SET session_replication_role = replica;"
                    "UPDATE compliance_checks SET record = replace(record, '\"n\":9', '\"n\":8')"
                    " WHERE id = (SELECT check_id FROM ledger_entries WHERE seq = 9)"));
    assert_int_equal(verify(db, tenant).bad, 9);
    free(testdb_sql(db, "SET session_replication_role = replica;"
                        "DELETE FROM compliance_checks"
                        " WHERE id = (SELECT check_id FROM ledger_entries WHERE seq = 4)"));
    assert_int_equal(verify(db, tenant).bad, 4);
}

static void a_decision_cannot_be_changed_only_made_to_forget_the_person(void **state)
{
    struct testdb *db = *state;
    int64_t tenant = testdb_tenant(db);

    decide(db, tenant, 3);
    seal(db);
    free(testdb_sql(db, "DO $$ BEGIN UPDATE compliance_checks SET status = 'rejected';"
                        " EXCEPTION WHEN restrict_violation THEN NULL; END $$;"
                        "DO $$ BEGIN DELETE FROM ledger_entries;"
                        " EXCEPTION WHEN restrict_violation THEN NULL; END $$"));
    assert_sound(db, tenant, 3);
    free(testdb_sql(
        db, "UPDATE compliance_checks SET personal = NULL, salt = NULL, to_number = 'erased'"
            " WHERE id = (SELECT check_id FROM ledger_entries WHERE seq = 2)"));
    struct ledger_check c = verify(db, tenant);
    assert_null(c.problem);
    assert_int_equal(c.entries, 3);
    assert_int_equal(c.opened, 2);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, testdb_setup, testdb_teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_tenants_decisions_are_a_chain_of_their_own),
        TEST(a_tenant_without_decisions_has_an_empty_ledger),
        TEST(nothing_is_sealed_while_something_may_still_commit_ahead_of_it),
        TEST(sealers_at_once_make_one_chain),
        TEST(what_was_changed_in_the_database_is_found_at_its_entry),
        TEST(a_decision_cannot_be_changed_only_made_to_forget_the_person),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
