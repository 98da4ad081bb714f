/*
 * test_engine_oracle.c - the engine against the oracle, over facts made at random.
 *
 * Each case begins as one of the catalogue's and has parts of it replaced: instants near
 * changes of the clock, windows, calendars, territories, caps, consents, lists, overrides.
 * ORACLE_CASES and ORACLE_SEED say how many and which; `make oracle` does a million.
 */

#include "tests/support/check.h"
#include "tests/support/made_facts.h"
#include "tests/support/oracle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CASES = 20000 };

static uint64_t temporal(uint64_t codes)
{
    uint64_t out = 0;

    for (unsigned i = 0; i < CC_COUNT; i++)
        if ((codes & CODE_BIT(i)) && compliance_is_temporal(CODE_BIT(i)))
            out |= CODE_BIT(i);
    return out;
}

/* Over a guard the first closed instant gives each reason its name: only that there is one counts.
 */
static bool same_codes(const struct compliance_facts *f, uint64_t a, uint64_t b)
{
    if (!f->guard_seconds)
        return a == b;
    uint64_t invalid = CODE_BIT(CC_QUIET_HOURS_INVALID_CONFIG);
    return ((a ^ b) & ~temporal(a | b) & ~invalid) == 0 && !a == !b;
}

struct score {
    long unlawful, overblocked, next, codes, status, approved, waiting;
};

static bool judge(const struct compliance_facts *f, const struct compliance_facts *told,
                  struct score *s)
{
    struct compliance_verdict v = compliance_decide(told);
    struct oracle_answer o = oracle_decide(f);
    enum verdict_status status = o.codes    ? VERDICT_REJECTED
                                 : o.warned ? VERDICT_WARNING
                                            : VERDICT_APPROVED;
    struct score before = *s;

    s->unlawful += !v.codes && o.codes;
    s->overblocked += v.codes && !o.codes;
    s->next += v.next_allowed_at.us != o.next_us;
    s->codes += !same_codes(f, v.codes, o.codes);
    s->status += v.status != status;
    s->approved += !v.codes;
    s->waiting += o.next_us != 0;
    return before.unlawful == s->unlawful && before.overblocked == s->overblocked
           && before.next == s->next && before.codes == s->codes && before.status == s->status;
}

static void describe(const struct compliance_facts *f, uint64_t seed)
{
    struct compliance_verdict v = compliance_decide(f);
    struct oracle_answer o = oracle_decide(f);

    print_error("ORACLE_SEED=%" PRIu64 " ORACLE_CASES=1: at %" PRId64 " guard %d: engine %" PRIx64
                " warnings %" PRIx64 " next %" PRId64 ", oracle %" PRIx64 " warned %d next %" PRId64
                "\n",
                seed, f->at.us, f->guard_seconds, v.codes, v.warnings, v.next_allowed_at.us,
                o.codes, o.warned, o.next_us);
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void engine_and_oracle_agree_on_whatever_chance_makes(void **state)
{
    static struct made made;
    struct op op = {0};
    uint64_t cases_wanted = setting("ORACLE_CASES", CASES), seed = setting("ORACLE_SEED", 20261122);
    struct score s = {0};
    int n, shown = 0;
    const struct law_case *cases = law_cases_read(&op, &n);
    time_t began = time(NULL);
    (void)state;

    for (uint64_t i = 0; i < cases_wanted; i++) {
        struct compliance_facts f = made_facts(&made, seed + i, cases, n);
        if (!judge(&f, &f, &s) && shown++ < 10)
            describe(&f, seed + i);
        if (cases_wanted > 100000 && i % 100000 == 0 && i)
            print_message("%" PRIu64 " cases, %lld s\n", i, (long long)(time(NULL) - began));
    }
    print_message("%" PRIu64 " cases: %ld approved, %ld wait; %ld unlawful, %ld over-blocked, %ld "
                  "other next instants, %ld other codes, %ld other statuses\n",
                  cases_wanted, s.approved, s.waiting, s.unlawful, s.overblocked, s.next, s.codes,
                  s.status);
    op_end(&op);
    assert_int_equal(s.unlawful + s.overblocked + s.next + s.codes + s.status, 0);
}

/* ---- an oracle that cannot disagree proves nothing: the engine is told lies */

static void end_a_minute_early(struct made *m, struct compliance_facts *f)
{
    (void)f;
    for (int i = 0; i < FACTS_MAX_LAWS; i++)
        if (m->laws[i].times.quiet.end_minute > 1
            && m->laws[i].times.quiet.end_minute - 1 != m->laws[i].times.quiet.start_minute)
            m->laws[i].times.quiet.end_minute--;
}

static void forget_a_territory(struct made *m, struct compliance_facts *f)
{
    (void)f;
    for (int i = 0; i < FACTS_MAX_LAWS; i++) {
        m->laws[i].n_subs = 0;
        m->laws[i].n_areas = 0;
        m->laws[i].area_widths = 0;
    }
}

static void count_one_attempt_less(struct made *m, struct compliance_facts *f)
{
    (void)m;
    f->n_attempts -= f->n_attempts > 0;
}

static void forget_a_zone(struct made *m, struct compliance_facts *f)
{
    (void)m;
    f->number.n_zones -= f->number.n_zones > 0;
}

static void forget_the_guard(struct made *m, struct compliance_facts *f)
{
    (void)m;
    f->guard_seconds = 0;
}

static void forget_the_holidays(struct made *m, struct compliance_facts *f)
{
    (void)f;
    for (int i = 0; i < FACTS_MAX_LAWS; i++)
        m->laws[i].times.calendar.n = 0;
}

static void let_consent_last_a_month_longer(struct made *m, struct compliance_facts *f)
{
    (void)f;
    for (int i = 0; i < FACTS_MAX_LAWS; i++)
        m->laws[i].b2c.max_age_months += m->laws[i].b2c.max_age_months > 0;
}

static void be_a_microsecond_late(struct made *m, struct compliance_facts *f)
{
    (void)m;
    f->at.us++;
}

static void every_planted_lie_is_noticed(void **state)
{
    static const struct {
        const char *name;
        void (*tell)(struct made *m, struct compliance_facts *f);
    } lies[] = {
        {"a window ends a minute early", end_a_minute_early},
        {"a territory is forgotten", forget_a_territory},
        {"one attempt less is counted", count_one_attempt_less},
        {"one zone less is asked", forget_a_zone},
        {"the guard is forgotten", forget_the_guard},
        {"holidays are forgotten", forget_the_holidays},
        {"consent lasts a month longer", let_consent_last_a_month_longer},
        {"the call is a microsecond late", be_a_microsecond_late},
    };
    static struct made made, twisted;
    struct op op = {0};
    int n;
    const struct law_case *cases = law_cases_read(&op, &n);
    (void)state;

    for (size_t l = 0; l < ARRAY_LEN(lies); l++) {
        bool noticed = false;
        int i = 0;
        for (; !noticed && i < 20000; i++) {
            struct score s = {0};
            struct compliance_facts f = made_facts(&made, (uint64_t)i + 77, cases, n);
            struct compliance_facts told = made_facts(&twisted, (uint64_t)i + 77, cases, n);
            lies[l].tell(&twisted, &told);
            noticed = !judge(&f, &told, &s);
        }
        print_message("%s: noticed after %d cases\n", lies[l].name, i);
        if (!noticed)
            fail_msg("nobody noticed: %s", lies[l].name);
    }
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engine_and_oracle_agree_on_whatever_chance_makes),
        cmocka_unit_test(every_planted_lie_is_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
