/* test_record.c - a decision read back from its record is the same decision. */

#include "common/compliance/record.h"

#include "common/ledger/chain.h"
#include "tests/support/check.h"
#include "tests/support/made_facts.h"

#include <stdio.h>
#include <stdlib.h>

enum { MADE = 20000, FORGERIES = 2000 };

/* The laws of the facts at hand, by their place. */
static const struct law *law_at(void *ctx, const char *hash)
{
    const struct compliance_facts *f = ctx;
    int i = (int)strtol(hash, NULL, 10);

    return i < f->n_laws ? f->laws[i].law : NULL;
}

/* What the database would have done: a hash for each law, here its place. */
static void shelve(struct op *op, struct compliance_facts *f)
{
    for (int i = 0; i < f->n_laws; i++) {
        struct law *copy = ARENA_NEW(&op->arena, struct law);
        *copy = *f->laws[i].law;
        copy->row.document_hash = arena_printf(&op->arena, "%d", i);
        f->laws[i].law = copy;
    }
}

static void assert_same_decision(struct op *op, struct compliance_facts *f, const char *what)
{
    shelve(op, f);
    struct compliance_verdict v = compliance_decide(f);
    struct decision_record r = decision_record(op, f, &v), again;
    struct compliance_facts back;
    struct decision_replay replay;

    if (!decision_replay(op, r.record, r.personal, law_at, f, &replay))
        fail_msg("%s: %s", what, op->err.message);
    assert_string_equal(replay.stored, replay.again);
    assert_null(replay.versions);
    assert_true(decision_read_facts(op, r.record, r.personal, law_at, f, &back));
    again = decision_record(op, &back, &v);
    assert_string_equal(again.personal, r.personal);
    char *at = strstr(r.record, ",\"commitment\""),
         *there = strstr(again.record, ",\"commitment\"");
    assert_int_equal(at - r.record, there - again.record);
    assert_memory_equal(r.record, again.record, (size_t)(at - r.record));
}

static void every_case_of_the_catalogue_is_decided_again_from_its_record(void **state)
{
    struct op op = {0};
    int n;
    struct law_case *cases = law_cases_read(&op, &n);
    (void)state;

    assert_int_equal(n, 208);
    for (int i = 0; i < n; i++)
        assert_same_decision(&op, &cases[i].facts, cases[i].id);
    op_end(&op);
}

static void whatever_chance_makes_is_decided_again_from_its_record(void **state)
{
    static struct made made;
    struct op all = {0};
    int n;
    const struct law_case *cases = law_cases_read(&all, &n);
    (void)state;

    for (uint64_t seed = 0; seed < MADE; seed++) {
        struct op op = {0};
        char what[32];
        struct compliance_facts f = made_facts(&made, seed, cases, n);
        if (f.campaign.override && !f.campaign.override->source)
            f.campaign.override = NULL; /* made without a text to be read from */
        if (f.campaign.lead_override && !f.campaign.lead_override->source)
            f.campaign.lead_override = NULL;
        snprintf(what, sizeof(what), "seed %llu", (unsigned long long)seed);
        assert_same_decision(&op, &f, what);
        op_end(&op);
    }
    op_end(&all);
}

static void nothing_personal_stands_in_the_record(void **state)
{
    struct op op = {0};
    int n;
    struct law_case *cases = law_cases_read(&op, &n);
    (void)state;

    for (int i = 0; i < n; i++) {
        struct compliance_facts *f = &cases[i].facts;
        shelve(&op, f);
        struct compliance_verdict v = compliance_decide(f);
        struct decision_record r = decision_record(&op, f, &v);
        assert_null(f->number.e164[0] ? strstr(r.record, f->number.e164) : NULL);
        assert_null(strstr(r.record, "consent_date"));
        assert_null(f->from_number && *f->from_number ? strstr(r.record, f->from_number) : NULL);
    }
    op_end(&op);
}

static void a_changed_character_of_the_personal_part_is_noticed(void **state)
{
    struct op op = {0};
    int n;
    struct law_case *cases = law_cases_read(&op, &n);
    (void)state;

    shelve(&op, &cases[0].facts);
    struct compliance_verdict v = compliance_decide(&cases[0].facts);
    struct decision_record r = decision_record(&op, &cases[0].facts, &v);
    size_t length = strlen(r.personal);
    assert_true(commitment_fits(str_of(r.record), str_of(r.salt), str_of(r.personal)));
    for (size_t i = 0; i < FORGERIES; i++) {
        char *forged = arena_strdup(&op.arena, r.personal);
        forged[i % length] = (char)(forged[i % length] ^ (1 << i % 7));
        assert_false(commitment_fits(str_of(r.record), str_of(r.salt), str_of(forged)));
    }
    op_end(&op);
}

static void what_is_no_record_is_refused_by_name(void **state)
{
    static const struct {
        const char *record, *personal, *message;
    } cases[] = {
        {"{", "{}", "verdict"},
        {"{\"version\":1,\"verdict\":{},\"commitment\":\"00\"}", "{", "JSON"},
        {"{\"version\":1,\"country\":\"IT\",\"laws\":[],\"verdict\":{},\"commitment\":\"\"}", "{}",
         "zones"},
        {"{\"at\":\"now\",\"country\":\"IT\",\"verdict\":{},\"commitment\":\"\"}", "{}", "at"},
    };
    struct compliance_facts none = {0};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct op op = {0};
        struct decision_replay replay;
        assert_false(
            decision_replay(&op, cases[i].record, cases[i].personal, law_at, &none, &replay));
        assert_int_equal(op.err.code, E_VALIDATION_ERROR);
        assert_non_null(strstr(op.err.message, cases[i].message));
        op_end(&op);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_of_the_catalogue_is_decided_again_from_its_record),
        cmocka_unit_test(whatever_chance_makes_is_decided_again_from_its_record),
        cmocka_unit_test(nothing_personal_stands_in_the_record),
        cmocka_unit_test(a_changed_character_of_the_personal_part_is_noticed),
        cmocka_unit_test(what_is_no_record_is_refused_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
