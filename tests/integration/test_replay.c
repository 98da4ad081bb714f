/* test_replay.c - decisions made again from what is on record, whatever became of the rules. */

#include "common/compliance/replay.h"

#include "common/compliance/dnc.h"
#include "common/compliance/rules.h"
#include "common/ledger/ledger_file.h"
#include "common/ledger/seal.h"
#include "tests/support/scene.h"

#include <stdlib.h>
#include <unistd.h>

static int told;

static void count_told(const struct replay *r)
{
    (void)r;
    told++;
}

static void count_batch(void)
{
}

static void lead(struct scene *s, int64_t campaign, const char *phone, const char *more)
{
    free(testdb_sql(s->db,
                    "INSERT INTO leads (tenant_id, campaign_id, name, phone, country_iso, "
                    "consent_status, consent_date, consent_source, metadata) "
                    "SELECT %lld, %lld, 'Canary Person', '%s', 'IT', %s",
                    (long long)s->tenant, (long long)campaign, phone, more));
}

/* Leads that are called, wait, are refused for this and that; all of them decided. */
static void decide(struct scene *s)
{
    static const char *const kinds[] = {
        "'granted', now() - interval '10 days', 'form', NULL",
        "'denied', NULL, NULL, NULL",
        "'granted', now() - interval '1 day', NULL, '{\"segment\": \"b2b\", \"state\": \"RM\"}'",
        "'expired', NULL, NULL, NULL",
        "'granted', NULL, NULL, '{\"timezone\": \"America/New_York\", \"timezone_verified\": "
        "true}'",
        "'granted', NULL, 'form', '{\"timezone\": \"Nowhere/Atlantis\"}'",
    };
    struct op op = testdb_op(s->db, s->tenant);
    struct campaign draft = scene_draft();
    struct campaign_execution e;
    char phone[16];

    draft.spacing_seconds = 0;
    draft.country_rules_override.text = "{\"IT\": {\"quiet_hours\": \"03:00-03:10\"}}";
    int64_t id = scene_campaign(s, s->tenant, draft);
    for (int i = 0; i < 24; i++)
        lead(s, id, scene_phone(phone, i), kinds[i % (int)ARRAY_LEN(kinds)]);
    lead(s, id, GERMAN, kinds[0]);
    struct dnc_entry listed = {.e164 = scene_phone(phone, 0), .source = DNC_MANUAL};
    assert_ok(&op, dnc_add(&op, &listed));
    assert_ok(&op, campaign_start(&op, id, &e));
    assert_ok(&op, execution_generate(&op, id, count_batch));
    op_end(&op);
    free(testdb_sql(s->db, "UPDATE scheduled_calls SET scheduled_at = now()")); /* sleepers too */
    char *rows = testdb_sql(s->db, "SELECT string_agg(id::text, ' ') FROM scheduled_calls "
                                   "WHERE status = 'scheduled'");
    for (char *rest = rows, *row; (row = strsep(&rest, " ")) && *row;) {
        struct op one = testdb_op(s->db, s->tenant);
        struct claim c;
        (void)scene_claim(&one, strtoll(row, NULL, 10), &c);
        op_end(&one);
    }
    free(rows);
}

/* Closed, edited in place, switched off: nothing of what was law is law now. */
static void change_every_rule(struct scene *s)
{
    free(testdb_sql(
        s->db,
        "UPDATE platform_country_rules SET quiet_hours_enabled = true, "
        "quiet_hours = '00:00-23:59', require_explicit_consent = "
        "NOT require_explicit_consent, extended = '{}', timezone = 'Asia/Tokyo';"
        "INSERT INTO country_rules (tenant_id, country_iso, enabled, version, effective_from) "
        "VALUES (%lld, 'IT', false, 1, current_date - 1)",
        (long long)s->tenant));
}

static void replay(struct scene *s, int64_t counts[REPLAY_RESULTS])
{
    struct op op = testdb_op(s->db, s->tenant);

    told = 0;
    memset(counts, 0, REPLAY_RESULTS * sizeof(*counts));
    assert_ok(&op, replay_all(&op, counts, count_told));
    op_end(&op);
}

static void decisions_are_the_same_after_every_rule_has_changed(void **state)
{
    struct scene *s = *state;
    int64_t counts[REPLAY_RESULTS];

    decide(s);
    int64_t all = testdb_number(s->db, "SELECT count(*) FROM compliance_checks");
    assert_true(all >= 25);
    assert_true(testdb_number(s->db, "SELECT count(DISTINCT coalesce(rejection_code, status)) "
                                     "FROM compliance_checks")
                >= 5);
    change_every_rule(s);
    replay(s, counts);
    assert_int_equal(counts[REPLAY_IDENTICAL], all);
    assert_int_equal(told, 0);
}

static void the_columns_say_what_the_record_says(void **state)
{
    struct scene *s = *state;

    decide(s);
    assert_says(s, "NOT EXISTS (SELECT 1 FROM compliance_checks WHERE record IS NULL "
                   "OR record::jsonb->'verdict'->>'status' <> status "
                   "OR record::jsonb->'verdict'->>'code' IS DISTINCT FROM rejection_code "
                   "OR record::jsonb->'verdict'->'codes' <> to_jsonb(all_codes) "
                   "OR personal::jsonb->'number'->>'e164' <> to_number)");
    assert_says(s,
                "NOT EXISTS (SELECT 1 FROM compliance_checks WHERE strpos(record, to_number) > 0 "
                "OR strpos(record || personal, 'Canary') > 0)");
}

