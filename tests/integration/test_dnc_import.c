/* test_dnc_import.c - do-not-call files: what they add, and what no file can take away or bring
 * back. */

#include "common/compliance/dnc.h"
#include "common/compliance/dnc_import.h"
#include "common/store/db.h"
#include "tests/support/check.h"
#include "tests/support/testdb.h"

#include <stdio.h>
#include <stdlib.h>

static struct testdb *db;

static struct op op_for(int64_t tenant)
{
    return testdb_op(db, tenant);
}

static int64_t new_tenant(void)
{
    return testdb_tenant(db);
}

static void assert_import(int64_t tenant, const struct dnc_import_options *o, const char *text,
                          const char *expected)
{
    struct op op = op_for(tenant);
    struct buf reply = {0};
    struct dnc_import *imp = dnc_import_open(&op, o);

    for (const char *p = text; *p; p++)
        assert_ok(&op, dnc_import_feed(&op, imp, (struct str){p, 1}));
    assert_ok(&op, dnc_import_finish(&op, imp, &reply));
    if (strncmp(reply.p, expected, strlen(expected)) != 0)
        fail_msg("%s is not %s", reply.p, expected);
    buf_free(&reply);
    op_end(&op);
}

/* The whole list as "e164/source/country ", newest first. */
static void assert_list(int64_t tenant, const char *expected)
{
    struct op op = op_for(tenant);
    struct dnc_query q = {.limit = 100};
    struct dnc_entry *entries;
    struct buf text = {0};
    int64_t total;
    int n;

    assert_ok(&op, dnc_list(&op, &q, &entries, &n, &total));
    buf_str(&text, "");
    for (int i = 0; i < n; i++)
        buf_printf(&text, "%s/%s/%s ", entries[i].e164, dnc_source_names[entries[i].source],
                   entries[i].country_iso ? entries[i].country_iso : "-");
    assert_string_equal(text.p, expected);
    buf_free(&text);
    op_end(&op);
}

static const struct dnc_import_options italian = {.country_iso = "IT"};

static void a_list_of_numbers_is_a_list(void **state)
{
    int64_t tenant = new_tenant();
    (void)state;

    assert_import(
        tenant, &italian, "349 1234567\n0212345678\n349 1234567\n212345678\n\n",
        "{\"imported\":2,\"updated\":0,\"skipped\":2,\"failed\":1,\"errors\":[{\"line\":4,"
        "\"column\":\"e164\",\"code\":\"NUMBER_AMBIGUOUS\",");
    assert_list(tenant, "+393491234567/manual/IT +390212345678/manual/IT ");
}

static void a_source_column_is_taken_at_its_word_or_not_at_all(void **state)
{
    int64_t tenant = new_tenant();
    (void)state;

    assert_import(
        tenant, &(struct dnc_import_options){0},
        "number;source;country_iso\n+393491234567;opt_out;IT\n+393491234568;registry;IT\n"
        "+393491234569;rumour;IT\n349 1234560;;IT\n",
        "{\"imported\":3,\"updated\":0,\"skipped\":0,\"failed\":1,\"errors\":[{\"line\":4,"
        "\"column\":\"source\",\"code\":\"SOURCE_INVALID\",");
    assert_list(tenant,
                "+393491234568/registry/IT +393491234567/opt_out/IT +393491234560/manual/IT ");
}

static void a_source_for_the_whole_file_applies_where_the_row_names_none(void **state)
{
    int64_t tenant = new_tenant();
    (void)state;

    assert_import(tenant, &(struct dnc_import_options){.source = "registry"},
                  "e164\n+12125550123\n", "{\"imported\":1,");
    assert_list(tenant, "+12125550123/registry/US ");
}

static void both_numbers_of_a_cell_are_listed(void **state)
{
    int64_t tenant = new_tenant();
    (void)state;

    assert_import(tenant, &italian, "tel,nota\n349 1234567/348 1234567,x\nFine elenco\n",
                  "{\"imported\":2,\"updated\":0,\"skipped\":1,\"failed\":0,");
}

static void the_same_file_twice_adds_nothing(void **state)
{
    int64_t tenant = new_tenant();
    (void)state;

    assert_import(tenant, &italian, "e164,source\n3491234567,opt_out\n3491234567,manual\n",
                  "{\"imported\":2,\"updated\":0,\"skipped\":0,");
    assert_import(tenant, &italian, "e164,source\n3491234567,opt_out\n3491234567,manual\n",
                  "{\"imported\":0,\"updated\":0,\"skipped\":2,");
}

static int64_t id_of(int64_t tenant, enum dnc_source source)
{
    struct op op = op_for(tenant);
    struct dnc_query q = {.limit = 100};
    struct dnc_entry *entries;
    int64_t total, id = 0;
    int n;

    assert_ok(&op, dnc_list(&op, &q, &entries, &n, &total));
    for (int i = 0; i < n; i++)
        if (entries[i].source == source)
            id = entries[i].id;
    op_end(&op);
    return id;
}

static void a_manual_entry_taken_off_stays_off_an_objection_stays_on(void **state)
{
    int64_t tenant = new_tenant();
    struct op op = op_for(tenant), refused = op_for(tenant);
    const char *file =
        "e164,source\n+393491234567,opt_out\n+393491234567,manual\n+393491234567,registry\n";
    (void)state;

    assert_import(tenant, &italian, file, "{\"imported\":3,");
    assert_ok(&op, dnc_remove(&op, id_of(tenant, DNC_MANUAL), NULL));
    op_end(&op);
    assert_false(dnc_remove(&refused, id_of(tenant, DNC_OPT_OUT), NULL));
    op_end(&refused);
    op = op_for(tenant);
    assert_ok(&op, dnc_remove(&op, id_of(tenant, DNC_REGISTRY), NULL));
    op_end(&op);

    assert_import(
        tenant, &italian, file,
        "{\"imported\":1,\"updated\":0,\"skipped\":2,\"failed\":0,\"errors\":[],\"notices\":"
        "[{\"code\":\"REMOVED_BEFORE\",\"column\":\"e164\",\"count\":1}]");
    assert_list(tenant, "+393491234567/registry/IT +393491234567/opt_out/IT ");
}

static void more_than_a_batch_is_listed_and_another_tenant_sees_nothing(void **state)
{
    int64_t tenant = new_tenant(), other = new_tenant();
    struct buf file = {0};
    (void)state;

    for (int i = 0; i < 1234; i++)
        buf_printf(&file, "+3934900%05d\n", i);
    assert_import(tenant, &italian, file.p,
                  "{\"imported\":1234,\"updated\":0,\"skipped\":0,\"failed\":0,");
    assert_list(other, "");
    buf_free(&file);
}

static int open_database(void **state)
{
    testdb_setup(state);
    db = *state;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_of_numbers_is_a_list),
        cmocka_unit_test(a_source_column_is_taken_at_its_word_or_not_at_all),
        cmocka_unit_test(a_source_for_the_whole_file_applies_where_the_row_names_none),
        cmocka_unit_test(both_numbers_of_a_cell_are_listed),
        cmocka_unit_test(the_same_file_twice_adds_nothing),
        cmocka_unit_test(a_manual_entry_taken_off_stays_off_an_objection_stays_on),
        cmocka_unit_test(more_than_a_batch_is_listed_and_another_tenant_sees_nothing),
    };
    return cmocka_run_group_tests(tests, open_database, testdb_teardown);
}
