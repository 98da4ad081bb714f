/* pool.c - who has which session, and when a new one may be tried. */

#include "common/store/pool.h"

#include "common/base/condition.h"
#include "common/base/id.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/store/db.h"
#include "common/store/session.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

/* After a failed attempt to connect, nobody tries again before this much, doubled each time. */
enum { RETRY_MIN_US = 20000, RETRY_MAX_US = 50000, FRESH_US = 1000 };

enum { FIRST_REPLAN = 32, REPLAN_GROWTH = 4 };

/* Whoever finds no session queues up, and is handed one: nobody who comes later is served first. */
struct waiter {
    pthread_cond_t turn;
    struct db *given;
    TAILQ_ENTRY(waiter) queued;
};

struct pool {
    pthread_mutex_t lock;
    TAILQ_HEAD(waiters, waiter) waiters;
    char *url;
    int size, timeout_ms;
    int open; /* sessions in existence, leased or idle */
    struct db *idle;
    int64_t retry_at_us; /* CLOCK_MONOTONIC; 0 = the last attempt succeeded */
    int64_t retry_us;
    bool lost;                        /* a session broke since the last one was opened */
    char expected[WAL_POSITION_SIZE]; /* the least a database's log must have come to; "" = any */
};

int pool_timeout_ms(const struct pool *p)
{
    return p->timeout_ms;
}

struct pool *pool_open(const char *url, int size, int timeout_ms)
{
    struct pool *p = calloc(1, sizeof(*p));

    if (!p || !(p->url = strdup(url)))
        abort();
    p->size = size;
    p->timeout_ms = timeout_ms;
    pthread_mutex_init(&p->lock, NULL);
    TAILQ_INIT(&p->waiters);
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

void pool_expect(struct pool *p, const char *position)
{
    pthread_mutex_lock(&p->lock);
    snprintf(p->expected, sizeof(p->expected), "%s", position ? position : "");
    pthread_mutex_unlock(&p->lock);
}

/* Asked once per connection: a database that stands back or is replaced loses its connections. */
static bool has_come_far_enough(struct op *op, PGconn *pg, const char *expected, char *timeline)
{
    if (!*expected)
        return true;
    PGresult *r = PQexec(pg, "SELECT wal_position()");
    bool read = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1;
    const char *position = read ? PQgetvalue(r, 0, 0) : "";
    bool good = strcmp(position, expected) >= 0;

    if (good)
        snprintf(timeline, WAL_TIMELINE_DIGITS + 1, "%s", position);
    else
        fail_because(
            op, E_SERVICE_UNAVAILABLE,
            arena_printf(&op->arena, "its log stands at %s, not at %s", position, expected),
            "The database is not the one it was");
    PQclear(r);
    return good;
}

static struct db *connect_session(struct op *op, struct pool *p, const char *expected)
{
    char timeline[WAL_TIMELINE_DIGITS + 1] = "";
    char options[240];
    /* One plan per statement, by an index: planning each run cost claims half of their time. */
    snprintf(options, sizeof(options),
             "-c statement_timeout=%d -c lock_timeout=%d -c TimeZone=UTC "
             "-c idle_in_transaction_session_timeout=%d -c client_encoding=UTF8 "
             "-c enable_seqscan=off -c plan_cache_mode=force_generic_plan -c jit=off",
             p->timeout_ms, p->timeout_ms, p->timeout_ms * 4);
    const char *const keys[] = {
        "dbname",           "options",         "connect_timeout",      "application_name",
        "tcp_user_timeout", "keepalives_idle", "target_session_attrs", NULL};
    const char *const values[] = {p->url, options, "2",          "agoralia",
                                  "5000", "10",    "read-write", NULL};
    PGconn *pg = PQconnectdbParams(keys, values, 1);

