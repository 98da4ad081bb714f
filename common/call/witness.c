/* witness.c - remember, compare, freeze, thaw. */

#include "common/call/witness.h"

#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/call/chore.h"
#include "common/queue/broker.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "queries.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { EPOCH_DIGITS = 8, TIMELINE_DIGITS = 8, POSITION_SIZE = 25 };
enum { KNOWN_SIZE = EPOCH_DIGITS + POSITION_SIZE };

struct witness {
    struct app aside; /* the same, with a pool that no expectation binds */
    struct pool *guarded;
    struct broker *broker;
    char path[4096]; /* of the file; empty = none */
    /*
     * The epoch, then the log's highest position in it.  What was known of a log that is gone ends
     * with its epoch: else whoever still knew it would take the restored database for another.
     */
    char known[KNOWN_SIZE];
};

static const char *highest(const struct witness *w)
{
    return w->known + EPOCH_DIGITS;
}

static bool is_known(const char *s)
{
    return strlen(s) == KNOWN_SIZE - 1 && strspn(s, "0123456789abcdef") == KNOWN_SIZE - 1;
}

static void remember(struct witness *w, const char *known)
{
    if (is_known(known) && strcmp(known, w->known) > 0)
        memcpy(w->known, known, KNOWN_SIZE);
}

static void remember_position(struct witness *w, const char *position)
{
    char known[KNOWN_SIZE];

    snprintf(known, sizeof(known), "%.*s%s", EPOCH_DIGITS, w->known, position);
    remember(w, known);
}

static void read_file(struct witness *w)
{
    FILE *f = *w->path ? fopen(w->path, "re") : NULL;
    char text[KNOWN_SIZE] = "";

    if (!f)
        return;
    if (fread(text, 1, sizeof(text) - 1, f) == sizeof(text) - 1)
        remember(w, text);
    fclose(f);
}

/* Whole or not at all. */
static void write_file(struct op *op, const struct witness *w)
{
    const char *fresh = arena_printf(&op->arena, "%s.%d", w->path, (int)getpid());
    FILE *f = *w->path ? fopen(fresh, "we") : NULL;

    if (!*w->path)
        return;
    bool written = f && fputs(w->known, f) >= 0 && fflush(f) == 0 && fsync(fileno(f)) == 0;
    if (f)
        written = fclose(f) == 0 && written;
    if (!written || rename(fresh, w->path) != 0)
        log_warning(op, "witness.not_written", F("path", w->path));
}

struct witness *witness_open(const struct app *app)
{
    struct broker *broker = broker_open(app->conf);
    struct witness *w = broker ? calloc(1, sizeof(*w)) : NULL;

    if (!broker)
        return NULL;
    if (!w)
        abort();
    w->broker = broker;
    memset(w->known, '0', KNOWN_SIZE - 1);
    w->guarded = app->pool;
    w->aside = *app;
    w->aside.pool = pool_open(app->conf->database_url, 1, (int)app->conf->database_timeout_ms);
    if (app->conf->state_dir)
        snprintf(w->path, sizeof(w->path), "%s/witness", app->conf->state_dir);
    read_file(w);
    return w;
}

void witness_close(struct witness *w)
{
    pool_close(w->aside.pool);
    broker_close(w->broker);
    free(w);
}

/* What we know joins what the others know.  Without Redis our own memory must do. */
static void share(struct op *op, struct witness *w)
{
    const struct redisReply *r;
    struct call c = {0};

    call_witness(&c, broker_caller(w->broker), w->known);
    if (broker_call(op, w->broker, &c, &r)) {
        struct str told = reply_text(r);
        remember(w, arena_strndup(&op->arena, told.p, told.n));
    } else {
        log_failure(op, "witness.not_shared");
        op_forgive(op);
    }
    call_end(&c);
}

/* A later timeline is told at once: an old primary that still runs must be left alone by the time
 * the comparison begins that ends the freeze. */
static void announce(struct op *op, struct witness *w, const char *position)
{
    if (strncmp(position, highest(w), TIMELINE_DIGITS) <= 0)
        return;
    remember_position(w, position);
    share(op, w);
    write_file(op, w);
    pool_expect(w->guarded, highest(w));
}

