/* test_lead_import.c - files into a real database, twice, in pieces, and into the wrong campaign.
 */

#include "common/base/clock.h"
#include "common/campaign/campaign.h"
#include "common/compliance/dnc.h"
#include "common/lead/import.h"
#include "common/lead/lead.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "tests/support/check.h"
#include "tests/support/testdb.h"

#include <pthread.h>
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

static int64_t new_campaign(int64_t tenant)
{
    struct op op = op_for(tenant);
    struct campaign c = CAMPAIGN_DEFAULTS;

    c.name = "Import";
    assert_ok(&op, campaign_create(&op, &c));
    op_end(&op);
    return c.id;
}

/* Import text in pieces of the given size; false as the import fails. */
static bool import(struct op *op, const struct lead_import_options *o, struct str text,
                   size_t piece, struct buf *reply)
{
    struct lead_import *imp = lead_import_open(op, o);

    if (!imp)
        return false;
    for (size_t at = 0; at < text.n; at += piece) {
        size_t n = text.n - at < piece ? text.n - at : piece;
        if (!lead_import_feed(op, imp, (struct str){text.p + at, n}))
            return false;
    }
    return lead_import_finish(op, imp, reply);
}

static void assert_import(int64_t tenant, const struct lead_import_options *o, const char *text,
                          const char *expected)
{
    struct op op = op_for(tenant);
    struct buf reply = {0};

    assert_ok(&op, import(&op, o, str_of(text), 7, &reply));
    assert_string_equal(reply.p, expected);
    buf_free(&reply);
    op_end(&op);
}

/* The tenant's lead with this phone, in op's arena. */
static struct lead find_lead(struct op *op, const char *phone)
{
    struct lead_query q = {.q = phone, .limit = 100};
    struct lead *found;
    int64_t total;
    int n;

    assert_ok(op, lead_list(op, &q, &found, &n, &total));
    assert_int_equal(n, 1);
    return found[0];
}

static int64_t count_leads(int64_t tenant)
{
    struct op op = op_for(tenant);
    struct lead_query q = {.limit = 1};
    struct lead *found;
    int64_t total;
    int n;

    assert_ok(&op, lead_list(&op, &q, &found, &n, &total));
    op_end(&op);
    return total;
}

static const struct lead_import_options plain = {0};
static const struct lead_import_options italian = {.country_iso = "IT"};

static void leads_and_errors_are_told_apart(void **state)
{
    int64_t tenant = new_tenant();
    struct op op = op_for(tenant);
    (void)state;

    assert_import(
        tenant, &italian,
        "Nome;Cognome;Cellulare;Consenso;Preferenze\r\n"
        "Lead;001;349 123 4567;s\xec;x\r\n"
        "Lead;002;212345678;no;\r\n"
        "\r\n"
        "Lead;003;+393481234567;forse;\r\n"
        "Lead;004;0039 349 1234567;no;\r\n"
        "Lead;005;348 765 4321;no;;;\r\n"
        "Fine dell'elenco\r\n",
        "{\"imported\":2,\"updated\":0,\"skipped\":2,\"failed\":3,\"errors\":["
        "{\"line\":3,\"column\":\"phone\",\"code\":\"NUMBER_AMBIGUOUS\",\"value_masked\":"
        "\"212\u2022\u2022\u2022678\"},"
        "{\"line\":6,\"column\":\"phone\",\"code\":\"DUPLICATE_IN_FILE\",\"value_masked\":"
        "\"+39349\u2022\u2022\u2022567\"},"
        "{\"line\":7,\"column\":null,\"code\":\"FIELD_COUNT\",\"value_masked\":null}],"
        "\"notices\":["
        "{\"code\":\"COLUMN_IGNORED\",\"column\":\"Preferenze\",\"count\":1,\"first_line\":1},"
        "{\"code\":\"CONSENT_WITHOUT_PROOF\",\"column\":\"consent_status\",\"count\":1,"
        "\"first_line\":2},"
        "{\"code\":\"CONSENT_WORD_UNKNOWN\",\"column\":\"consent_status\",\"count\":1,"
        "\"first_line\":5},"
        "{\"code\":\"ENCODING_ASSUMED\",\"column\":null,\"count\":1}],"
        "\"encoding\":\"windows-1252\",\"delimiter\":\";\"}");
    struct lead l = find_lead(&op, "+393491234567");
    assert_string_equal(l.name, "Lead 001");
    assert_string_equal(l.country_iso, "IT");
    assert_int_equal(l.consent_status, CONSENT_GRANTED);
    assert_int_equal(find_lead(&op, "+393481234567").consent_status, CONSENT_UNKNOWN);
    assert_int_equal(count_leads(tenant), 2);
    op_end(&op);
}

