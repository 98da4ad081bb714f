/* follower.c - every half second, until it is told to stop. */

#include "api/follower.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/call/witness.h"

#include <pthread.h>
#include <stdlib.h>

#define LOOK_NS (500LL * 1000000)

struct follower {
    const struct app *app;
    struct witness *witness;
    struct pool *pools[2];
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stopping;
    bool stop;
};

static struct timespec soon(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += LOOK_NS;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

static void look(struct follower *f)
{
    struct op op = {.app = f->app, .request_id = "follower"};

    witness_follow(&op, f->witness, f->pools, 2);
    op_end(&op);
}

static void *follow(void *arg)
{
    struct follower *f = arg;

    pthread_mutex_lock(&f->lock);
    while (!f->stop) {
        pthread_mutex_unlock(&f->lock);
        look(f);
        struct timespec until = soon();
        pthread_mutex_lock(&f->lock);
        if (!f->stop)
            pthread_cond_timedwait(&f->stopping, &f->lock, &until);
    }
    pthread_mutex_unlock(&f->lock);
    return NULL;
}

struct follower *follower_start(const struct app *app, struct pool *ours, struct pool *urgent)
{
    struct witness *witness = witness_open(app);
    struct follower *f = witness ? calloc(1, sizeof(*f)) : NULL;

    if (!witness) {
        log_warning(NULL, "follower.no_redis");
        return NULL;
    }
    if (!f)
        abort();
    f->app = app;
    f->witness = witness;
    f->pools[0] = ours;
    f->pools[1] = urgent;
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->stopping, NULL);
    if (pthread_create(&f->thread, NULL, follow, f) != 0)
        abort();
    return f;
}

void follower_stop(struct follower *f)
{
    if (!f)
        return;
    pthread_mutex_lock(&f->lock);
    f->stop = true;
    pthread_cond_signal(&f->stopping);
    pthread_mutex_unlock(&f->lock);
    pthread_join(f->thread, NULL);
    witness_close(f->witness);
    pthread_mutex_destroy(&f->lock);
    pthread_cond_destroy(&f->stopping);
    free(f);
}
