/* test_sim_rules.c - the simulator's decisions: settings, chance, outcomes, order, windows. */

#include "tests/retell_sim/batch.h"
#include "tests/retell_sim/config.h"
#include "tests/retell_sim/index.h"
#include "tests/retell_sim/json.h"
#include "tests/retell_sim/rng.h"
#include "tests/retell_sim/timers.h"
#include "tests/support/check.h"

#include <stdlib.h>

#define DRAWS 20000

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void lognormal_meets_its_median_and_95th_percentile(void **state)
{
    static double drawn[DRAWS];
    struct sim_rng r = sim_rng_for(1, SIM_RNG_CALL, 0);

    (void)state;
    for (size_t i = 0; i < DRAWS; i++)
        drawn[i] = sim_rng_lognormal(&r, 9000, 22000);
    qsort(drawn, DRAWS, sizeof(drawn[0]), by_size);
    assert_true(drawn[DRAWS / 2] > 8700 && drawn[DRAWS / 2] < 9300);
    assert_true(drawn[DRAWS * 95 / 100] > 21000 && drawn[DRAWS * 95 / 100] < 23000);
    assert_true(sim_rng_lognormal(&r, 0, 0) <= 0);
}

static void streams_repeat_and_differ_by_name(void **state)
{
    struct sim_rng a = sim_rng_for(7, SIM_RNG_CALL, 3), same = sim_rng_for(7, SIM_RNG_CALL, 3);
    struct sim_rng later = sim_rng_for(7, SIM_RNG_CALL, 4), other = sim_rng_for(7, SIM_RNG_TEXT, 3);
    uint64_t first = sim_rng_next(&a);

    (void)state;
    assert_true(first == sim_rng_next(&same));
    assert_true(first != sim_rng_next(&later));
    assert_true(first != sim_rng_next(&other));
}

static void a_weight_of_zero_is_never_picked(void **state)
{
    const double weights[] = {0, 3, 0, 1, 0};
    struct sim_rng r = sim_rng_for(1, SIM_RNG_CALL, 0);
    int seen[ARRAY_LEN(weights)] = {0};

    (void)state;
    for (int i = 0; i < 4000; i++)
        seen[sim_rng_pick(&r, weights, ARRAY_LEN(weights))]++;
    assert_int_equal(seen[0] + seen[2] + seen[4], 0);
    assert_true(seen[1] > 2850 && seen[1] < 3150);
    assert_int_equal(sim_rng_pick(&r, (const double[]){0, 0}, 2), 2);
}

static void the_directive_beats_the_number_which_beats_chance(void **state)
{
    struct sim_limits limits = {.ring_ms = 30000, .max_call_ms = 3600000, .forced = -1};
    struct str busy = STR("{\"outcome\":\"dial_busy\",\"ring_ms\":12,\"duration_ms\":5}");
    struct sim_config c;
    struct buf why = {0};

    (void)state;
    sim_config_init(&c);
    assert_true(sim_config_merge(&c, STR("{\"outcomes\":{\"inactivity\":1}}"), &why));
    for (uint64_t i = 0; i < 50; i++) {
        struct sim_rng r = sim_rng_for(1, SIM_RNG_CALL, i), again = r, third = r;
        struct sim_plan told = sim_plan_call(&c, &r, busy, STR("+393330000003"), &limits);
        struct sim_plan magic = sim_plan_call(&c, &again, STR(""), STR("+393330000003"), &limits);
        struct sim_plan drawn = sim_plan_call(&c, &third, STR(""), STR("+393335551234"), &limits);
        assert_int_equal(told.outcome, SIM_OUT_dial_busy);
        assert_true(told.wait_ms >= 12 && told.wait_ms <= 12 && told.talk_ms <= 0);
        assert_int_equal(magic.outcome, SIM_OUT_voicemail_reached);
        assert_true(magic.talk_ms >= 18000 && magic.talk_ms <= 28000);
        assert_int_equal(drawn.outcome, SIM_OUT_inactivity);
        assert_true(drawn.wait_ms <= limits.ring_ms && drawn.talk_ms > 0);
    }
    sim_config_free(&c);
}

