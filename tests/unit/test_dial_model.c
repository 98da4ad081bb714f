/*
 * The dial engine against everything that may happen around it: every order of claims, crashes,
 * zombies, late networks, late listings, webhooks and the reconciler, for two campaigns' rows of
 * one phone, three attempts each, two workers.  What becomes of rows and attempts is asked of the
 * real dial_step(); each promise the world must keep can be taken away, and then there is a
 * shortest story that dials somebody twice.
 *
 * With an idempotency key an unknown attempt's request may be sent once more.  Whoever knows
 * something from before may then tell it after, so a worker keeps a refusal and the reconciler an
 * absence in hand for as long as they like.
 */

#include "common/call/step.h"

#include "common/base/compiler.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 2, TRIES = 3, WORKERS = 2 };

static int tries_most = 2;

/* Where the request is, in truth. */
enum flight { NOWHERE, WITH_WORKER, ON_THE_WIRE, REFUSED, PLACED, TALKING, OVER };

/* How much time has passed since the intent. */
enum age { MAY_SEND, TOO_LATE_TO_SEND, WINDOW_OVER };

/* A worker that lives, and what it knows of the request. */
enum hold { LET_GO, WAITS, HAS_A_NO };

struct
try {
    uint8_t state;  /* enum attempt_state: what we believe */
    uint8_t flight; /* what is so */
    uint8_t age;    /* since it was last allowed to leave */
    uint8_t held;   /* enum hold: of the first request */
    /* of the second */
    uint8_t repeated, again, again_held;
    uint8_t concluded; /* somebody found it absent: 1 = before it was sent again, 2 = after */
    uint8_t forgotten; /* the provider knows its key no more */
    uint8_t twice;     /* the provider made a second call of it */
};

struct world {
    uint8_t row[ROWS], tries[ROWS];
    struct try try[ROWS][TRIES];
};

/* What the world promises, and what the engine is. */
struct rules {
    bool no_kill_timer;    /* a stopped process may send after the deadline */
    bool no_request_life;  /* the provider may place a request at any time later */
    bool no_listing_bound; /* a placed call may be missing from listings for ever */
    bool no_window;        /* absent is believed before the window is over */
    bool no_phone_index;   /* two live attempts for one phone (U5) */
    bool repeats;          /* an unknown attempt's request may be sent once more */
    bool no_key;           /* the second request has another key, or the provider ignores it */
    bool late_repeat;      /* it may be sent when the provider has forgotten the key */
    bool old_window;       /* the window goes on from the first request */
    bool second_no_counts; /* a refusal of the second request is told as the attempt's */
    int rows;              /* that are dialled; 0 = all */
    struct dial_step (*step)(const struct dial_state *s, const struct dial_event *e);
};

struct node {
    struct world w;
    uint32_t parent;
    char how[40];
};

static struct {
    struct node *all;
    uint32_t n, room;
    uint32_t *slots; /* index + 1 of a node */
    uint32_t slot_count;
    const struct rules *rules;
    uint32_t at; /* whose successors are being added */
} space;

static uint64_t hash(const struct world *w)
{
    const uint8_t *p = (const uint8_t *)w;
    uint64_t h = 1469598103934665603u;

    for (size_t i = 0; i < sizeof(*w); i++)
        h = (h ^ p[i]) * 1099511628211u;
    return h ^ h >> 29;
}

static void grow(void)
{
    space.slot_count = space.slot_count ? 2 * space.slot_count : 1u << 16;
    space.room = space.slot_count / 2;
    space.all = realloc(space.all, space.room * sizeof(*space.all));
    free(space.slots);
    space.slots = calloc(space.slot_count, sizeof(*space.slots));
    if (!space.all || !space.slots)
        abort();
    for (uint32_t i = 0; i < space.n; i++) {
        uint64_t s = hash(&space.all[i].w);
        while (space.slots[s % space.slot_count])
            s++;
        space.slots[s % space.slot_count] = i + 1;
    }
}

