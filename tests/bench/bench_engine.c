/*
 * bench_engine.c - how long one compliance decision takes, over the catalogue's 208 situations.
 *
 * Decisions that approve or refuse for good, and those that have to find the next lawful
 * instant, apart.  Thread CPU time, as this machine is shared.  Prints rows
 * "name | ours | goal | peer"; exits with 1 when a goal is missed.
 */

#include "tests/support/check.h"
#include "tests/support/law_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 400, REPEATS = 8, CASES_MAX = 256 };

/* 99 in 100 may take this long: those that know at once, and those that look ahead. */
static const double decide_goal_us = 3, next_goal_us = 30;

static int64_t cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

struct samples {
    double *us;
    size_t n;
};

static double percentile(struct samples *s, double p)
{
    qsort(s->us, s->n, sizeof(double), compare);
    return s->us[(size_t)((double)(s->n - 1) * p)];
}

/* Several in a row for one sample: a clock read costs as much as some decisions. */
static void measure(const struct law_case *c, struct samples *s)
{
    volatile uint64_t sink = 0;
    int64_t began = cpu_ns();

    for (int i = 0; i < REPEATS; i++)
        sink += compliance_decide(&c->facts).codes;
    (void)sink;
    s->us[s->n++] = (double)(cpu_ns() - began) / 1000 / REPEATS;
}

static bool report(const char *name, struct samples *s, double p, double goal)
{
    double got = percentile(s, p);

    printf("%s | %.2f us (p50 %.2f, p90 %.2f, p99 %.2f, max %.2f; %zu samples) | <= %.0f us | -\n",
           name, got, percentile(s, 0.5), percentile(s, 0.9), percentile(s, 0.99), percentile(s, 1),
           s->n, goal);
    return got <= goal;
}

int main(void)
{
    struct op op = {0};
    int n;
    const struct law_case *cases = law_cases_read(&op, &n);
    struct samples here = {malloc(sizeof(double) * CASES_MAX * ROUNDS), 0};
    struct samples ahead = {malloc(sizeof(double) * CASES_MAX * ROUNDS), 0};

    if (!here.us || !ahead.us || n > CASES_MAX)
        return 2;
    for (int r = 0; r < ROUNDS; r++)
        for (int i = 0; i < n; i++) {
            struct compliance_verdict v = compliance_decide(&cases[i].facts);
            measure(&cases[i], v.codes && compliance_is_temporal(v.codes) ? &ahead : &here);
        }
    bool good = report("compliance: one decision, p99", &here, 0.99, decide_goal_us);
    good &= report("compliance: with the next lawful instant, p99", &ahead, 0.99, next_goal_us);
    free(here.us);
    free(ahead.us);
    op_end(&op);
    return good ? 0 : 1;
}
