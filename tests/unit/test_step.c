/* test_step.c - the dial engine's state machine as a table, and what holds for all of it. */

#include "common/call/step.h"

#include "common/base/compiler.h"
#include "tests/support/check.h"

#include <string.h>

#define AGAIN .again = true
#define DONE .row_after = ROW_DONE
#define RIVAL .rival = true
#define REPEATED_SINCE .repeated = true

struct step_case {
    struct dial_state from;
    struct dial_event event;
    enum row_state row;
    enum attempt_state attempt;
    unsigned effects;
};

/* clang-format off */
#define FROM(row_, attempt_, ...) {.row = ROW_##row_, .attempt = ATTEMPT_##attempt_, __VA_ARGS__}
#define ON(kind_, ...) {.kind = EVENT_##kind_, __VA_ARGS__}
#define TO(row_, attempt_, effects_) ROW_##row_, ATTEMPT_##attempt_, (effects_)

static const struct step_case moves[] = {
    /* the row's turn */
    {FROM(SCHEDULED, NONE), ON(DUE), TO(QUEUED, NONE, EFFECT_MESSAGE)},
    {FROM(SCHEDULED, REFUTED), ON(DUE), TO(QUEUED, REFUTED, EFFECT_MESSAGE)},
    {FROM(QUEUED, NONE), ON(SWEPT), TO(SCHEDULED, NONE, 0)},
    {FROM(QUEUED, NONE), ON(PUT_BACK), TO(SCHEDULED, NONE, 0)},
    {FROM(QUEUED, NONE), ON(CLAIMED), TO(PROCESSING, INTENT, EFFECT_DIAL)},
    {FROM(QUEUED, REJECTED), ON(CLAIMED), TO(PROCESSING, INTENT, EFFECT_DIAL)},
    {FROM(QUEUED, REFUTED), ON(CLAIMED), TO(PROCESSING, INTENT, EFFECT_DIAL)},
    {FROM(SCHEDULED, NONE), ON(EXPIRED), TO(FAILED, NONE, 0)},
    {FROM(QUEUED, NONE), ON(EXPIRED), TO(FAILED, NONE, 0)},
    {FROM(SCHEDULED, NONE), ON(CANCELED), TO(CANCELED, NONE, 0)},
    {FROM(QUEUED, NONE), ON(CANCELED), TO(CANCELED, NONE, 0)},
    /* the answer */
    {FROM(PROCESSING, INTENT), ON(ACCEPTED), TO(PROCESSING, ACCEPTED, 0)},
    {FROM(PROCESSING, UNKNOWN), ON(ACCEPTED), TO(PROCESSING, ACCEPTED, 0)},
    {FROM(PROCESSING, INTENT), ON(REJECTED, AGAIN), TO(SCHEDULED, REJECTED, 0)},
    {FROM(PROCESSING, INTENT), ON(REJECTED), TO(FAILED, REJECTED, 0)},
    {FROM(PROCESSING, UNKNOWN), ON(REJECTED, AGAIN), TO(SCHEDULED, REJECTED, 0)},
    {FROM(PROCESSING, INTENT), ON(NEVER_SENT, AGAIN), TO(SCHEDULED, REFUTED, 0)},
    {FROM(PROCESSING, UNKNOWN), ON(NEVER_SENT), TO(FAILED, REFUTED, 0)},
    {FROM(PROCESSING, INTENT), ON(UNANSWERED), TO(PROCESSING, UNKNOWN, 0)},
    /* what the reconciler concludes */
    {FROM(PROCESSING, UNKNOWN), ON(ABSENT, AGAIN), TO(SCHEDULED, REFUTED, 0)},
    {FROM(PROCESSING, UNKNOWN), ON(ABSENT), TO(FAILED, REFUTED, 0)},
    {FROM(PROCESSING, UNKNOWN), ON(UNRESOLVABLE), TO(FAILED, UNRESOLVED, 0)},
    {FROM(CANCELED, UNKNOWN), ON(ABSENT, AGAIN), TO(CANCELED, REFUTED, 0)},
    /* nobody knows: the same request once more, of which whatever comes is as good as of the first */
    {FROM(PROCESSING, UNKNOWN), ON(REPEATED), TO(PROCESSING, UNKNOWN, EFFECT_REPEAT)},
    {FROM(PROCESSING, UNKNOWN, REPEATED_SINCE), ON(ACCEPTED), TO(PROCESSING, ACCEPTED, 0)},
    {FROM(PROCESSING, UNKNOWN, REPEATED_SINCE), ON(ENDED, DONE), TO(DONE, ENDED, EFFECT_OVER)},
    /* what the provider tells */
    {FROM(PROCESSING, INTENT), ON(REGISTERED), TO(PROCESSING, ACCEPTED, 0)},
    {FROM(PROCESSING, ACCEPTED), ON(RINGING), TO(PROCESSING, RINGING, 0)},
    {FROM(PROCESSING, RINGING), ON(ONGOING), TO(PROCESSING, ONGOING, 0)},
    {FROM(PROCESSING, UNKNOWN), ON(ONGOING), TO(PROCESSING, ONGOING, 0)},
    {FROM(PROCESSING, ONGOING), ON(ENDED, DONE), TO(DONE, ENDED, EFFECT_OVER)},
    {FROM(PROCESSING, INTENT), ON(ENDED, DONE), TO(DONE, ENDED, EFFECT_OVER)},
    {FROM(PROCESSING, RINGING), ON(NOT_CONNECTED, .row_after = ROW_FAILED), TO(FAILED, NOT_CONNECTED, EFFECT_OVER)},
    {FROM(PROCESSING, ACCEPTED), ON(ERROR, .row_after = ROW_CANCELED), TO(CANCELED, ERROR, EFFECT_OVER)},
    {FROM(CANCELED, ONGOING), ON(ENDED, DONE), TO(CANCELED, ENDED, EFFECT_OVER)},
    /* it was placed after all, and nothing else was dialled: the row comes back to it */
    {FROM(SCHEDULED, REFUTED), ON(REGISTERED), TO(PROCESSING, ACCEPTED, EFFECT_ALARM)},
    {FROM(QUEUED, REJECTED), ON(RINGING), TO(PROCESSING, RINGING, EFFECT_ALARM)},
    {FROM(FAILED, UNRESOLVED), ON(ONGOING), TO(PROCESSING, ONGOING, EFFECT_ALARM)},
    {FROM(FAILED, UNRESOLVED), ON(ENDED, DONE), TO(DONE, ENDED, EFFECT_ALARM | EFFECT_OVER)},
    {FROM(CANCELED, REFUTED), ON(ACCEPTED), TO(PROCESSING, ACCEPTED, EFFECT_ALARM)},
    /* and another attempt lives: the late one is hung up, unless it is over */
    {FROM(PROCESSING, REFUTED, RIVAL), ON(ACCEPTED), TO(PROCESSING, ACCEPTED_LATE, EFFECT_ALARM | EFFECT_STOP)},
    {FROM(PROCESSING, REJECTED, RIVAL), ON(ONGOING), TO(PROCESSING, ACCEPTED_LATE, EFFECT_ALARM | EFFECT_STOP)},
    {FROM(DONE, REFUTED, RIVAL), ON(ENDED, DONE), TO(DONE, ACCEPTED_LATE, EFFECT_ALARM)},
};