static void add(const struct world *w, const char *how, int row, int n)
{
    uint64_t s = hash(w);

    for (; space.slots[s % space.slot_count]; s++)
        if (memcmp(&space.all[space.slots[s % space.slot_count] - 1].w, w, sizeof(*w)) == 0)
            return;
    if (space.n == space.room) {
        grow();
        add(w, how, row, n);
        return;
    }
    struct node *node = &space.all[space.n];
    *node = (struct node){.w = *w, .parent = space.at};
    snprintf(node->how, sizeof(node->how), "%c%d %s", 'A' + row, n + 1, how);
    space.slots[s % space.slot_count] = ++space.n;
}

static bool rival_of(const struct world *w, int row, int n)
{
    for (int r = 0; r < ROWS; r++)
        for (int k = 0; k < w->tries[r]; k++)
            if ((r != row || k != n) && attempt_lives((enum attempt_state)w->try[r][k].state))
                return true;
    return false;
}

/* Tell the engine; what it decides is written.  after: how often it had been repeated by then. */
static void tell_of(struct world w, int row, int n, int after, struct dial_event e, const char *how)
{
    const struct dial_state s = {(enum row_state)w.row[row],
                                 (enum attempt_state)w.try[row][n].state, rival_of(&w, row, n),
                                 w.try[row][n].repeated > after};
    const struct dial_step to = space.rules->step(&s, &e);

    if (!to.moved)
        return;
    w.row[row] = (uint8_t)to.row;
    w.try[row][n].state = (uint8_t)to.attempt;
    add(&w, how, row, n);
}

static void tell(struct world w, int row, int n, struct dial_event e, const char *how)
{
    tell_of(w, row, n, 0, e, how);
}

static void tell_and_let_go(struct world w, int row, int n, struct dial_event e, const char *how)
{
    w.try[row][n].held = 0;
    add(&w, how, row, n);
    tell(w, row, n, e, how);
}

static int busy_workers(const struct world *w)
{
    int n = 0;

    for (int r = 0; r < ROWS; r++)
        for (int k = 0; k < w->tries[r]; k++)
            n += (w->try[r][k].held != LET_GO) + w->try[r][k].again_held;
    return n;
}

/* T0, T1, the sweeper, a stop. */
static void move_row(const struct world *w, int row)
{
    static const struct {
        enum dial_event_kind kind;
        const char *how;
    } events[] = {{EVENT_DUE, "is queued"},
                  {EVENT_SWEPT, "is swept"},
                  {EVENT_PUT_BACK, "is put back"},
                  {EVENT_CANCELED, "is canceled"}};
    struct world next = *w;
    int n = w->tries[row];
    enum attempt_state last = n ? (enum attempt_state)w->try[row][n - 1].state : ATTEMPT_NONE;

    for (size_t i = 0; i < ARRAY_LEN(events); i++) {
        const struct dial_step to =
            space.rules->step(&(struct dial_state){.row = (enum row_state)w->row[row]},
                              &(struct dial_event){.kind = events[i].kind});
        next.row[row] = (uint8_t)to.row;
        if (to.moved)
            add(&next, events[i].how, row, n);
    }
    if (n == tries_most || busy_workers(w) == WORKERS)
        return;
    bool phone_taken = !space.rules->no_phone_index && rival_of(w, -1, -1);
    const struct dial_step to =
        space.rules->step(&(struct dial_state){(enum row_state)w->row[row], last, false, false},
                          &(struct dial_event){.kind = EVENT_CLAIMED});
    if (phone_taken || !(to.effects & EFFECT_DIAL))
        return;
    next = *w;
    next.row[row] = (uint8_t)to.row;
    next.try[row][n] =
        (struct try){.state = (uint8_t)to.attempt, .flight = WITH_WORKER, .held = WAITS};
    next.tries[row]++;
    add(&next, "is claimed", row, n);
}

