/* dialler_pool.c - who has which dialler, and a thread that replaces the dead. */

#include "worker/dialler_pool.h"

#include "common/base/condition.h"
#include "common/base/log.h"
#include "common/base/metrics.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REPLACE_MIN_MS = 50, REPLACE_MAX_MS = 5000 };

/* Actors and services ask from threads that know nobody here: the pool is the process's. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t for_dial, for_read;
    int dials_waiting, reads_waiting;
    struct dialler *all;
    size_t n, count[DIALLER_STATES];
    struct dialler *free; /* the last given back first: its memory is warm, its connection open */
    const struct nursery *nursery;
    pthread_t keeper;
    int wake;
    bool stopping, lost;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void set_state(struct dialler *d, enum dialler_state state)
{
    static const char *const names[] = {"missing", "free", "dialling", "reading"};

    pool.count[d->state]--;
    pool.count[state]++;
    metric_set(M_DIALLERS, (int64_t)pool.count[d->state], LABELS(names[d->state]));
    metric_set(M_DIALLERS, (int64_t)pool.count[state], LABELS(names[state]));
    d->state = state;
}

static void wake_keeper(void)
{
    eventfd_write(pool.wake, 1);
}

/* Locked.  Dials first in line; everything else leaves three quarters to them. */
static bool may_take(bool dial)
{
    size_t reads = pool.n / 4 ? pool.n / 4 : 1;

    if (!pool.free)
        return false;
    return dial || (pool.dials_waiting == 0 && pool.count[DIALLER_READING] < reads);
}

static void tell_next(void)
{
    if (pool.dials_waiting)
        pthread_cond_signal(&pool.for_dial);
    else if (pool.reads_waiting && may_take(false))
        pthread_cond_signal(&pool.for_read);
}

static void let_in(struct dialler *d)
{
    set_state(d, DIALLER_FREE);
    d->next = pool.free;
    pool.free = d;
    tell_next();
}

struct dialler *dialler_take(bool dial, int limit_ms)
{
    int64_t until_us = clock_mono_us() + (int64_t)limit_ms * 1000;
    int *waiting = dial ? &pool.dials_waiting : &pool.reads_waiting;
    struct dialler *d = NULL;
    int timed_out = 0;

    pthread_mutex_lock(&pool.lock);
    while (!may_take(dial) && !timed_out) {
        ++*waiting;
        timed_out = condition_wait(dial ? &pool.for_dial : &pool.for_read, &pool.lock, until_us);
        --*waiting;
    }
    if (may_take(dial)) {
        d = pool.free;
        pool.free = d->next;
        set_state(d, dial ? DIALLER_DIALLING : DIALLER_READING);
    }
    tell_next();
    pthread_mutex_unlock(&pool.lock);
    return d;
}

/* Locked. */
static int replace_ms(int deaths)
{
    int shift = deaths < 8 ? deaths - 2 : 6;

    if (deaths < 2)
        return 0;
    return REPLACE_MIN_MS << shift < REPLACE_MAX_MS ? REPLACE_MIN_MS << shift : REPLACE_MAX_MS;
}

/* Locked. */
static void bury(struct dialler *d)
{
    int wait_ms = replace_ms(++d->deaths);

    close(d->fd);
    close(d->pidfd);
    munmap(d->page, sizeof(*d->page));
    d->missed_us = clock_mono_us() + (int64_t)wait_ms * 1000;
    set_state(d, DIALLER_MISSING);
    metric_add(M_DIALLER_DEATHS, 1, NULL);
    log_warning(NULL, "dialler.died", F("place", (int64_t)(d - pool.all)),
                F("replaced_in_ms", (int64_t)wait_ms));
    wake_keeper();
}

void dialler_give_back(struct dialler *d, bool answered)
{
    pthread_mutex_lock(&pool.lock);
    if (answered && !d->dead) {
        d->deaths = 0;
        let_in(d);
    } else {
        bury(d);
        tell_next();
    }
    pthread_mutex_unlock(&pool.lock);
}

/* ---- the keeper ---- */

static struct dialler_page *new_page(int *fd)
{
    struct dialler_page *page = MAP_FAILED;

    *fd = memfd_create("dialler", MFD_CLOEXEC);
    if (*fd >= 0 && ftruncate(*fd, sizeof(*page)) == 0)
        page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    if (page != MAP_FAILED)
        return page;
    if (*fd >= 0)
        close(*fd);
    return NULL;
}