    if (PQstatus(pg) == CONNECTION_OK && !has_come_far_enough(op, pg, expected, timeline)) {
        PQfinish(pg);
        return NULL;
    }
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
    db->replan_at = FIRST_REPLAN;
    memcpy(db->timeline, timeline, sizeof(timeline));
    return db;
}

/* Called with the lock held. */
static void count_open(struct pool *p, int change)
{
    p->open += change;
    metric_set(M_DB_SESSIONS, p->open, NULL);
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

/* Called with the lock held.  A session opened on an earlier timeline, or before anybody asked for
 * one, may lead to an old primary. */
static bool is_of_our_time(const struct pool *p, const struct db *db)
{
    return strncmp(db->timeline, p->expected, WAL_TIMELINE_DIGITS) >= 0;
}

/* Called with the lock held: a live idle session, or NULL. */
static struct db *take_idle(struct pool *p)
{
    while (p->idle) {
        struct db *db = p->idle;
        p->idle = db->next_idle;
        if (still_alive(db) && is_of_our_time(p, db))
            return db;
        count_open(p, -1);
        p->lost = true;
        close_session(db);
    }
    return NULL;
}

/* Called with the lock held: there may be something for the first in the queue to do. */
static void call_first(struct pool *p)
{
    struct waiter *first = TAILQ_FIRST(&p->waiters);

    if (first)
        pthread_cond_signal(&first->turn);
}

/* Called with the lock held. */
static void hand_on(struct pool *p, struct db *db)
{
    struct waiter *first = TAILQ_FIRST(&p->waiters);

    if (!first) {
        db->next_idle = p->idle;
        p->idle = db;
        return;
    }
    TAILQ_REMOVE(&p->waiters, first, queued);
    first->given = db;
    pthread_cond_signal(&first->turn);
}

/* Called with the lock held, which is let go while connecting. */
static struct db *try_connect(struct op *op, struct pool *p)
{
    char expected[WAL_POSITION_SIZE];

    op_forgive(op);
    count_open(p, +1);
    memcpy(expected, p->expected, sizeof(expected));
    pthread_mutex_unlock(&p->lock);
    struct db *db = connect_session(op, p, expected);
    pthread_mutex_lock(&p->lock);
    if (!db)
        count_open(p, -1);
    note_attempt(p, db != NULL);
    return db;
}

static bool may_connect(const struct pool *p)
{
    return p->open < p->size && clock_mono_us() >= p->retry_at_us;
}

/* In the queue until handed a session, or first in it and able to open one, or too late. */
static struct db *queue_up(struct op *op, struct pool *p, int64_t deadline_us)
{
    struct waiter me = {.given = NULL};
    struct db *db = NULL;

    condition_init(&me.turn);
    TAILQ_INSERT_TAIL(&p->waiters, &me, queued);
    while (!me.given && !db && clock_mono_us() < deadline_us) {
        if (TAILQ_FIRST(&p->waiters) == &me && may_connect(p)) {
            db = try_connect(op, p);
            continue;
        }
        bool for_retry = p->open < p->size && p->retry_at_us < deadline_us;
        condition_wait(&me.turn, &p->lock, for_retry ? p->retry_at_us + 1 : deadline_us);
    }
    if (!me.given) {
        TAILQ_REMOVE(&p->waiters, &me, queued);
        call_first(p);
    }
    pthread_cond_destroy(&me.turn);
    if (me.given && db)
        hand_on(p, db); /* one was handed over while the other was being opened */
    return me.given ? me.given : db;
}

static struct db *obtain_at_once(struct op *op, struct pool *p)
{
    struct db *db = NULL;

    if (TAILQ_EMPTY(&p->waiters) && !(db = take_idle(p)) && may_connect(p))
        db = try_connect(op, p);
    return db;
}

static struct db *obtain(struct op *op, struct pool *p, int64_t deadline_us)
{
    struct db *db = obtain_at_once(op, p);

    return db ? db : queue_up(op, p, deadline_us);
}

static void release_deferred(void *p)
{
    db_release(p);
}

/*
 * A plan is made once for a session, and made while a table is empty it takes any index for as good
 * as another.  So plans are made again, ever more seldom: none outlives its table's growth by much.
 */
static bool plan_anew_at_times(struct op *op)
{
    struct db *db = op->db;

    if (++db->leases < db->replan_at)
        return true;
    db->replan_at *= REPLAN_GROWTH;
    return session_command(op, "DISCARD PLANS");
}

static bool give(struct op *op, struct db *db)
{
    op->db = db;
    arena_defer(&op->arena, release_deferred, op);
    return plan_anew_at_times(op);
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
    return give(op, db);
}

bool db_lease_spare(struct op *op)
{
    struct pool *p = op->app->pool;

    pthread_mutex_lock(&p->lock);
    struct db *db = obtain_at_once(op, p);
    pthread_mutex_unlock(&p->lock);
    return db && give(op, db);
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
    keep = keep && is_of_our_time(p, db);
    if (keep) {
        hand_on(p, db);
    } else {
        count_open(p, -1);
        p->lost = true;
        call_first(p);
    }
    pthread_mutex_unlock(&p->lock);
    if (!keep)
        close_session(db);
}