/* The sender: it sends, it dies, it hears, it gives up waiting. */
static void move_worker(const struct world *w, int row, int n)
{
    const struct try *t = &w->try[row][n];
    struct world next = *w;

    if (t->held == HAS_A_NO) {
        tell_and_let_go(*w, row, n, (struct dial_event){.kind = EVENT_REJECTED, .again = true},
                        "is told to have come to nothing");
        return;
    }
    if (space.rules->repeats && t->held && (t->flight == WITH_WORKER || t->flight == REFUSED)) {
        next.try[row][n].flight = NOWHERE;
        next.try[row][n].held = HAS_A_NO;
        add(&next, "is known to have come to nothing", row, n);
        next = *w;
    }
    if (t->flight == WITH_WORKER && t->held) {
        if ((t->age == MAY_SEND && !t->repeated) || space.rules->no_kill_timer) {
            next.try[row][n].flight = ON_THE_WIRE;
            add(&next, "is sent", row, n);
        }
        next = *w;
        next.try[row][n].flight = NOWHERE;
        next.try[row][n].held = 0;
        add(&next, "loses its worker unsent", row, n);
        tell(next, row, n, (struct dial_event){.kind = EVENT_NEVER_SENT, .again = true},
             "is not sent");
        return;
    }
    if (!t->held)
        return;
    tell_and_let_go(*w, row, n, (struct dial_event){.kind = EVENT_UNANSWERED}, "is not answered");
    if (t->flight >= PLACED)
        tell_and_let_go(*w, row, n, (struct dial_event){.kind = EVENT_ACCEPTED}, "is accepted");
    if (t->flight == REFUSED)
        tell_and_let_go(*w, row, n, (struct dial_event){.kind = EVENT_REJECTED, .again = true},
                        "is rejected");
}

/* T1 once more, for an attempt of which nobody knows what became. */
static void send_again(const struct world *w, int row, int n)
{
    const struct try *t = &w->try[row][n];
    const struct dial_step to = space.rules->step(&(struct dial_state){(enum row_state)w->row[row],
                                                                       (enum attempt_state)t->state,
                                                                       rival_of(w, row, n), false},
                                                  &(struct dial_event){.kind = EVENT_REPEATED});
    struct world next = *w;

    if (!(to.effects & EFFECT_REPEAT) || t->repeated || t->age == MAY_SEND
        || busy_workers(w) == WORKERS || (t->forgotten && !space.rules->late_repeat))
        return;
    next.try[row][n].repeated = 1;
    next.try[row][n].again = WITH_WORKER;
    next.try[row][n].again_held = 1;
    if (!space.rules->old_window)
        next.try[row][n].age = MAY_SEND;
    add(&next, "is claimed again", row, n);
}

static void again_to(struct world w, int row, int n, enum flight to, const char *how)
{
    w.try[row][n].again = (uint8_t)to;
    add(&w, how, row, n);
}

/* The provider answers the key it knows with the call it has. */
static void place_again(struct world w, int row, int n)
{
    struct try *t = &w.try[row][n];

    if (t->flight < PLACED)
        t->flight = PLACED;
    else if (t->forgotten || space.rules->no_key)
        t->twice = 1;
    again_to(w, row, n, PLACED, "is placed by the second request");
}

/* The second request: like the first, but a no to it is no news of the attempt. */
static void move_again(const struct world *w, int row, int n)
{
    const struct try *t = &w->try[row][n];
    struct world let_go = *w;

    if (t->again == WITH_WORKER && t->again_held && (t->age == MAY_SEND || space.rules->old_window))
        again_to(*w, row, n, ON_THE_WIRE, "is sent again");
    if (t->again == ON_THE_WIRE) {
        place_again(*w, row, n);
        again_to(*w, row, n, REFUSED, "is refused the second time");
        again_to(*w, row, n, NOWHERE, "is lost the second time");
    }
    if (!t->again_held)
        return;
    let_go.try[row][n].again_held = 0;
    if (t->again == WITH_WORKER)
        let_go.try[row][n].again = NOWHERE;
    add(&let_go, "is not answered again", row, n);
    if (t->again == PLACED)
        tell_of(let_go, row, n, 1, (struct dial_event){.kind = EVENT_ACCEPTED}, "is accepted now");
    if (t->again == REFUSED && space.rules->second_no_counts)
        tell_of(let_go, row, n, 1, (struct dial_event){.kind = EVENT_REJECTED, .again = true},
                "is rejected now");
}

/* The provider keeps a key for longer than we use it, the way of our last request included. */
static void forget_key(const struct world *w, int row, int n)
{
    const struct try *t = &w->try[row][n];
    struct world next = *w;

    if (t->forgotten || t->flight == ON_THE_WIRE || t->again == WITH_WORKER
        || t->again == ON_THE_WIRE)
        return;
    next.try[row][n].forgotten = 1;
    add(&next, "has its key forgotten", row, n);
}

