/*
 * bench_throttle.c - what counting a request costs in CPU, Redis included on our side; 10 us at
 * most.
 *
 * usage: tests/support/with_services build/release/bench/bench_throttle [REQUESTS]
 */

#include "api/throttle.h"
#include "tests/support/check.h"
#include "tests/support/redis_server.h"
#include "tests/support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const struct route reading = {.manner = {.unit = UNIT_NONE, .class = CLASS_READ}};

static double cpu_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 1000000, refused = 0;
    struct redis_server redis = {.forgetful = true};
    void *state = NULL;

    if (testdb_setup(&state) != 0)
        return 1;
    struct testdb *db = state;
    redis_server_start(&redis);
    struct conf conf = db->conf;
    conf.redis_url = redis.url;
    conf.rate_read_per_minute = 100000000;
    struct throttle *t = throttle_open(&conf, 100);
    struct op op = testdb_op(db, testdb_tenant(db));
    op.principal = "aga_live_00000000";
    double from = cpu_us();
    for (int i = 0; i < n; i++) {
        struct rate rate = {0};
        if (throttle_enter(&op, t, &reading, &rate))
            throttle_leave(t, &op, &reading);
        else
            refused++;
        op_forgive(&op);
    }
    double each = (cpu_us() - from) / n;
    printf("requests %d  refused %d  cpu_us_each %.3f\n", n, refused, each);
    op_end(&op);
    throttle_close(t);
    redis_server_end(&redis);
    return testdb_teardown(&state) != 0 || each > 10;
}
