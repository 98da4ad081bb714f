/*
 * test_worker.h - the real worker with actors made for tests, as a process of its own.
 *
 * A test binary calls test_worker_main() first thing: started as "PROGRAM worker" it is the worker
 * and does not return.  Actors, all on "default": add, record (RPUSH test:ran <args>), pause
 * (args[0] or kwargs.ms), dbl (stores twice its argument), broken, busy, refused, crash.
 */
#ifndef AGORALIA_TEST_WORKER_H
#define AGORALIA_TEST_WORKER_H

#include <sys/types.h>
#include <time.h>

void test_worker_main(int argc, char **argv);

/* Start one; env is "NAME=value" words ending with NULL.  Its log goes to log_path. */
pid_t test_worker_start(const char *redis_url, const char *log_path, const char *const *env);

/* Wait up to limit_ms; the exit code, 128 + signal, or -1 when it still lives. */
int test_worker_wait(pid_t pid, int limit_ms);

/* Poll until cond() is true; false when limit_ms have passed. */
#define WAIT_UNTIL(cond, limit_ms) \
    __extension__({ \
        int left_ = (limit_ms) / 5; \
        while (!(cond) && left_-- > 0) \
            nanosleep(&(struct timespec){.tv_nsec = 5 * 1000 * 1000}, NULL); \
        left_ > 0; \
    })

#endif
