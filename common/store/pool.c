/* pool.c - who has which session, and when a new one may be tried. */

#include "common/store/pool.h"

#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/store/db.h"
#include "common/store/session.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* After a failed attempt to connect, nobody tries again before this much, doubled each time. */
enum { RETRY_MIN_US = 20000, RETRY_MAX_US = 200000, FRESH_US = 1000 };

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    char *url;
    int size, timeout_ms;
    int open; /* sessions in existence, leased or idle */
    struct db *idle;
    int64_t retry_at_us; /* CLOCK_MONOTONIC; 0 = the last attempt succeeded */
    int64_t retry_us;
    bool lost; /* a session broke since the last one was opened */
};

int pool_timeout_ms(const struct pool *p)
{
    return p->timeout_ms;
}

struct pool *pool_open(const char *url, int size, int timeout_ms)
{
    struct pool *p = calloc(1, sizeof(*p));
    pthread_condattr_t monotonic;

    if (!p || !(p->url = strdup(url)))
        abort();
    p->size = size;
    p->timeout_ms = timeout_ms;
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&p->freed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return p;
}

static void close_session(struct db *db)
{
    PQfinish(db->pg);
    free(db);
}

void pool_close(struct pool *p)
{
    if (!p)
        return;
    for (struct db *db = p->idle, *next; db; db = next) {
        next = db->next_idle;
        close_session(db);
    }
    pthread_cond_destroy(&p->freed);
    pthread_mutex_destroy(&p->lock);
    free(p->url);
    free(p);
}

/* Libpq writes notices to stderr otherwise, which belongs to the log. */
static void ignore_notice(void *unused, const PGresult *r)
{
    (void)unused;
    (void)r;
}

static struct db *connect_session(struct op *op, struct pool *p)
{
    char options[160];
    snprintf(options, sizeof(options),
             "-c statement_timeout=%d -c lock_timeout=%d -c TimeZone=UTC "
             "-c idle_in_transaction_session_timeout=%d -c client_encoding=UTF8",
             p->timeout_ms, p->timeout_ms, p->timeout_ms * 4);
    const char *const keys[] = {
        "dbname",           "options",         "connect_timeout",      "application_name",
        "tcp_user_timeout", "keepalives_idle", "target_session_attrs", NULL};
    const char *const values[] = {p->url, options, "2",          "agoralia",
                                  "5000", "10",    "read-write", NULL};
    PGconn *pg = PQconnectdbParams(keys, values, 1);

    if (PQstatus(pg) != CONNECTION_OK || PQsetnonblocking(pg, 1) != 0 || !PQenterPipelineMode(pg)) {
        fail_because(op, E_SERVICE_UNAVAILABLE, PQerrorMessage(pg),
                     "The database cannot be reached");
        PQfinish(pg);
        return NULL;
    }
    PQsetNoticeReceiver(pg, ignore_notice, NULL);
    struct db *db = calloc(1, sizeof(*db));
    if (!db)
        abort();
    db->pg = pg;
    db->pool = p;
    return db;
}

/* Called with the lock held.  One failure makes everybody wait a little, jittered and growing. */
static void note_attempt(struct pool *p, bool connected)
{
    unsigned char dice;

    if (connected) {
        if (p->lost)
            metric_add(M_DB_RECONNECTS, 1, NULL);
        p->lost = false;
        p->retry_at_us = p->retry_us = 0;
        return;
    }
    random_bytes(&dice, 1);
    p->retry_us = p->retry_us ? p->retry_us * 2 : RETRY_MIN_US;
    if (p->retry_us > RETRY_MAX_US)
        p->retry_us = RETRY_MAX_US;
    p->retry_at_us = clock_mono_us() + p->retry_us / 2 + p->retry_us * dice / 512;
}

/*
 * An idle session with something to read has been ended by the server.  One that was used a moment
 * ago is not asked: under load that would be a system call for every request.
 */
static bool still_alive(const struct db *db)
{
    if (clock_mono_us() - db->released_us < FRESH_US)
        return true;
    struct pollfd fd = {.fd = PQsocket(db->pg), .events = POLLIN};

    return poll(&fd, 1, 0) == 0;
}

static void wait_until(struct pool *p, int64_t us)
{
    struct timespec ts = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

    pthread_cond_timedwait(&p->freed, &p->lock, &ts);
}

/* Called with the lock held: a live idle session, or NULL. */
static struct db *take_idle(struct pool *p)
{
    while (p->idle) {
        struct db *db = p->idle;
        p->idle = db->next_idle;
        if (still_alive(db))
            return db;
        p->open--;
        p->lost = true;
        close_session(db);
    }
    return NULL;
}

/* Called with the lock held, which is let go while connecting. */
static struct db *try_connect(struct op *op, struct pool *p)
{
    p->open++;
    pthread_mutex_unlock(&p->lock);
    struct db *db = connect_session(op, p);
    pthread_mutex_lock(&p->lock);
    if (!db)
        p->open--;
    note_attempt(p, db != NULL);
    pthread_cond_signal(&p->freed);
    return db;
}

static struct db *obtain(struct op *op, struct pool *p, int64_t deadline_us)
{
    struct db *db;

    for (;;) {
        int64_t now = clock_mono_us();
        if ((db = take_idle(p)))
            return db;
        if (p->open < p->size && now >= p->retry_at_us) {
            op_forgive(op);
            if ((db = try_connect(op, p)))
                return db;
        }
        if (clock_mono_us() >= deadline_us)
            return NULL;
        bool waiting_for_retry = p->open < p->size && p->retry_at_us < deadline_us;
        wait_until(p, waiting_for_retry ? p->retry_at_us : deadline_us);
    }
}

static void release_deferred(void *p)
{
    db_release(p);
}

bool db_lease(struct op *op)
{
    struct pool *p = op->app->pool;
    int64_t start = clock_mono_us();
    int64_t deadline = start + (int64_t)op_time_left_ms(op, p->timeout_ms) * 1000;

    if (op->db)
        return true;
    pthread_mutex_lock(&p->lock);
    struct db *db = obtain(op, p, deadline);
    pthread_mutex_unlock(&p->lock);
    metric_observe_us(M_DB_WAIT_SECONDS, clock_mono_us() - start);
    if (!db)
        return fail(op, E_SERVICE_UNAVAILABLE, "The database is busy; try again in a moment");
    op->db = db;
    arena_defer(&op->arena, release_deferred, op);
    return true;
}

void db_release(struct op *op)
{
    struct db *db = op->db;

    if (!db)
        return;
    if (db->in_tx || db->begin_pending)
        db_rollback(op);
    op->db = NULL;
    struct pool *p = db->pool;
    db->released_us = clock_mono_us();
    bool keep = !db->broken && PQstatus(db->pg) == CONNECTION_OK
                && PQtransactionStatus(db->pg) == PQTRANS_IDLE;
    pthread_mutex_lock(&p->lock);
    if (keep) {
        db->next_idle = p->idle;
        p->idle = db;
    } else {
        p->open--;
        p->lost = true;
    }
    pthread_cond_signal(&p->freed);
    pthread_mutex_unlock(&p->lock);
    if (!keep)
        close_session(db);
}