static void the_default_mix_comes_out_as_written(void **state)
{
    struct sim_limits limits = {.ring_ms = 30000, .max_call_ms = 3600000, .forced = -1};
    int seen[SIM_OUTCOMES] = {0};
    struct sim_config c;

    (void)state;
    sim_config_init(&c);
    for (uint64_t i = 0; i < DRAWS; i++) {
        struct sim_rng r = sim_rng_for(c.seed, SIM_RNG_CALL, i);
        seen[sim_plan_call(&c, &r, STR(""), STR("+393335551234"), &limits).outcome]++;
    }
    for (size_t o = 0; o < SIM_OUTCOMES; o++) {
        double got = (double)seen[o] / DRAWS;
        assert_true(got > c.outcomes[o] - 0.012 && got < c.outcomes[o] + 0.012);
    }
    sim_config_free(&c);
}

static void younger_reasons_have_an_older_name(void **state)
{
    (void)state;
    assert_int_equal(sim_outcome_at_level(SIM_OUT_user_requested_dnc, false), SIM_OUT_agent_hangup);
    assert_int_equal(sim_outcome_at_level(SIM_OUT_user_requested_dnc, true),
                     SIM_OUT_user_requested_dnc);
    assert_int_equal(sim_outcome_named(STR("dial_busy")), SIM_OUT_dial_busy);
    assert_int_equal(sim_outcome_named(STR("dial")), SIM_OUTCOMES);
}

static void settings_merge_and_say_what_they_refuse(void **state)
{
    struct sim_config c;
    struct buf why = {0};

    (void)state;
    sim_config_init(&c);
    assert_true(sim_config_merge(&c, STR("{\"webhooks\":{\"retries\":1}}"), &why));
    assert_int_equal(c.hook_retries, 1);
    assert_true(c.hook_timeout_ms > 9999 && c.hook_timeout_ms < 10001);
    assert_true(sim_config_merge(&c, STR("{\"webhooks\":{\"retry_gap_ms\":[7]}}"), &why));
    assert_true(c.hook_retry_gap_ms[7] > 6.9 && c.hook_retry_gap_ms[7] < 7.1);
    assert_false(
        sim_config_merge(&c, STR("{\"api\":{\"faults\":{\"http_500\":2}},\"nope\":1}"), &why));
    assert_non_null(strstr(why.p, "api.faults.http_500: bad value"));
    assert_non_null(strstr(why.p, "nope: not accepted"));
    assert_false(sim_config_merge(&c, STR("{\"outcomes\":{\"fine\":1}}"), &why));
    assert_false(sim_config_merge(&c, STR("[]"), &why));
    buf_free(&why);
    sim_config_free(&c);
}

struct tick {
    struct sim_timer timer;
    int number;
};

static int fired[64];
static size_t nfired;

static void record(struct sim_timer *t)
{
    fired[nfired++] = SIM_CONTAINER(t, struct tick, timer)->number;
}

static void timers_fire_in_order_and_stopped_ones_never(void **state)
{
    struct tick ticks[40] = {0};
    struct sim_timers ts = {.scale = 1};

    (void)state;
    nfired = 0;
    for (int i = 0; i < 40; i++) {
        ticks[i] = (struct tick){.timer.fire = record, .number = i};
        sim_timer_set_us(&ts, &ticks[i].timer, (i * 7) % 10);
    }
    for (int i = 0; i < 40; i += 4)
        sim_timer_stop(&ts, &ticks[i].timer);
    assert_int_equal(sim_timers_run(&ts, 4), 5);
    assert_int_equal(sim_timers_run(&ts, 100), -1);
    assert_int_equal(nfired, 30);
    for (size_t i = 1; i < nfired; i++) {
        int before = (fired[i - 1] * 7) % 10, now = (fired[i] * 7) % 10;
        assert_true(before < now || (before == now && fired[i - 1] < fired[i]));
        assert_int_not_equal(fired[i] % 4, 0);
    }
    free(ts.heap);
}

