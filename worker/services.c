/* services.c - a thread per service, one lock and one condition for all their sleeps. */

#include "worker/services.h"

#include "common/base/condition.h"
#include "common/base/id.h"
#include "common/base/log.h"

#include <signal.h>
#include <stdlib.h>

enum { MAX_SERVICES = 16, FAILURE_MIN_MS = 200, FAILURE_MAX_MS = 10000, BUSY_MS = 100 };

struct running {
    const struct service *service;
    pthread_t thread;
    bool woken;
};

/* service_wake() is called by threads that know nobody here: the set is the process's. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    const struct app *app;
    struct running all[MAX_SERVICES];
    size_t n;
    bool stopping;
} set = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* True when there is to be another look. */
static bool rest(struct running *r, int ms)
{
    int64_t until_us = clock_mono_us() + (int64_t)ms * 1000;
    int timed_out = 0;

    pthread_mutex_lock(&set.lock);
    while (!set.stopping && !r->woken && !timed_out)
        timed_out = condition_wait(&set.wake, &set.lock, until_us);
    r->woken = false;
    bool again = !set.stopping;
    pthread_mutex_unlock(&set.lock);
    return again;
}

static bool is_away(const struct op *op)
{
    return err_class(op->err.code) == EC_BUSY;
}

/* The database was waited for as long as a statement may take, and it is to be used at once when it
 * is back: only what fails for another reason is tried ever more seldom. */
static int failure_pause_ms(int failures, bool away)
{
    unsigned char dice;
    int cap = away ? BUSY_MS : FAILURE_MIN_MS << (failures < 6 ? failures : 6);

    random_bytes(&dice, 1);
    if (cap > FAILURE_MAX_MS)
        cap = FAILURE_MAX_MS;
    return cap / 2 + cap * dice / 512;
}

static void *serve(void *ctx)
{
    struct running *r = ctx;
    int failures = 0, sleep_ms;

    do {
        char id[REQUEST_ID_SIZE];
        struct op op = {.app = set.app, .request_id = id};
        request_id_make(id);
        sleep_ms = 0;
        if (r->service->run_once(&op, &sleep_ms)) {
            failures = 0;
        } else {
            log_failure(&op, "service.failed");
            log_info(&op, "service.pauses", F("name", r->service->name));
            sleep_ms = failure_pause_ms(failures, is_away(&op));
            failures += !is_away(&op);
        }
        op_end(&op);
    } while (rest(r, sleep_ms));
    return NULL;
}

static void start_one(const struct service *s)
{
    struct running *r = &set.all[set.n];

    if (set.n == MAX_SERVICES)
        abort();
    *r = (struct running){.service = s};
    if (pthread_create(&r->thread, NULL, serve, r) != 0)
        abort();
    set.n++;
}

void services_start(const struct app *app, const struct service *list)
{
    sigset_t all, before;

    condition_init(&set.wake);
    set.app = app;
    set.stopping = false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_mutex_lock(&set.lock);
    for (const struct service *s = list; s->name; s++)
        start_one(s);
    pthread_mutex_unlock(&set.lock);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void services_stop(void)
{
    pthread_mutex_lock(&set.lock);
    set.stopping = true;
    if (set.n)
        pthread_cond_broadcast(&set.wake);
    pthread_mutex_unlock(&set.lock);
}

void services_join(void)
{
    for (size_t i = 0; i < set.n; i++)
        pthread_join(set.all[i].thread, NULL);
    pthread_mutex_lock(&set.lock);
    set.n = 0;
    pthread_mutex_unlock(&set.lock);
}

void service_wake(const char *name)
{
    pthread_mutex_lock(&set.lock);
    for (size_t i = 0; i < set.n; i++)
        if (strcmp(set.all[i].service->name, name) == 0)
            set.all[i].woken = true;
    if (set.n)
        pthread_cond_broadcast(&set.wake);
    pthread_mutex_unlock(&set.lock);
}
