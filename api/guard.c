/* guard.c - a POSIX timer per thread, aimed at that thread alone. */

#include "api/guard.h"

#include <signal.h>
#include <unistd.h>

enum { REPEAT_MS = 20 };

static int guard_signal(void)
{
    return SIGRTMIN + 1;
}

static void do_nothing(int signal)
{
    (void)signal;
}

bool guard_setup(void)
{
    struct sigaction sa = {.sa_handler = do_nothing}; /* no SA_RESTART: waits must end */

    sigemptyset(&sa.sa_mask);
    return sigaction(guard_signal(), &sa, NULL) == 0;
}

bool guard_open(struct guard *g)
{
    struct sigevent ev = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = guard_signal()};

    /* The C library names this member only in newer versions. */
    ev._sigev_un._tid = gettid();
    g->armed = false;
    return timer_create(CLOCK_MONOTONIC, &ev, &g->timer) == 0;
}

void guard_close(struct guard *g)
{
    timer_delete(g->timer);
}

static bool set(const struct guard *g, int64_t deadline_us)
{
    if (deadline_us < 1)
        deadline_us = 1; /* zero would disarm */
    struct itimerspec at = {
        .it_value = {.tv_sec = deadline_us / 1000000, .tv_nsec = deadline_us % 1000000 * 1000},
        .it_interval = {.tv_nsec = REPEAT_MS * 1000000L},
    };

    return timer_settime(g->timer, TIMER_ABSTIME, &at, NULL) == 0;
}

void guard_arm(struct guard *g, int64_t deadline_us)
{
    g->armed = set(g, deadline_us);
}

void guard_interrupt(const struct guard *g)
{
    set(g, 0);
}

void guard_disarm(struct guard *g)
{
    static const struct itimerspec never = {.it_value = {.tv_sec = 0}};

    if (g->armed)
        timer_settime(g->timer, 0, &never, NULL);
    g->armed = false;
}