#define NOTHING_ELSE "\"errors\":[],\"notices\":[],\"encoding\":\"utf-8\",\"delimiter\":\",\"}"

static void the_same_file_twice_changes_nothing(void **state)
{
    int64_t tenant = new_tenant();
    const char *file =
        "name,phone,email\nLead 1,+393491234567,a@example.com\nLead 2,+12125550123,\n";
    (void)state;

    assert_import(tenant, &plain, file,
                  "{\"imported\":2,\"updated\":0,\"skipped\":0,\"failed\":0," NOTHING_ELSE);
    assert_import(tenant, &plain, file,
                  "{\"imported\":0,\"updated\":0,\"skipped\":2,\"failed\":0," NOTHING_ELSE);
    assert_import(tenant, &plain, "name,phone,email\nLead B,+12125550123,b@example.com\n",
                  "{\"imported\":0,\"updated\":1,\"skipped\":0,\"failed\":0," NOTHING_ELSE);
    assert_int_equal(count_leads(tenant), 2);
}

static void an_update_adds_and_never_empties(void **state)
{
    int64_t tenant = new_tenant();
    struct op op = op_for(tenant);
    (void)state;

    assert_import(tenant, &plain, "name,phone,company,language\nLead 1,+393491234567,Acme,it\n",
                  "{\"imported\":1,\"updated\":0,\"skipped\":0,\"failed\":0," NOTHING_ELSE);
    assert_import(tenant, &plain, "phone,role,language\n+393491234567,CTO,\n",
                  "{\"imported\":0,\"updated\":1,\"skipped\":0,\"failed\":0," NOTHING_ELSE);
    struct lead l = find_lead(&op, "+393491234567");
    assert_string_equal(l.name, "Lead 1");
    assert_string_equal(l.company, "Acme");
    assert_string_equal(l.role, "CTO");
    assert_string_equal(l.preferred_lang, "it");
    op_end(&op);
}

static void import_consent(int64_t tenant, const char *status, const char *date)
{
    struct op op = op_for(tenant);
    struct buf reply = {0};
    char file[200];

    snprintf(file, sizeof(file),
             "phone,consent,consent date,consent source\n+393491234567,%s,%s,form %s\n", status,
             date, status);
    assert_ok(&op, import(&op, &plain, str_of(file), 1000, &reply));
    buf_free(&reply);
    op_end(&op);
}

static void assert_consent(int64_t tenant, enum consent_status status, const char *date,
                           const char *source)
{
    struct op op = op_for(tenant);
    struct lead l = find_lead(&op, "+393491234567");

    assert_int_equal(l.consent_status, status);
    assert_memory_equal(tstamp_format(&op.arena, l.consent_date), date, 10);
    assert_string_equal(l.consent_source, source);
    op_end(&op);
}

static void consent_only_rises_and_its_proof_goes_with_it(void **state)
{
    int64_t tenant = new_tenant();
    (void)state;

    import_consent(tenant, "unknown", "2025-01-01");
    assert_consent(tenant, CONSENT_UNKNOWN, "2025-01-01", "form unknown");
    import_consent(tenant, "yes", "2025-02-01");
    assert_consent(tenant, CONSENT_GRANTED, "2025-02-01", "form yes");
    import_consent(tenant, "unknown", "2025-03-01");
    assert_consent(tenant, CONSENT_GRANTED, "2025-02-01", "form yes");
    import_consent(tenant, "expired", "2025-03-02");
    assert_consent(tenant, CONSENT_GRANTED, "2025-02-01", "form yes");
    import_consent(tenant, "granted", "2025-04-01");
    assert_consent(tenant, CONSENT_GRANTED, "2025-04-01", "form granted");
    import_consent(tenant, "no", "2025-05-01");
    assert_consent(tenant, CONSENT_DENIED, "2025-05-01", "form no");
    import_consent(tenant, "yes", "2025-06-01");
    assert_consent(tenant, CONSENT_DENIED, "2025-05-01", "form no");
}