/* What means nothing there changes nothing. */
static const struct step_case refusals[] = {
    {FROM(QUEUED, NONE), ON(DUE), TO(QUEUED, NONE, 0)},
    {FROM(SCHEDULED, NONE), ON(SWEPT), TO(SCHEDULED, NONE, 0)},
    {FROM(PROCESSING, INTENT), ON(SWEPT), TO(PROCESSING, INTENT, 0)},
    {FROM(PROCESSING, INTENT), ON(PUT_BACK), TO(PROCESSING, INTENT, 0)},
    {FROM(SCHEDULED, NONE), ON(CLAIMED), TO(SCHEDULED, NONE, 0)},
    {FROM(CANCELED, NONE), ON(CLAIMED), TO(CANCELED, NONE, 0)},
    {FROM(QUEUED, REFUTED, RIVAL), ON(CLAIMED), TO(QUEUED, REFUTED, 0)},
    {FROM(QUEUED, UNKNOWN), ON(CLAIMED), TO(QUEUED, UNKNOWN, 0)},
    {FROM(PROCESSING, INTENT), ON(EXPIRED), TO(PROCESSING, INTENT, 0)},
    {FROM(PROCESSING, ONGOING), ON(CANCELED), TO(PROCESSING, ONGOING, 0)},
    {FROM(DONE, ENDED), ON(CANCELED), TO(DONE, ENDED, 0)},
    {FROM(PROCESSING, ACCEPTED), ON(REJECTED, AGAIN), TO(PROCESSING, ACCEPTED, 0)},
    {FROM(PROCESSING, ONGOING), ON(NEVER_SENT, AGAIN), TO(PROCESSING, ONGOING, 0)},
    {FROM(PROCESSING, ACCEPTED), ON(UNANSWERED), TO(PROCESSING, ACCEPTED, 0)},
    {FROM(PROCESSING, INTENT), ON(ABSENT, AGAIN), TO(PROCESSING, INTENT, 0)},
    {FROM(PROCESSING, ACCEPTED), ON(ABSENT, AGAIN), TO(PROCESSING, ACCEPTED, 0)},
    {FROM(PROCESSING, INTENT), ON(UNRESOLVABLE), TO(PROCESSING, INTENT, 0)},
    {FROM(SCHEDULED, REFUTED), ON(UNANSWERED), TO(SCHEDULED, REFUTED, 0)},
    /* only what is unknown and nobody's rival is sent again */
    {FROM(PROCESSING, INTENT), ON(REPEATED), TO(PROCESSING, INTENT, 0)},
    {FROM(PROCESSING, ACCEPTED), ON(REPEATED), TO(PROCESSING, ACCEPTED, 0)},
    {FROM(SCHEDULED, REFUTED), ON(REPEATED), TO(SCHEDULED, REFUTED, 0)},
    {FROM(FAILED, UNRESOLVED), ON(REPEATED), TO(FAILED, UNRESOLVED, 0)},
    {FROM(CANCELED, UNKNOWN), ON(REPEATED), TO(CANCELED, UNKNOWN, 0)},
    {FROM(PROCESSING, UNKNOWN, RIVAL), ON(REPEATED), TO(PROCESSING, UNKNOWN, 0)},
    /* a no from before the request was sent again says nothing of what came after */
    {FROM(PROCESSING, UNKNOWN, REPEATED_SINCE), ON(REJECTED, AGAIN), TO(PROCESSING, UNKNOWN, 0)},
    {FROM(PROCESSING, UNKNOWN, REPEATED_SINCE), ON(NEVER_SENT, AGAIN), TO(PROCESSING, UNKNOWN, 0)},
    {FROM(PROCESSING, UNKNOWN, REPEATED_SINCE), ON(ABSENT, AGAIN), TO(PROCESSING, UNKNOWN, 0)},
    {FROM(PROCESSING, UNKNOWN, REPEATED_SINCE), ON(UNRESOLVABLE), TO(PROCESSING, UNKNOWN, 0)},
    {FROM(PROCESSING, UNKNOWN, REPEATED_SINCE), ON(REPEATED), TO(PROCESSING, UNKNOWN, 0)},
    {FROM(SCHEDULED, NONE), ON(ONGOING), TO(SCHEDULED, NONE, 0)},
    {FROM(PROCESSING, ONGOING), ON(RINGING), TO(PROCESSING, ONGOING, 0)},
    {FROM(PROCESSING, ACCEPTED), ON(REGISTERED), TO(PROCESSING, ACCEPTED, 0)},
    {FROM(DONE, ENDED), ON(NOT_CONNECTED, .row_after = ROW_FAILED), TO(DONE, ENDED, 0)},
    {FROM(FAILED, ERROR), ON(ENDED, DONE), TO(FAILED, ERROR, 0)},
    {FROM(PROCESSING, ACCEPTED_LATE, RIVAL), ON(ENDED, DONE), TO(PROCESSING, ACCEPTED_LATE, 0)},
};
/* clang-format on */

