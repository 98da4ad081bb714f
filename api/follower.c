/* follower.c - every half second, until it is told to stop. */

#include "api/follower.h"

#include "common/base/condition.h"
#include "common/base/log.h"
#include "common/call/witness.h"

#include <stdlib.h>

#define LOOK_US (500LL * 1000)

struct follower {
    const struct app *app;
    struct witness *witness;
    struct pool *pools[2];
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stopping;
    bool stop;
};

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
        int64_t until_us = clock_mono_us() + LOOK_US;
        pthread_mutex_lock(&f->lock);
        if (!f->stop)
            condition_wait(&f->stopping, &f->lock, until_us);
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
    condition_init(&f->stopping);
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
