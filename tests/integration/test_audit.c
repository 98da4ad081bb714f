/*
 * test_audit.c - who changed what: in the change's own transaction, chained, and without what must
 * not be kept (S108, S111, S112).
 */

#include "common/ledger/ledger_file.h"
#include "common/ledger/seal.h"
#include "common/tenant/audit.h"
#include "tests/support/api_process.h"
#include "tests/support/check.h"

#include <stdlib.h>

static struct probe_answer ask(const struct api_process *api, const char *method, const char *path,
                               const char *body)
{
    return api_process_ask(api, method, path, body ? str_of(body) : (struct str){0});
}

static int64_t events(const struct api_process *api, const char *condition)
{
    return testdb_number(api->db, "SELECT count(*) FROM audit_events WHERE %s", condition);
}

static void a_change_is_told_with_who_and_from_where_before_and_after(void **state)
{
    struct api_process *api = *state;

    assert_int_equal(ask(api, "POST", "/api/v1/campaigns", "{\"name\":\"one\"}").status, 201);
    assert_int_equal(ask(api, "PATCH", "/api/v1/campaigns/1", "{\"name\":\"two\"}").status, 200);
    assert_int_equal(
        events(api, "action = 'POST /api/v1/campaigns' AND subject = '/api/v1/campaigns/1' AND "
                    "status = 201 AND personal::jsonb->'before' = 'null' AND "
                    "personal::jsonb->'after'->>'name' = 'one'"),
        1);
    assert_int_equal(
        events(api, "action = 'PATCH /api/v1/campaigns/{campaign_id}' AND "
                    "subject = '/api/v1/campaigns/1' AND personal::jsonb->>'from' = '127.0.0.1' "
                    "AND personal::jsonb->'before'->>'name' = 'one' "
                    "AND personal::jsonb->'sent' = '{\"name\":\"two\"}'::jsonb "
                    "AND personal::jsonb->'after'->>'name' = 'two' "
                    "AND who = (SELECT prefix FROM api_keys) AND request_id LIKE 'req_%'"),
        1);
    struct probe_answer a =
        ask(api, "GET", "/api/v1/audit?subject=%2Fapi%2Fv1%2Fcampaigns%2F1&limit=1", NULL);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body, "\"total\":2"));
    assert_non_null(strstr(a.body, "\"action\":\"PATCH /api/v1/campaigns/{campaign_id}\""));
    assert_null(strstr(a.body, "\"action\":\"POST"));
}

static void what_was_not_done_is_not_told(void **state)
{
    struct api_process *api = *state;

    assert_int_equal(ask(api, "POST", "/api/v1/campaigns", "{}").status, 422);
    assert_int_equal(ask(api, "PATCH", "/api/v1/campaigns/9", "{\"name\":\"x\"}").status, 404);
    assert_int_equal(ask(api, "GET", "/api/v1/campaigns", NULL).status, 200);
    assert_int_equal(events(api, "TRUE"), 0);
}

/* Nothing is changed that is not written down: where it cannot be, the change does not happen. */
static void a_change_and_its_event_are_one(void **state)
{
    static const struct {
        const char *method, *path, *body, *untouched;
    } changes[] = {
        {"POST", "/api/v1/campaigns", "{\"name\":\"x\"}",
         "SELECT (count(*) = 1)::int FROM campaigns"},
        {"PATCH", "/api/v1/campaigns/1", "{\"name\":\"x\"}",
         "SELECT (min(name) = 'one')::int FROM campaigns"},
        {"POST", "/api/v1/leads", "{\"name\":\"a\",\"phone\":\"+393491234567\"}",
         "SELECT (count(*) = 0)::int FROM leads"},
        {"POST", "/api/v1/campaigns/1/stop", NULL,
         "SELECT (min(status::text) = 'draft')::int FROM campaigns"},
        {"POST", "/api/v1/campaigns/1/halt", "{\"reason\":\"x\"}",
         "SELECT (count(*) = 0)::int FROM halts"},
        {"POST", "/api/v1/halt", "{\"reason\":\"x\"}", "SELECT (count(*) = 0)::int FROM halts"},
        {"POST", "/api/v1/countries/IT/halt", "{\"reason\":\"x\"}",
         "SELECT (count(*) = 0)::int FROM halts"},
        {"POST", "/api/v1/compliance/dnc", "{\"e164\":\"+393491234567\",\"source\":\"manual\"}",
         "SELECT (count(*) = 0)::int FROM dnc_entries"},
    };
    struct api_process *api = *state;

    assert_int_equal(ask(api, "POST", "/api/v1/campaigns", "{\"name\":\"one\"}").status, 201);
    free(testdb_sql(api->db, "ALTER TABLE audit_events ADD CHECK (id < 2)"));
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        struct probe_answer a = ask(api, changes[i].method, changes[i].path, changes[i].body);
        if (a.status < 400)
            fail_msg("%s %s: %d %s", changes[i].method, changes[i].path, a.status, a.body);
        if (!testdb_number(api->db, "%s", changes[i].untouched))
            fail_msg("%s %s was done all the same", changes[i].method, changes[i].path);
    }
    free(testdb_sql(api->db, "ALTER TABLE audit_events DROP CONSTRAINT audit_events_id_check"));
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) { /* it was for want of the event only */
        struct probe_answer a = ask(api, changes[i].method, changes[i].path, changes[i].body);
        if (a.status >= 300 && a.status != 409)
            fail_msg("%s %s: %d %s", changes[i].method, changes[i].path, a.status, a.body);
    }
}