static void assert_steps(const struct step_case *cases, size_t n, bool moved)
{
    for (size_t i = 0; i < n; i++) {
        const struct step_case *c = &cases[i];
        struct dial_step to = dial_step(&c->from, &c->event);
        if (to.moved != moved || to.row != c->row || to.attempt != c->attempt
            || to.effects != c->effects)
            fail_msg("case %zu: %s/%s, event %d: %s/%s, effects %x", i,
                     row_state_names[c->from.row], attempt_state_names[c->from.attempt],
                     (int)c->event.kind, row_state_names[to.row], attempt_state_names[to.attempt],
                     to.effects);
    }
}

static void an_event_moves_a_row_and_its_attempt(void **state)
{
    (void)state;
    assert_steps(moves, ARRAY_LEN(moves), true);
}

static void an_event_that_means_nothing_changes_nothing(void **state)
{
    (void)state;
    assert_steps(refusals, ARRAY_LEN(refusals), false);
}

static void an_attempt_lives_from_its_intent_to_its_conclusion(void **state)
{
    static const bool lives[] = {false, true, true,  true,  true,  true, true,
                                 true,  true, false, false, false, false};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(lives); i++)
        assert_int_equal(attempt_lives((enum attempt_state)i), lives[i]);
}

static void the_names_are_those_of_the_states(void **state)
{
    (void)state;

    for (int i = 0; row_state_names[i]; i++)
        assert_int_equal(row_state_named(row_state_names[i]), i);
    for (int i = 0; attempt_state_names[i]; i++)
        assert_int_equal(attempt_state_named(attempt_state_names[i]), i);
    assert_string_equal(row_state_names[ROW_CANCELED], "canceled");
    assert_string_equal(attempt_state_names[ATTEMPT_ACCEPTED_LATE], "accepted_late");
}