static void who_was_forgotten_leaves_the_proof_and_who_was_edited_is_named(void **state)
{
    struct scene *s = *state;
    int64_t counts[REPLAY_RESULTS];

    decide(s);
    int64_t all = testdb_number(s->db, "SELECT count(*) FROM compliance_checks");
    free(testdb_sql(s->db, "UPDATE compliance_checks SET personal = NULL, salt = NULL, "
                           "to_number = '' WHERE id IN (SELECT min(id) FROM compliance_checks)"));
    free(testdb_sql(s->db,
                    "SET session_replication_role = replica; UPDATE compliance_checks SET personal "
                    "= replace(personal, '+3', '+4') WHERE id IN (SELECT max(id) FROM "
                    "compliance_checks)"));
    replay(s, counts);
    assert_int_equal(counts[REPLAY_ERASED], 1);
    assert_int_equal(counts[REPLAY_BROKEN], 1);
    assert_int_equal(counts[REPLAY_IDENTICAL], all - 2);
    assert_int_equal(told, 1);
    free(testdb_sql(s->db,
                    "SET session_replication_role = replica; "
                    "UPDATE law_documents SET document = replace(document, 'true', 'false')"));
    replay(s, counts);
    assert_int_equal(counts[REPLAY_IDENTICAL], 0);
    assert_int_equal(counts[REPLAY_BROKEN], all - 1);
}

static void a_verdict_that_was_changed_differs(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant), other = testdb_op(s->db, testdb_tenant(s->db));
    struct replay r;

    decide(s);
    free(testdb_sql(s->db, "SET session_replication_role = replica; UPDATE compliance_checks SET "
                           "record = replace(record, 'CONSENT_DENIED', 'CONSENT_EXPIRED')"));
    int64_t id = testdb_number(s->db, "SELECT min(id) FROM compliance_checks "
                                      "WHERE rejection_code = 'CONSENT_DENIED'");
    assert_ok(&op, replay_check(&op, id, &r));
    assert_int_equal(r.result, REPLAY_DIFFERS);
    assert_non_null(strstr(r.texts.stored, "CONSENT_EXPIRED"));
    assert_non_null(strstr(r.texts.again, "CONSENT_DENIED"));
    assert_fails(&other, E_RESOURCE_NOT_FOUND, replay_check(&other, id, &r));
    op_end(&other);
    op_end(&op);
}

/* The ledger as a file; the caller closes it. */
static FILE *exported(struct scene *s)
{
    FILE *f = tmpfile();
    int sealed;

    do {
        struct op op = testdb_op(s->db, 0);
        assert_ok(&op, ledger_seal(&op, &ledger_of_decisions, NULL, &sealed));
        op_end(&op);
    } while (sealed);
    struct op op = testdb_op(s->db, s->tenant);
    assert_ok(&op, ledger_export(&op, &ledger_of_decisions, f));
    op_end(&op);
    rewind(f);
    return f;
}

static struct ledger_check verified(FILE *f)
{
    struct ledger_check c = {0};
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    bool ok = true;

    rewind(f);
    while (ok && (n = getline(&line, &cap, f)) > 0)
        ok = ledger_check_line(&c, (struct str){line, (size_t)n - 1});
    if (ok)
        (void)!ledger_check_end(&c);
    free(line);
    rewind(f);
    return c;
}

static void an_exported_ledger_is_all_a_stranger_needs(void **state)
{
    struct scene *s = *state;
    struct op nowhere = {0};
    int64_t counts[REPLAY_RESULTS] = {0};

    decide(s);
    int64_t all = testdb_number(s->db, "SELECT count(*) FROM compliance_checks");
    change_every_rule(s);
    FILE *f = exported(s);
    struct ledger_check c = verified(f);
    assert_null(c.problem);
    assert_int_equal(c.entries, all);
    assert_true(c.laws >= 2);
    assert_ok(&nowhere, replay_file(&nowhere, f, counts, count_told));
    assert_int_equal(counts[REPLAY_IDENTICAL], all);
    fclose(f);
    op_end(&nowhere);
}

static void a_law_that_was_changed_in_the_file_is_noticed(void **state)
{
    struct scene *s = *state;
    struct op nowhere = {0};
    int64_t counts[REPLAY_RESULTS] = {0};
    FILE *forged = tmpfile();
    char *line = NULL;
    size_t cap = 0;

    decide(s);
    FILE *f = exported(s);
    while (getline(&line, &cap, f) > 0) {
        char *at = strncmp(line, "law\t", 4) == 0 ? strstr(line, "false") : NULL;
        if (at)
            memcpy(at, "true ", 5);
        fputs(line, forged);
    }
    assert_non_null(verified(forged).problem);
    assert_fails(&nowhere, E_VALIDATION_ERROR, replay_file(&nowhere, forged, counts, count_told));
    free(line);
    fclose(forged);
    fclose(f);
    op_end(&nowhere);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(decisions_are_the_same_after_every_rule_has_changed),
        SCENE(the_columns_say_what_the_record_says),
        SCENE(who_was_forgotten_leaves_the_proof_and_who_was_edited_is_named),
        SCENE(a_verdict_that_was_changed_differs),
        SCENE(an_exported_ledger_is_all_a_stranger_needs),
        SCENE(a_law_that_was_changed_in_the_file_is_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
