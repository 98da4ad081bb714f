/* threads.c - lanes in, one list out, one lock. */

#include "worker/threads.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct list {
    struct job *first, *last;
};

struct threads {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct list *lanes;
    size_t nlanes, turn;
    size_t waiting; /* jobs in the lanes */
    size_t idle;    /* threads asleep */
    size_t running;
    struct list done;
    bool stopping;
    void (*run)(void *ctx, struct job *j);
    void *ctx;
    uv_async_t *finished;
    pthread_t *ids;
    size_t n;
};

static void append(struct list *l, struct job *first, struct job *last)
{
    if (l->last)
        l->last->next = first;
    else
        l->first = first;
    l->last = last;
}

static struct job *take(struct threads *t)
{
    for (size_t i = 0; i < t->nlanes; i++) {
        struct list *lane = &t->lanes[t->turn];
        struct job *j = lane->first;
        t->turn = (t->turn + 1) % t->nlanes;
        if (!j)
            continue;
        lane->first = j->next;
        if (!lane->first)
            lane->last = NULL;
        t->waiting--;
        return j;
    }
    return NULL;
}

/* Locked.  Wakes a sleeper for the next job: one wakes the next, as far as there is work. */
static struct job *wait_for_work(struct threads *t)
{
    while (t->waiting == 0 && !t->stopping) {
        t->idle++;
        pthread_cond_wait(&t->work, &t->lock);
        t->idle--;
    }
    struct job *j = take(t);
    if (t->waiting && t->idle)
        pthread_cond_signal(&t->work);
    return j;
}

static void *work(void *ctx)
{
    struct threads *t = ctx;
    struct job *j;

    pthread_mutex_lock(&t->lock);
    while ((j = wait_for_work(t))) {
        t->running++;
        pthread_mutex_unlock(&t->lock);
        t->run(t->ctx, j);
        pthread_mutex_lock(&t->lock);
        t->running--;
        bool first = !t->done.first;
        j->next = NULL;
        append(&t->done, j, j);
        if (first)
            uv_async_send(t->finished);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

static void start_one(struct threads *t)
{
    if (pthread_create(&t->ids[t->n], NULL, work, t) != 0)
        abort();
    t->n++;
}

struct threads *threads_start(size_t n, size_t lanes, void (*run)(void *ctx, struct job *j),
                              void *ctx, uv_async_t *finished)
{
    struct threads *t = calloc(1, sizeof(*t));
    sigset_t all, before;

    if (!t)
        abort();
    t->lanes = calloc(lanes, sizeof(*t->lanes));
    t->ids = calloc(n, sizeof(*t->ids));
    if (!t->lanes || !t->ids)
        abort();
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->work, NULL);
    t->nlanes = lanes;
    t->run = run;
    t->ctx = ctx;
    t->finished = finished;
    /* Signals are the loop's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (t->n < n)
        start_one(t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return t;
}

void threads_submit(struct threads *t, size_t lane, struct job *list)
{
    struct job *last = list;
    size_t n = 1;

    if (!list)
        return;
    for (; last->next; last = last->next)
        n++;
    pthread_mutex_lock(&t->lock);
    append(&t->lanes[lane], list, last);
    t->waiting += n;
    if (t->idle)
        pthread_cond_signal(&t->work);
    pthread_mutex_unlock(&t->lock);
}

struct job *threads_take_back(struct threads *t, size_t lane)
{
    pthread_mutex_lock(&t->lock);
    struct job *list = t->lanes[lane].first;
    for (struct job *j = list; j; j = j->next)
        t->waiting--;
    t->lanes[lane] = (struct list){NULL, NULL};
    pthread_mutex_unlock(&t->lock);
    return list;
}

bool threads_cancel(struct threads *t, size_t lane, const struct job *wanted)
{
    struct job *before = NULL;

    pthread_mutex_lock(&t->lock);
    struct list *l = &t->lanes[lane];
    struct job *j = l->first;
    while (j && j != wanted) {
        before = j;
        j = j->next;
    }
    if (j) {
        if (before)
            before->next = j->next;
        else
            l->first = j->next;
        if (l->last == j)
            l->last = before;
        t->waiting--;
    }
    pthread_mutex_unlock(&t->lock);
    return j != NULL;
}

struct job *threads_finished(struct threads *t)
{
    pthread_mutex_lock(&t->lock);
    struct job *list = t->done.first;
    t->done = (struct list){NULL, NULL};
    pthread_mutex_unlock(&t->lock);
    return list;
}

size_t threads_running(struct threads *t)
{
    pthread_mutex_lock(&t->lock);
    size_t n = t->running;
    pthread_mutex_unlock(&t->lock);
    return n;
}

void threads_stop(struct threads *t)
{
    pthread_mutex_lock(&t->lock);
    t->stopping = true;
    pthread_cond_broadcast(&t->work);
    pthread_mutex_unlock(&t->lock);
    for (size_t i = 0; i < t->n; i++)
        pthread_join(t->ids[i], NULL);
    pthread_mutex_destroy(&t->lock);
    pthread_cond_destroy(&t->work);
    free(t->lanes);
    free(t->ids);
    free(t);
}