typedef void visit(const struct dial_state *s, const struct dial_event *e);

static void for_every_state_and_event(visit *check)
{
    struct dial_state s;
    struct dial_event e;

    for (int row = 0; row_state_names[row]; row++)
        for (int attempt = 0; attempt_state_names[attempt]; attempt++)
            for (int kind = EVENT_DUE; kind <= EVENT_ERROR; kind++)
                for (int flags = 0; flags < 24; flags++) {
                    s = (struct dial_state){(enum row_state)row, (enum attempt_state)attempt,
                                            flags & 1, flags & 4};
                    e = (struct dial_event){(enum dial_event_kind)kind, flags & 2,
                                            (enum row_state)(ROW_DONE + flags / 8)};
                    check(&s, &e);
                }
}

static void answers_with_a_state(const struct dial_state *s, const struct dial_event *e)
{
    struct dial_step to = dial_step(s, e);
    bool differs = to.row != s->row || to.attempt != s->attempt || to.effects & EFFECT_REPEAT;

    assert_in_range(to.row, ROW_SCHEDULED, ROW_CANCELED);
    assert_in_range(to.attempt, ATTEMPT_NONE, ATTEMPT_ACCEPTED_LATE);
    assert_int_equal(to.moved, differs);
    if (!to.moved)
        assert_int_equal(to.effects, 0);
}