static bool freeze(struct op *op, struct witness *w, const char *position)
{
    const char *reason = arena_printf(
        &op->arena, "the database's log stands at %s, and stood at %s", position, highest(w));
    struct rows rows;

    if (!db_query(op, &SQL_WITNESS_FREEZE, ARGS({"reason", reason}), &rows))
        return false;
    log_error(op, "failover.frozen", F("position", position), F("known", highest(w)));
    announce(op, w, position);
    return true;
}

/* From here on this is how far the database has come. */
static void start_over(struct op *op, struct witness *w, const char *position)
{
    char known[KNOWN_SIZE], epoch[EPOCH_DIGITS + 1];

    snprintf(epoch, sizeof(epoch), "%.*s", EPOCH_DIGITS, w->known);
    snprintf(known, sizeof(known), "%08x%s", (unsigned)strtoul(epoch, NULL, 16) + 1, position);
    remember(w, known);
    share(op, w);
    write_file(op, w);
    pool_expect(w->guarded, highest(w));
}

static bool thaw(struct op *op, struct witness *w, const char *position, const char *began)
{
    struct rows rows;

    if (!db_query(op, &SQL_WITNESS_THAW,
                  ARGS({"window", sql_i64(op, op->app->conf->reconcile_window_seconds)},
                       {"began", began}),
                  &rows))
        return false;
    if (rows.n == 0)
        return true;
    start_over(op, w, position);
    log_warning(op, "failover.thawed", F("listings", db_i64(&rows, 0, "listings")),
                F("rows_gone", db_i64(&rows, 0, "missing")));
    return true;
}

/* One worker compares; a list that fails leaves everything frozen. */
static bool deal_with_it(struct op *op, struct witness *w, const char *position)
{
    int64_t gap = op->app->conf->reconcile_window_seconds / 20;
    int rebuilt, missing;
    struct rows now, rows;
    bool mine;

    if (!chore_take(op, "failover", gap > 0 ? (int)gap : 1, &mine) || !mine)
        return op->err.code == E_NONE;
    if (!db_query(op, &SQL_WITNESS_NOW, NO_ARGS, &now) || !witness_rebuild(op, &rebuilt, &missing)
        || !db_query(op, &SQL_WITNESS_COMPARED, ARGS({"missing", sql_i64(op, missing)}), &rows))
        return false;
    return thaw(op, w, position, db_text(&now, 0, "now"));
}

static bool step(struct op *op, struct witness *w, bool *busy)
{
    struct rows at;

    /* What the others saw first: a position read after that cannot lie before it. */
    share(op, w);
    if (!db_query(op, &SQL_WITNESS_READ, NO_ARGS, &at))
        return false;
    const char *position = db_text(&at, 0, "position");
    bool frozen = db_bool(&at, 0, "frozen");
    bool same = strncmp(position, db_text(&at, 0, "timeline"), TIMELINE_DIGITS) == 0;
    int age = strncmp(position, highest(w), TIMELINE_DIGITS);
    *busy = frozen;
    metric_set(M_FAILOVER_FROZEN, frozen, NULL);
    if (age < 0 && same && !frozen) {
        pool_expect(w->guarded, highest(w));
        log_error(op, "witness.old_primary", F("position", position), F("known", highest(w)));
        return true;
    }
    if (frozen)
        return deal_with_it(op, w, position);
    if (!same || (age == 0 && strcmp(position, highest(w)) < 0)) {
        *busy = true;
        return freeze(op, w, position);
    }
    remember_position(w, position);
    share(op, w);
    write_file(op, w);
    pool_expect(w->guarded, highest(w));
    return true;
}

bool witness_look(struct op *op, struct witness *w, bool *busy)
{
    struct op aside = {.app = &w->aside, .request_id = op->request_id};

    *busy = false;
#ifdef AGORALIA_NO_WITNESS /* the negative control of the failover tests: what must double */
    (void)step;
    return true;
#endif
    bool ok = step(&aside, w, busy);
    if (!ok)
        op_fail_like(op, &aside);
    op_end(&aside);
    return ok;
}

void witness_follow(struct op *op, struct witness *w, struct pool *const pools[], int n)
{
    share(op, w);
    for (int i = 0; i < n; i++)
        pool_expect(pools[i], highest(w));
}