static void a_number_on_the_list_is_imported_with_a_notice(void **state)
{
    int64_t tenant = new_tenant(), other = new_tenant();
    struct op op = op_for(tenant);
    struct dnc_entry e = {.e164 = "+393491234567", .source = DNC_OPT_OUT};
    (void)state;

    assert_ok(&op, dnc_add(&op, &e));
    op_end(&op);
    assert_import(tenant, &plain, "phone\n+393491234567\n+393491234568\n",
                  "{\"imported\":2,\"updated\":0,\"skipped\":0,\"failed\":0,\"errors\":[],"
                  "\"notices\":[{\"code\":\"NUMBER_ON_DNC\",\"column\":\"phone\",\"count\":1}],"
                  "\"encoding\":\"utf-8\",\"delimiter\":\",\"}");
    assert_import(other, &plain, "phone\n+393491234567\n",
                  "{\"imported\":1,\"updated\":0,\"skipped\":0,\"failed\":0," NOTHING_ELSE);
}

static void leads_go_to_the_campaign_named_and_to_no_other(void **state)
{
    int64_t tenant = new_tenant(), campaign = new_campaign(tenant);
    struct lead_import_options o = {.campaign_id = {true, campaign}};
    struct op op = op_for(tenant);
    char file[200];
    (void)state;

    snprintf(file, sizeof(file), "phone,campaign_id\n+393491234567,%lld\n+393491234568,%lld\n",
             (long long)campaign, (long long)campaign + 1);
    assert_import(
        tenant, &o, file,
        "{\"imported\":1,\"updated\":0,\"skipped\":0,\"failed\":1,\"errors\":["
        "{\"line\":3,\"column\":\"campaign_id\",\"code\":\"CAMPAIGN_MISMATCH\","
        "\"value_masked\":null}],\"notices\":[],\"encoding\":\"utf-8\",\"delimiter\":\",\"}");
    assert_int_equal(find_lead(&op, "+393491234567").campaign_id.v, campaign);
    op_end(&op);
}

static void another_tenants_campaign_is_not_found(void **state)
{
    int64_t tenant = new_tenant(), campaign = new_campaign(new_tenant());
    struct op op = op_for(tenant);
    struct lead_import_options o = {.campaign_id = {true, campaign}};
    (void)state;

    assert_null(lead_import_open(&op, &o));
    assert_int_equal(op.err.code, E_CAMPAIGN_NOT_FOUND);
    op_end(&op);
}

static void tenants_may_have_the_same_number(void **state)
{
    int64_t a = new_tenant(), b = new_tenant();
    (void)state;

    assert_import(a, &plain, "phone\n+393491234567\n",
                  "{\"imported\":1,\"updated\":0,\"skipped\":0,\"failed\":0," NOTHING_ELSE);
    assert_import(b, &plain, "phone\n+393491234567\n",
                  "{\"imported\":1,\"updated\":0,\"skipped\":0,\"failed\":0," NOTHING_ELSE);
    assert_int_equal(count_leads(a), 1);
}

static const char *detail(const struct op *op, const char *key)
{
    for (const struct detail *d = op->err.details; d; d = d->next)
        if (strcmp(d->key, key) == 0)
            return d->json;
    return "";
}

static void a_file_that_cannot_be_read_says_why_and_writes_nothing(void **state)
{
    static const struct {
        const char *file, *reason;
        enum err_code code;
    } cases[] = {
        {"PK\x03\x04zip", "\"UNSUPPORTED_FORMAT\"", E_UNSUPPORTED_MEDIA_TYPE},
        {"<!doctype html><p>+393491234567", "\"UNSUPPORTED_FORMAT\"", E_UNSUPPORTED_MEDIA_TYPE},
        {"%PDF-1.7", "\"UNSUPPORTED_FORMAT\"", E_UNSUPPORTED_MEDIA_TYPE},
        {"", "\"EMPTY_FILE\"", E_VALIDATION_ERROR},
        {"\n\n", "\"EMPTY_FILE\"", E_VALIDATION_ERROR},
        {"a,b\nc,d\n", "\"PHONE_COLUMN_MISSING\"", E_VALIDATION_ERROR},
        {"phone,tenant_id\n+393491234567,1\n", "\"TENANT_COLUMN\"", E_VALIDATION_ERROR},
        {"phone\n+393491234567\n\"+39", "\"QUOTE_NOT_CLOSED\"", E_VALIDATION_ERROR},
    };
    int64_t tenant = new_tenant();
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct op op = op_for(tenant);
        struct buf reply = {0};

        assert_false(import(&op, &plain, str_of(cases[i].file), 5, &reply));
        assert_int_equal(op.err.code, cases[i].code);
        assert_string_equal(detail(&op, "file"), cases[i].reason);
        assert_string_equal(detail(&op, "imported"), "0");
        assert_int_equal(reply.n, 0);
        op_end(&op);
    }
    assert_int_equal(count_leads(tenant), 0);
}