static void answers_the_same_twice(const struct dial_state *s, const struct dial_event *e)
{
    struct dial_state s_before = *s;
    struct dial_event e_before = *e;
    struct dial_step once = dial_step(s, e);
    struct dial_step other = dial_step(&(struct dial_state){ROW_QUEUED, ATTEMPT_NONE, false, false},
                                       &(struct dial_event){.kind = EVENT_CLAIMED});
    struct dial_step twice = dial_step(s, e);

    assert_int_equal(other.effects, EFFECT_DIAL);
    assert_true(s->row == s_before.row && s->attempt == s_before.attempt
                && s->rival == s_before.rival && s->repeated == s_before.repeated
                && e->kind == e_before.kind && e->again == e_before.again
                && e->row_after == e_before.row_after);
    assert_true(once.moved == twice.moved && once.row == twice.row && once.attempt == twice.attempt
                && once.effects == twice.effects);
}

/* How sure we are that there is, or was, a call; -1 = a belief that there is none. */
static int sureness(enum attempt_state s)
{
    static const int of[] = {
        [ATTEMPT_NONE] = 0,         [ATTEMPT_INTENT] = 1,        [ATTEMPT_UNKNOWN] = 2,
        [ATTEMPT_ACCEPTED] = 3,     [ATTEMPT_RINGING] = 4,       [ATTEMPT_ONGOING] = 5,
        [ATTEMPT_ENDED] = 6,        [ATTEMPT_NOT_CONNECTED] = 6, [ATTEMPT_ERROR] = 6,
        [ATTEMPT_REJECTED] = -1,    [ATTEMPT_REFUTED] = -1,      [ATTEMPT_UNRESOLVED] = -1,
        [ATTEMPT_ACCEPTED_LATE] = 7};
    return of[s];
}

static void moves_forward(const struct dial_state *s, const struct dial_event *e)
{
    struct dial_step to = dial_step(s, e);
    int before = sureness(s->attempt), after = sureness(to.attempt);

    if (e->kind == EVENT_CLAIMED || to.attempt == s->attempt)
        return; /* a claim's attempt is a new one */
    if (after == -1)
        assert_in_range(before, 1, 2);
    else
        assert_true(after > before);
    if (before == -1)
        assert_true(after >= 3);
}

static void dials_only_what_nobody_dials(const struct dial_state *s, const struct dial_event *e)
{
    struct dial_step to = dial_step(s, e);

    if (to.effects & EFFECT_DIAL)
        assert_true(s->row == ROW_QUEUED && !s->rival && !attempt_lives(s->attempt)
                    && e->kind == EVENT_CLAIMED);
}

/* Between the two, all the world may have changed: nothing is concluded from the older one. */
static void concludes_nothing_from_before_a_repetition(const struct dial_state *s,
                                                       const struct dial_event *e)
{
    struct dial_step to = dial_step(s, e);

    if (to.effects & EFFECT_REPEAT)
        assert_true(s->row == ROW_PROCESSING && s->attempt == ATTEMPT_UNKNOWN && !s->rival
                    && !s->repeated && e->kind == EVENT_REPEATED);
    if (s->repeated && attempt_lives(s->attempt))
        assert_true(attempt_lives(to.attempt)
                    && (to.row == s->row || to.effects & EFFECT_OVER || e->kind < EVENT_ACCEPTED));
}

static void every_state_answers_every_event(void **state)
{
    (void)state;
    for_every_state_and_event(answers_with_a_state);
}

static void the_answer_depends_on_nothing_else(void **state)
{
    (void)state;
    for_every_state_and_event(answers_the_same_twice);
}

static void an_attempt_only_moves_forward(void **state)
{
    (void)state;
    for_every_state_and_event(moves_forward);
}

static void only_a_queued_row_without_a_living_attempt_is_dialled(void **state)
{
    (void)state;
    for_every_state_and_event(dials_only_what_nobody_dials);
}

static void after_a_repetition_only_what_the_provider_tells_counts(void **state)
{
    (void)state;
    for_every_state_and_event(concludes_nothing_from_before_a_repetition);
}

enum { STAGES = 4, TOLD = 6, WORDS = 4 * 4 * 4 * 4 * 4 * 4 };

struct outcome {
    enum row_state row;
    enum attempt_state attempt;
    int ends, alarms;
};

