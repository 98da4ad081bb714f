/*
 * bench_phone.c - what one question about a number costs, by kind of number.
 *
 * Prints rows "name | ours | goal | peer".  A lead's import asks for the region once, a claim for
 * all facts; the goals keep 100,000 leads below half a second and a claim's 20 ms untouched.
 */

#include "common/base/clock.h"
#include "common/base/compiler.h"
#include "common/number/phone_facts.h"

#include <stdio.h>

enum { ROUNDS = 20000, COUNTRY_GOAL_NS = 1000, REGION_GOAL_NS = 5000, FACTS_GOAL_NS = 40000 };

static const char *const numbers[] = {"+393491234567", "+390212345678", "+12125551234",
                                      "+33612345678",  "+49301234567",  "+447400123456",
                                      "+34612345678",  "+18005551234"};

static int64_t ask_country(const char *e164)
{
    return phone_country(e164) != NULL;
}

static int64_t ask_region(const char *e164)
{
    return phone_region(e164) != NULL;
}

static int64_t ask_all(const char *e164)
{
    return phone_facts(e164).n_zones;
}

static int64_t best_ns(int64_t (*ask)(const char *e164))
{
    int64_t best = INT64_MAX;

    for (int attempt = 0; attempt < 3; attempt++) {
        int64_t seen = 0, start = clock_read_us(CLOCK_THREAD_CPUTIME_ID);
        for (size_t i = 0; i < ROUNDS; i++)
            seen += ask(numbers[i % ARRAY_LEN(numbers)]);
        int64_t took = clock_read_us(CLOCK_THREAD_CPUTIME_ID) - start;
        if (seen && took < best)
            best = took;
    }
    return best * 1000 / ROUNDS;
}

int main(void)
{
    int64_t country = best_ns(ask_country), region = best_ns(ask_region), facts = best_ns(ask_all);

    printf("country of a number, ns | %lld | <= %d | -\n", (long long)country, COUNTRY_GOAL_NS);
    printf("region of a number, ns | %lld | <= %d | -\n", (long long)region, REGION_GOAL_NS);
    printf("all facts of a number, ns | %lld | <= %d | -\n", (long long)facts, FACTS_GOAL_NS);
    return country > COUNTRY_GOAL_NS || region > REGION_GOAL_NS || facts > FACTS_GOAL_NS;
}