static struct probe_answer import(const struct api_process *api, const char *csv)
{
    struct probe_answer a = {0};
    struct probe p;
    char request[1024];
    int n = snprintf(request, sizeof(request),
                     "POST /api/v1/leads/bulk-import HTTP/1.1\r\nHost: h\r\nX-API-Key: %s\r\n"
                     "Content-Type: text/csv\r\nContent-Length: %zu\r\n\r\n%s",
                     api->key, strlen(csv), csv);

    probe_open(&p, api->port);
    probe_send(&p, (struct str){request, (size_t)n});
    probe_receive(&p, &a, 5000);
    probe_close(&p);
    return a;
}

static void an_upload_is_told_with_its_first_rows(void **state)
{
    struct api_process *api = *state;

    import(api, "colour\nred\n");
    assert_int_equal(events(api, "TRUE"), 0);
    free(testdb_sql(api->db, "ALTER TABLE audit_events ADD CHECK (id < 0)"));
    assert_in_range(import(api, "name,phone\na,+393491234567\n").status, 400, 599);
    assert_int_equal(testdb_number(api->db, "SELECT count(*) FROM leads"), 0);
    free(testdb_sql(api->db, "ALTER TABLE audit_events DROP CONSTRAINT audit_events_id_check"));
    assert_int_equal(import(api, "name,phone\na,+393491234567\n").status, 200);
    assert_int_equal(events(api, "action = 'POST /api/v1/leads/bulk-import'"), 1);
    assert_int_equal(testdb_number(api->db, "SELECT count(*) FROM leads"), 1);
}

static void s111_events_are_only_ever_added_to(void **state)
{
    struct api_process *api = *state;

    assert_int_equal(ask(api, "POST", "/api/v1/campaigns", "{\"name\":\"one\"}").status, 201);
    assert_int_equal(
        testdb_number(api->db,
                      "DO $$ DECLARE refused INT := 0; BEGIN "
                      "BEGIN UPDATE audit_events SET who = 'x'; "
                      "EXCEPTION WHEN restrict_violation THEN refused := 1; END; "
                      "BEGIN DELETE FROM audit_events; "
                      "EXCEPTION WHEN restrict_violation THEN refused := refused + 1; END; "
                      "BEGIN TRUNCATE audit_events CASCADE; "
                      "EXCEPTION WHEN restrict_violation THEN refused := refused + 1; END; "
                      "IF refused <> 3 THEN RAISE EXCEPTION 'refused %%', refused; END IF; "
                      "END $$"),
        0);
    assert_int_equal(events(api, "TRUE"), 1);
}

static char *export_ledger(struct api_process *api)
{
    struct op op = testdb_op(api->db, 0);
    char *text = NULL;
    size_t n = 0;
    int sealed;

    assert_ok(&op, ledger_seal(&op, &ledger_of_changes, NULL, &sealed));
    op_end(&op);
    op = testdb_op(api->db, api->tenant);
    FILE *out = open_memstream(&text, &n);
    assert_ok(&op, ledger_export(&op, &ledger_of_changes, out));
    fclose(out);
    op_end(&op);
    return text;
}

static bool verifies(const char *text, struct ledger_check *check)
{
    bool ok = true;

    *check = (struct ledger_check){0};
    while (ok && *text) {
        size_t n = strcspn(text, "\n");
        ok = ledger_check_line(check, (struct str){text, n});
        text += n + (text[n] == '\n');
    }
    return ok && ledger_check_end(check);
}