/* Each stage at least once, told in the order of the word's digits. */
static bool tells_all(int word)
{
    int seen = 0;

    for (int i = 0; i < TOLD; i++, word /= STAGES)
        seen |= 1 << word % STAGES;
    return seen == (1 << STAGES) - 1;
}

static struct outcome tell(struct dial_state s, int word, enum dial_event_kind end)
{
    const enum dial_event_kind kinds[STAGES] = {EVENT_REGISTERED, EVENT_RINGING, EVENT_ONGOING,
                                                end};
    struct outcome o = {0};

    for (int i = 0; i < TOLD; i++, word /= STAGES) {
        const struct dial_event e = {
            .kind = kinds[word % STAGES],
            .row_after = end == EVENT_ENDED ? ROW_DONE : ROW_FAILED,
        };
        struct dial_step to = dial_step(&s, &e);
        o.ends += (to.effects & EFFECT_OVER) != 0;
        o.alarms += (to.effects & EFFECT_ALARM) != 0;
        s.row = to.row;
        s.attempt = to.attempt;
    }
    o.row = s.row;
    o.attempt = s.attempt;
    return o;
}

static void assert_one_outcome(const struct dial_state *s, enum dial_event_kind end)
{
    struct outcome first = {0};
    bool have_first = false;

    for (int word = 0; word < WORDS; word++) {
        if (!tells_all(word))
            continue;
        struct outcome o = tell(*s, word, end);
        if (!have_first)
            first = o;
        have_first = true;
        assert_true(o.row == first.row && o.attempt == first.attempt && o.ends == first.ends
                    && o.alarms == first.alarms);
        assert_true(o.ends <= 1 && o.alarms <= 1);
    }
    assert_true(have_first);
}

static void whatever_the_order_and_number_of_events_the_end_is_the_same(void **state)
{
    static const enum dial_event_kind ends[] = {EVENT_ENDED, EVENT_NOT_CONNECTED, EVENT_ERROR};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        for (int row = 0; row_state_names[row]; row++)
            for (int attempt = 0; attempt_state_names[attempt]; attempt++)
                for (int rival = 0; rival < 2; rival++)
                    assert_one_outcome(&(struct dial_state){(enum row_state)row,
                                                            (enum attempt_state)attempt, rival,
                                                            false},
                                       ends[i]);
}

static void a_call_that_is_told_of_ends_its_row_once(void **state)
{
    static const enum attempt_state starts[] = {ATTEMPT_INTENT,   ATTEMPT_UNKNOWN,
                                                ATTEMPT_ACCEPTED, ATTEMPT_REJECTED,
                                                ATTEMPT_REFUTED,  ATTEMPT_UNRESOLVED};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(starts); i++)
        for (int word = 0; word < WORDS; word++) {
            if (!tells_all(word))
                continue;
            struct outcome o = tell((struct dial_state){ROW_PROCESSING, starts[i], false, false},
                                    word, EVENT_ENDED);
            assert_int_equal(o.row, ROW_DONE);
            assert_int_equal(o.attempt, ATTEMPT_ENDED);
            assert_int_equal(o.ends, 1);
            assert_int_equal(o.alarms, attempt_lives(starts[i]) ? 0 : 1);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_moves_a_row_and_its_attempt),
        cmocka_unit_test(an_event_that_means_nothing_changes_nothing),
        cmocka_unit_test(an_attempt_lives_from_its_intent_to_its_conclusion),
        cmocka_unit_test(the_names_are_those_of_the_states),
        cmocka_unit_test(every_state_answers_every_event),
        cmocka_unit_test(the_answer_depends_on_nothing_else),
        cmocka_unit_test(an_attempt_only_moves_forward),
        cmocka_unit_test(only_a_queued_row_without_a_living_attempt_is_dialled),
        cmocka_unit_test(after_a_repetition_only_what_the_provider_tells_counts),
        cmocka_unit_test(whatever_the_order_and_number_of_events_the_end_is_the_same),
        cmocka_unit_test(a_call_that_is_told_of_ends_its_row_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