/* A file of n leads, each with everything a row usually has. */
static void write_leads(struct buf *b, int from, int n)
{
    buf_str(b, "name,phone,email,company,country,consent,consent date,consent source\n");
    for (int i = from; i < from + n; i++)
        buf_printf(
            b, "Lead %06d,+3934%08d,lead%06d@example.com,Company %d,IT,yes,2025-06-01,web_form\n",
            i, i, i, i % 100);
}

static void what_a_broken_upload_left_is_completed_by_sending_it_again(void **state)
{
    int64_t tenant = new_tenant();
    struct op op = op_for(tenant), again = op_for(tenant);
    struct buf file = {0}, reply = {0};
    struct lead_import *imp = lead_import_open(&op, &plain);
    (void)state;

    write_leads(&file, 0, 5000);
    assert_non_null(imp);
    assert_ok(&op, lead_import_feed(&op, imp, (struct str){file.p, file.n - 10000}));
    op_end(&op);
    assert_int_equal(count_leads(tenant), 4000); /* whole batches */

    assert_ok(&again, import(&again, &plain, buf_view(&file), 4096, &reply));
    assert_non_null(
        strstr(reply.p, "\"imported\":1000,\"updated\":0,\"skipped\":4000,\"failed\":0"));
    assert_int_equal(count_leads(tenant), 5000);
    op_end(&again);
    buf_free(&file);
    buf_free(&reply);
}

struct racer {
    pthread_t thread;
    int64_t tenant;
    struct str file;
    size_t piece;
    int imported;
};

static void *race(void *p)
{
    struct racer *r = p;
    struct op op = op_for(r->tenant);
    struct buf reply = {0};

    if (!import(&op, &plain, r->file, r->piece, &reply)
        || sscanf(reply.p, "{\"imported\":%d,", &r->imported) != 1)
        r->imported = -1;
    op_end(&op);
    buf_free(&reply);
    return NULL;
}

static void the_same_file_sent_twice_at_once_makes_no_second_lead(void **state)
{
    int64_t tenant = new_tenant();
    struct buf file = {0};
    struct racer racers[3] = {{0}};
    int imported = 0;
    (void)state;

    write_leads(&file, 0, 5000);
    for (size_t i = 0; i < ARRAY_LEN(racers); i++) {
        racers[i].tenant = tenant;
        racers[i].file = buf_view(&file);
        racers[i].piece = 1000 + 7 * i;
        assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(racers); i++) {
        pthread_join(racers[i].thread, NULL);
        assert_true(racers[i].imported >= 0);
        imported += racers[i].imported;
    }
    assert_int_equal(imported, 5000);
    assert_int_equal(count_leads(tenant), 5000);
    buf_free(&file);
}

static void a_slow_upload_holds_no_session(void **state)
{
    int64_t tenant = new_tenant();
    struct op op = op_for(tenant);
    struct lead_import_options o = {.campaign_id = {true, new_campaign(tenant)}};
    struct lead_import *imp = lead_import_open(&op, &o);
    struct op others[8];
    (void)state;

    assert_non_null(imp);
    assert_ok(&op, lead_import_feed(&op, imp, STR("phone\n+393491234567\n")));
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        others[i] = op_for(tenant);
        others[i].deadline_us = clock_mono_us() + 2000000;
        assert_ok(&others[i], db_lease(&others[i]));
    }
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        op_end(&others[i]);
    op_end(&op);
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
        cmocka_unit_test(leads_and_errors_are_told_apart),
        cmocka_unit_test(the_same_file_twice_changes_nothing),
        cmocka_unit_test(an_update_adds_and_never_empties),
        cmocka_unit_test(consent_only_rises_and_its_proof_goes_with_it),
        cmocka_unit_test(a_number_on_the_list_is_imported_with_a_notice),
        cmocka_unit_test(leads_go_to_the_campaign_named_and_to_no_other),
        cmocka_unit_test(another_tenants_campaign_is_not_found),
        cmocka_unit_test(tenants_may_have_the_same_number),
        cmocka_unit_test(a_file_that_cannot_be_read_says_why_and_writes_nothing),
        cmocka_unit_test(what_a_broken_upload_left_is_completed_by_sending_it_again),
        cmocka_unit_test(the_same_file_sent_twice_at_once_makes_no_second_lead),
        cmocka_unit_test(a_slow_upload_holds_no_session),
    };
    return cmocka_run_group_tests(tests, open_database, testdb_teardown);
}