static void change_thrice(struct api_process *api)
{
    assert_int_equal(
        ask(api, "POST", "/api/v1/campaigns", "{\"name\":\n\t\"+393491234567\"}").status, 201);
    assert_int_equal(ask(api, "PATCH", "/api/v1/campaigns/1", "{\"name\":\"a\\tb\"}").status, 200);
    assert_int_equal(ask(api, "POST", "/api/v1/halt", "{\"reason\":\"enough\"}").status, 200);
}

static void s111_s112_the_chain_verifies_and_does_so_when_a_person_is_forgotten(void **state)
{
    struct api_process *api = *state;
    struct ledger_check check;
    struct op op = testdb_op(api->db, api->tenant);

    change_thrice(api);
    char *text = export_ledger(api);
    assert_true(verifies(text, &check));
    assert_int_equal(check.entries, 3);
    assert_int_equal(check.opened, 3);
    free(text);
    assert_ok(&op, audit_forget(&op, "+393491234567", "{9}"));
    op_end(&op);
    text = export_ledger(api);
    assert_true(verifies(text, &check));
    assert_int_equal(check.entries, 3);
    assert_int_equal(check.opened, 1);
    free(text);
}

static void s111_what_was_changed_behind_its_back_shows(void **state)
{
    struct api_process *api = *state;
    struct ledger_check check;

    change_thrice(api);
    free(export_ledger(api));
    free(testdb_sql(api->db, "ALTER TABLE audit_events DISABLE TRIGGER ALL"));
    free(testdb_sql(api->db, "UPDATE audit_events SET record = replace(record, 'PATCH', 'POST')"));
    char *text = export_ledger(api);
    assert_false(verifies(text, &check));
    assert_int_equal(check.bad, 2);
    free(text);
}

static void another_tenant_sees_none_of_it(void **state)
{
    struct api_process *api = *state;
    struct op op = testdb_op(api->db, testdb_tenant(api->db));
    const struct audit_query q = {.limit = 10};
    struct audit_entry *items;
    int64_t total;
    int n;

    change_thrice(api);
    assert_ok(&op, audit_list(&op, &q, &items, &n, &total));
    assert_int_equal(n, 0);
    assert_int_equal(total, 0);
    op_end(&op);
}

static void s108_what_names_a_secret_is_not_written_down(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"{\"a\":1, \"password\" : \"x\\\"y\",\n\"b\":[1,2]}",
         "{\"a\":1,\"password\":\"(hidden)\",\"b\":[1,2]}"},
        {"{\"Access_Token\":{\"a\":[\"}\",1]},\"b\":2}", "{\"Access_Token\":\"(hidden)\",\"b\":2}"},
        {"{\"client_secret\":null}", "{\"client_secret\":\"(hidden)\"}"},
        {"{\"api_key\":12e3}", "{\"api_key\":\"(hidden)\"}"},
        {"{\"p\\u0061ssword\":\"x\"}", "{\"p\\u0061ssword\":\"(hidden)\"}"},
        {"{\"a\":\"password\",\"b\":[\"token\"]}", "{\"a\":\"password\",\"b\":[\"token\"]}"},
        {"[{\"token\":[1,{\"x\":\"]\"}]},2]", "[{\"token\":\"(hidden)\"},2]"},
        {"{\"a\":\"x y\t\"}", "{\"a\":\"x y\t\"}"},
        {"", "null"},
        {"phone\n+39", "null"},
        {"{\"secret\":\"unfinished", "{\"secret\":\"(hidden)\""},
    };
    struct buf b = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        buf_reset(&b);
        audit_write_json(&b, str_of(cases[i].in));
        assert_string_equal(b.p, cases[i].out);
    }
    buf_free(&b);
}

#define API(f) cmocka_unit_test_setup_teardown(f, api_process_start, api_process_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        API(a_change_is_told_with_who_and_from_where_before_and_after),
        API(what_was_not_done_is_not_told),
        API(a_change_and_its_event_are_one),
        API(an_upload_is_told_with_its_first_rows),
        API(s111_events_are_only_ever_added_to),
        API(s111_s112_the_chain_verifies_and_does_so_when_a_person_is_forgotten),
        API(s111_what_was_changed_behind_its_back_shows),
        API(another_tenant_sees_none_of_it),
        cmocka_unit_test(s108_what_names_a_secret_is_not_written_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