static void fly_to(struct world w, int row, int n, enum flight to, const char *how)
{
    w.try[row][n].flight = (uint8_t)to;
    add(&w, how, row, n);
}

/* The network, the provider and the clock. */
static void move_world(const struct world *w, int row, int n)
{
    const struct try *t = &w->try[row][n];
    struct world next = *w;

    if (t->flight == ON_THE_WIRE) {
        fly_to(*w, row, n, PLACED, "is placed");
        fly_to(*w, row, n, REFUSED, "is refused");
        fly_to(*w, row, n, NOWHERE, "is lost on the way");
    }
    if (t->flight == PLACED)
        fly_to(*w, row, n, TALKING, "is picked up");
    if (t->flight == PLACED || t->flight == TALKING)
        fly_to(*w, row, n, OVER, "hangs up");
    if (t->age == WINDOW_OVER
        || (t->age == TOO_LATE_TO_SEND && (t->flight == ON_THE_WIRE || t->again == ON_THE_WIRE)
            && !space.rules->no_request_life))
        return;
    next.try[row][n].age++;
    add(&next, next.try[row][n].age == WINDOW_OVER ? "sees its window end" : "is late", row, n);
}

static void find_absent(struct world w, int row, int n)
{
    w.try[row][n].concluded = (uint8_t)(1 + w.try[row][n].repeated);
    add(&w, "is found absent", row, n);
}

/* Webhooks, in any order and as often as they like, and the reconciler. */
static void move_record(const struct world *w, int row, int n)
{
    const struct try *t = &w->try[row][n];
    bool listed = t->flight >= PLACED;

    if (t->flight >= PLACED)
        tell(*w, row, n, (struct dial_event){.kind = EVENT_REGISTERED}, "is told of");
    if (t->flight >= TALKING)
        tell(*w, row, n, (struct dial_event){.kind = EVENT_ONGOING}, "is told to be going on");
    if (t->flight == OVER)
        tell(*w, row, n, (struct dial_event){.kind = EVENT_ENDED, .row_after = ROW_DONE},
             "is told to be over");
    if (t->state == ATTEMPT_INTENT && t->age > MAY_SEND)
        tell(*w, row, n, (struct dial_event){.kind = EVENT_UNANSWERED}, "outlives its lease");
    bool absent = (t->age == WINDOW_OVER || space.rules->no_window)
                  && (!listed || space.rules->no_listing_bound || t->age < WINDOW_OVER);
    if (absent && !space.rules->repeats)
        tell(*w, row, n, (struct dial_event){.kind = EVENT_ABSENT, .again = true}, "is absent");
    if (absent && space.rules->repeats)
        find_absent(*w, row, n);
    if (t->concluded)
        tell_of(*w, row, n, t->concluded - 1,
                (struct dial_event){.kind = EVENT_ABSENT, .again = true}, "is told to be absent");
}

/* A row with two placed calls, or a phone with two calls at once. */
static bool is_double(const struct world *w)
{
    int at_once = 0;

    for (int r = 0; r < ROWS; r++) {
        int placed = 0;
        for (int k = 0; k < w->tries[r]; k++) {
            placed += (w->try[r][k].flight >= PLACED) + w->try[r][k].twice;
            at_once += w->try[r][k].flight == PLACED || w->try[r][k].flight == TALKING;
        }
        if (placed > 1)
            return true;
    }
    return at_once > 1;
}

static void print_story(uint32_t i)
{
    if (i == 0)
        return;
    print_story(space.all[i].parent);
    print_message("             %s\n", space.all[i].how);
}

static int length_of(uint32_t i)
{
    return i == 0 ? 0 : 1 + length_of(space.all[i].parent);
}

static void begin(const struct rules *rules)
{
    struct world first = {0};

    free(space.all);
    free(space.slots);
    memset(&space, 0, sizeof(space));
    space.rules = rules;
    grow();
    add(&first, "", 0, 0);
}

static void expand(uint32_t i)
{
    const struct world w = space.all[i].w;

    space.at = i;
    for (int r = 0; r < (space.rules->rows ? space.rules->rows : ROWS); r++) {
        move_row(&w, r);
        for (int n = 0; n < w.tries[r]; n++) {
            move_worker(&w, r, n);
            move_world(&w, r, n);
            move_record(&w, r, n);
            if (!space.rules->repeats)
                continue;
            send_again(&w, r, n);
            move_again(&w, r, n);
            if (space.rules->late_repeat)
                forget_key(&w, r, n);
        }
    }
}