static void postings_come_newest_first_through_growth(void **state)
{
    struct sim_index x = {0};
    uint64_t twice = sim_index_hash('m', 0, STR("k"), STR("v"));
    uint32_t count;

    (void)state;
    sim_index_add(&x, twice, 1);
    for (uint32_t i = 0; i < 5000; i++)
        sim_index_add(&x, sim_index_hash('c', i, STR("id"), STR("")), i);
    sim_index_add(&x, twice, 9);
    uint32_t at = sim_index_find(&x, twice, &count);
    assert_int_equal(count, 2);
    assert_int_equal(x.postings[at].ordinal, 9);
    assert_int_equal(x.postings[x.postings[at].next].ordinal, 1);
    for (uint32_t i = 0; i < 5000; i++) {
        at = sim_index_find(&x, sim_index_hash('c', i, STR("id"), STR("")), &count);
        assert_int_equal(x.postings[at].ordinal, i);
    }
    assert_int_equal(sim_index_find(&x, twice + 1, &count), SIM_NONE);
    assert_true(sim_index_hash('m', 0, STR("ab"), STR("c"))
                != sim_index_hash('m', 0, STR("a"), STR("bc")));
    sim_index_clear(&x);
}

static void a_batch_window_is_local_time_on_its_days(void **state)
{
    static const struct {
        const char *window;
        int64_t at; /* seconds */
        bool open;
    } cases[] = {
        /* 2026-07-06 is a Monday; Rome is UTC+2 then, and UTC+1 on Monday 2026-01-05 */
        {"{\"windows\":[{\"start\":540,\"end\":600}],\"timezone\":\"Europe/Rome\"}", 1783321200,
         true},
        {"{\"windows\":[{\"start\":540,\"end\":600}],\"timezone\":\"Europe/Rome\"}", 1783324800,
         false},
        {"{\"windows\":[{\"start\":540,\"end\":600}],\"timezone\":\"Europe/Rome\"}", 1767600000,
         true},
        {"{\"windows\":[{\"start\":540,\"end\":600}],\"timezone\":\"Europe/Rome\","
         "\"day\":[\"Sunday\"]}",
         1783321200, false},
        {"{\"windows\":[{\"start\":0,\"end\":1440}],\"day\":[\"Sunday\"]}", 1783321200, false},
        {"{\"windows\":[{\"start\":0,\"end\":1440}],\"day\":[\"Monday\"]}", 1783321200, true},
        {"", 1783321200, true},
    };
    struct sim_batch_window w;
    struct sim_reply r = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_true(sim_batch_window_read(str_of(cases[i].window), &w, &r));
        assert_int_equal(sim_batch_window_open(&w, cases[i].at * 1000), cases[i].open);
    }
    assert_false(sim_batch_window_read(
        STR("{\"windows\":[{\"start\":0,\"end\":9}],\"timezone\":\"Mars/Base\"}"), &w, &r));
    buf_free(&r.body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lognormal_meets_its_median_and_95th_percentile),
        cmocka_unit_test(streams_repeat_and_differ_by_name),
        cmocka_unit_test(a_weight_of_zero_is_never_picked),
        cmocka_unit_test(the_directive_beats_the_number_which_beats_chance),
        cmocka_unit_test(the_default_mix_comes_out_as_written),
        cmocka_unit_test(younger_reasons_have_an_older_name),
        cmocka_unit_test(settings_merge_and_say_what_they_refuse),
        cmocka_unit_test(timers_fire_in_order_and_stopped_ones_never),
        cmocka_unit_test(postings_come_newest_first_through_growth),
        cmocka_unit_test(a_batch_window_is_local_time_on_its_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
