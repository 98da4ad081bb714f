/*
 * bench_record.c - what it costs to write a decision's record and its commitment, over the
 * catalogue's 208 situations.
 *
 * Thread CPU time, as this machine is shared.  Prints rows "name | ours | goal"; exits with 1
 * when a goal is missed.
 */

#include "common/compliance/record.h"
#include "tests/support/check.h"
#include "tests/support/law_cases.h"

#include <stdio.h>
#include <time.h>

enum { ROUNDS = 500 };

static const double goal_us = 5;

static double cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

int main(void)
{
    struct op op = {0};
    size_t records = 0, personals = 0;
    double spent = 0;
    int n;
    struct law_case *cases = law_cases_read(&op, &n);

    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < n; i++) {
            const struct compliance_verdict v = compliance_decide(&cases[i].facts);
            double start = cpu_us();
            struct op one = {0};
            const struct decision_record r = decision_record(&one, &cases[i].facts, &v);
            spent += cpu_us() - start;
            records += strlen(r.record);
            personals += strlen(r.personal);
            op_end(&one);
        }
    double each = spent / ROUNDS / n;
    printf("compliance: one record with its commitment, mean CPU | %.2f us | %.0f us\n", each,
           goal_us);
    printf("compliance: bytes of a record and of its personal part | %zu, %zu |\n",
           records / ROUNDS / (size_t)n, personals / ROUNDS / (size_t)n);
    op_end(&op);
    return each <= goal_us ? 0 : 1;
}