/* Length of the shortest story that ends badly; 0 = there is none. */
static int explore(const struct rules *rules)
{
    begin(rules);
    for (uint32_t i = 0; i < space.n; i++) {
        if (is_double(&space.all[i].w)) {
            print_message("             dialled twice after %d steps, of %u states seen:\n",
                          length_of(i), space.n);
            print_story(i);
            return length_of(i);
        }
        expand(i);
    }
    print_message("             %u states, all safe\n", space.n);
    return 0;
}

/* A row in progress has an attempt that lives: whoever looks finds something to ask about. */
static void assert_nothing_is_forgotten(const struct world *w)
{
    for (int r = 0; r < ROWS; r++) {
        bool lives = false;
        for (int k = 0; k < w->tries[r]; k++)
            lives |= attempt_lives((enum attempt_state)w->try[r][k].state);
        assert_true(lives || w->row[r] != ROW_PROCESSING);
    }
}

static void with_every_promise_kept_nobody_is_dialled_twice_or_forgotten(void **state)
{
    (void)state;
    assert_int_equal(explore(&(struct rules){.step = dial_step}), 0);
    assert_true(space.n > 50000);
    for (uint32_t i = 0; i < space.n; i++)
        assert_nothing_is_forgotten(&space.all[i].w);
}

/* One row is enough, and two are very many states: what frees the phone also frees the row. */
static void a_repeated_request_dials_nobody_twice_who_keeps_the_keys_promise(void **state)
{
    (void)state;
    assert_int_equal(explore(&(struct rules){.repeats = true, .rows = 1, .step = dial_step}), 0);
    assert_true(space.n > 3000);
    for (uint32_t i = 0; i < space.n; i++)
        assert_nothing_is_forgotten(&space.all[i].w);
}

static struct dial_step absent_from_the_intent(const struct dial_state *s,
                                               const struct dial_event *e)
{
    struct dial_state lax = *s;

    if (e->kind == EVENT_ABSENT && s->attempt == ATTEMPT_INTENT)
        lax.attempt = ATTEMPT_UNKNOWN;
    return dial_step(&lax, e);
}

static struct dial_step silence_is_a_no(const struct dial_state *s, const struct dial_event *e)
{
    struct dial_event hasty = *e;

    if (e->kind == EVENT_UNANSWERED)
        hasty = (struct dial_event){.kind = EVENT_NEVER_SENT, .again = true};
    return dial_step(s, &hasty);
}

static struct dial_step believes_what_is_outdated(const struct dial_state *s,
                                                  const struct dial_event *e)
{
    struct dial_state lax = *s;

    lax.repeated = false;
    return dial_step(&lax, e);
}

static struct dial_step claims_what_is_not_queued(const struct dial_state *s,
                                                  const struct dial_event *e)
{
    struct dial_state lax = *s;

    if (e->kind == EVENT_CLAIMED)
        lax = (struct dial_state){.row = ROW_QUEUED};
    return dial_step(&lax, e);
}

static void every_promise_and_every_guard_is_needed(void **state)
{
    static const struct {
        const char *without;
        struct rules rules;
    } cases[] = {
        {"the kill timer", {.no_kill_timer = true, .step = dial_step}},
        {"a bound on the request's life", {.no_request_life = true, .step = dial_step}},
        {"a bound on the listing's lag", {.no_listing_bound = true, .step = dial_step}},
        {"the window", {.no_window = true, .step = dial_step}},
        {"one live attempt per phone", {.no_phone_index = true, .step = dial_step}},
        {"the doubt about silence", {.step = silence_is_a_no}},
        {"the queue's turn and one live attempt per row",
         {.no_phone_index = true, .step = claims_what_is_not_queued}},
        {"one key for both requests",
         {.repeats = true, .rows = 1, .no_key = true, .step = dial_step}},
        {"the end of repeating before the key's",
         {.repeats = true, .rows = 1, .late_repeat = true, .step = dial_step}},
        {"a new window", {.repeats = true, .rows = 1, .old_window = true, .step = dial_step}},
        {"the doubt about what is outdated",
         {.repeats = true, .rows = 1, .step = believes_what_is_outdated}},
        {"the doubt about a second refusal",
         {.repeats = true, .rows = 1, .second_no_counts = true, .step = dial_step}},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        print_message("           without %s:\n", cases[i].without);
        int length = explore(&cases[i].rules);
        if (length < 4 || length > 16)
            fail_msg("without %s the shortest story has %d steps", cases[i].without, length);
    }
}