static bool spawn(struct dialler *d)
{
    int ends[2], page_fd;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    d->page = new_page(&page_fd);
    d->pidfd = d->page ? nursery_fork(pool.nursery, ends[1], page_fd) : -1;
    close(ends[1]);
    if (d->page)
        close(page_fd);
    d->fd = ends[0];
    d->dead = false;
    if (d->pidfd >= 0)
        return true;
    if (d->page)
        munmap(d->page, sizeof(*d->page));
    close(d->fd);
    return false;
}

/* Only this thread touches a missing one.  Milliseconds to the next replacement, -1 = none due. */
static int replace_missing(void)
{
    int64_t now = clock_mono_us(), next_us = INT64_MAX;

    for (size_t i = 0; i < pool.n; i++) {
        struct dialler *d = &pool.all[i];
        if (d->state != DIALLER_MISSING)
            continue;
        if (d->missed_us <= now && spawn(d)) {
            let_in(d);
            continue;
        }
        if (d->missed_us <= now)
            d->missed_us = now + (int64_t)replace_ms(++d->deaths) * 1000;
        next_us = d->missed_us < next_us ? d->missed_us : next_us;
    }
    return next_us == INT64_MAX ? -1 : (int)((next_us - now) / 1000) + 1;
}

static void leave_free_list(const struct dialler *d)
{
    struct dialler **at = &pool.free;

    while (*at != d)
        at = &(*at)->next;
    *at = d->next;
}

static void note_death(struct dialler *d)
{
    if (d->state == DIALLER_FREE) {
        leave_free_list(d);
        bury(d);
    } else if (d->state != DIALLER_MISSING) {
        d->dead = true;
    }
}

/* Poll for deaths, of the nursery too, and for the wish to look again. */
static void watch(struct pollfd *polled, int limit_ms)
{
    eventfd_t times;

    polled[0] = (struct pollfd){.fd = pool.wake, .events = POLLIN};
    polled[1] = (struct pollfd){.fd = pool.nursery->fd, .events = POLLIN};
    for (size_t i = 0; i < pool.n; i++) {
        const struct dialler *d = &pool.all[i];
        bool lives = d->state != DIALLER_MISSING && !d->dead;
        polled[i + 2] = (struct pollfd){.fd = lives ? d->pidfd : -1, .events = POLLIN};
    }
    pthread_mutex_unlock(&pool.lock);
    poll(polled, pool.n + 2, limit_ms);
    if (polled[0].revents)
        eventfd_read(pool.wake, &times);
    pthread_mutex_lock(&pool.lock);
}

static void give_up(void)
{
    pool.lost = true;
    log_error(NULL, "diallers.lost", F("reason", "the process they are forked from is gone"));
    kill(getpid(), SIGTERM);
}

static void *keep(void *ctx)
{
    struct pollfd *polled = calloc(pool.n + 2, sizeof(*polled));

    (void)ctx;
    if (!polled)
        abort();
    pthread_mutex_lock(&pool.lock);
    while (!pool.stopping && !pool.lost) {
        watch(polled, replace_missing());
        for (size_t i = 0; i < pool.n; i++)
            if (polled[i + 2].revents)
                note_death(&pool.all[i]);
        if (polled[1].revents && !pool.stopping)
            give_up();
    }
    pthread_mutex_unlock(&pool.lock);
    free(polled);
    return NULL;
}

void diallers_start(const struct nursery *nursery, size_t n)
{
    sigset_t all, before;

    condition_init(&pool.for_dial);
    condition_init(&pool.for_read);
    pool.nursery = nursery;
    pool.all = calloc(n, sizeof(*pool.all));
    pool.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!pool.all || pool.wake < 0)
        abort();
    pool.n = pool.count[DIALLER_MISSING] = n;
    pool.stopping = pool.lost = false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&pool.keeper, NULL, keep, NULL) != 0)
        abort();
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void diallers_stop(void)
{
    if (pool.n == 0)
        return;
    pthread_mutex_lock(&pool.lock);
    pool.stopping = true;
    wake_keeper();
    pthread_mutex_unlock(&pool.lock);
    pthread_join(pool.keeper, NULL);
    for (size_t i = 0; i < pool.n; i++) {
        struct dialler *d = &pool.all[i];
        if (d->state == DIALLER_MISSING)
            continue;
        close(d->fd); /* which tells it to end */
        close(d->pidfd);
        munmap(d->page, sizeof(*d->page));
    }
    close(pool.wake);
    free(pool.all);
    pool.all = pool.free = NULL;
    pool.n = 0;
    memset(pool.count, 0, sizeof(pool.count));
}

bool diallers_are_there(void)
{
    return pool.n > 0;
}

bool diallers_lost(void)
{
    pthread_mutex_lock(&pool.lock);
    bool lost = pool.lost;
    pthread_mutex_unlock(&pool.lock);
    return lost;
}