/* The lease makes an intent unknown before anybody asks the listings: absence cannot jump it. */
static void absence_is_only_believed_of_what_was_unanswered(void **state)
{
    const struct dial_state intent = {.row = ROW_PROCESSING, .attempt = ATTEMPT_INTENT};
    const struct dial_event absent = {.kind = EVENT_ABSENT, .again = true};
    (void)state;

    assert_false(dial_step(&intent, &absent).moved);
    assert_true(absent_from_the_intent(&intent, &absent).moved);
}

static const enum dial_event_kind told[] = {EVENT_REGISTERED, EVENT_RINGING,       EVENT_ONGOING,
                                            EVENT_ENDED,      EVENT_NOT_CONNECTED, EVENT_ERROR};

/* Whatever came before, and in whatever order the rest is told, the first end stands. */
static void events_in_any_order_and_number_have_one_end(void **state)
{
    static const enum attempt_state starts[] = {ATTEMPT_INTENT, ATTEMPT_UNKNOWN, ATTEMPT_ACCEPTED,
                                                ATTEMPT_REFUTED};
    (void)state;

    for (size_t a = 0; a < ARRAY_LEN(starts); a++)
        for (int mask = 0; mask < 6 * 6 * 6 * 6; mask++) {
            struct dial_state s = {ROW_PROCESSING, starts[a], false, false};
            enum attempt_state end = ATTEMPT_NONE;
            for (int i = 0, m = mask; i < 4; i++, m /= 6) {
                const struct dial_event e = {.kind = told[m % 6], .row_after = ROW_DONE};
                struct dial_step to = dial_step(&s, &e);
                if (end == ATTEMPT_NONE && told[m % 6] >= EVENT_ENDED)
                    end = to.attempt;
                s.row = to.row;
                s.attempt = to.attempt;
            }
            if (end != ATTEMPT_NONE) {
                assert_int_equal(s.attempt, end);
                assert_int_equal(s.row, ROW_DONE);
            }
        }
}

static void the_step_is_total_and_moves_attempts_only_forward(void **state)
{
    (void)state;

    for (int row = ROW_SCHEDULED; row <= ROW_CANCELED; row++)
        for (int attempt = ATTEMPT_NONE; attempt <= ATTEMPT_ACCEPTED_LATE; attempt++)
            for (int kind = EVENT_DUE; kind <= EVENT_ERROR; kind++)
                for (int flags = 0; flags < 8; flags++) {
                    const struct dial_state s = {(enum row_state)row, (enum attempt_state)attempt,
                                                 flags & 1, flags & 4};
                    const struct dial_event e = {(enum dial_event_kind)kind, flags & 2, ROW_DONE};
                    const struct dial_step to = dial_step(&s, &e);
                    assert_true(to.moved
                                || (to.row == s.row && to.attempt == s.attempt && !to.effects));
                    if (attempt >= ATTEMPT_ENDED && attempt <= ATTEMPT_ERROR)
                        assert_true(to.attempt == s.attempt || to.effects & EFFECT_DIAL);
                    if (to.effects & EFFECT_DIAL)
                        assert_true(row == ROW_QUEUED && !s.rival && !attempt_lives(s.attempt));
                }
}

int main(void)
{
    const char *tries = getenv("MODEL_TRIES");

    if (tries && strcmp(tries, "3") == 0)
        tries_most = TRIES;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_every_promise_kept_nobody_is_dialled_twice_or_forgotten),
        cmocka_unit_test(a_repeated_request_dials_nobody_twice_who_keeps_the_keys_promise),
        cmocka_unit_test(every_promise_and_every_guard_is_needed),
        cmocka_unit_test(absence_is_only_believed_of_what_was_unanswered),
        cmocka_unit_test(events_in_any_order_and_number_have_one_end),
        cmocka_unit_test(the_step_is_total_and_moves_attempts_only_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
