/* db.c - prepared statements in pipelines, transactions, and SQLSTATE as our errors. */

#include "common/store/db.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/store/pool.h"
#include "common/store/session.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

enum { MAX_PARAMS = 40 };

static void clear_result(void *p)
{
    PQclear(p);
}

static bool starts_with_any(const char *state, const char *const *prefixes)
{
    for (; *prefixes; prefixes++)
        if (strncmp(state, *prefixes, strlen(*prefixes)) == 0)
            return true;
    return false;
}

/* Gone, shutting down, read-only, out of resources, deadlocked, timed out: worth repeating. */
static enum err_code code_of(const char *state)
{
    static const char *const again[] = {"08", "57P0", "57014", "25006", "53", "40", "55P03", NULL};

    if (!state || starts_with_any(state, again))
        return E_SERVICE_UNAVAILABLE;
    if (strcmp(state, "23505") == 0)
        return E_ALREADY_EXISTS;
    if (strncmp(state, "23", 2) == 0)
        return E_INVALID_STATE;
    return E_INTERNAL_ERROR;
}

static const char *client_message(enum err_code code)
{
    if (err_class(code) == EC_BUSY)
        return "The database could not answer in time; try again in a moment";
    if (err_class(code) == EC_CONFLICT)
        return "The change conflicts with data already stored";
    return "Something went wrong on our side";
}

static bool fail_sql(struct op *op, const char *what, const PGresult *r)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    enum err_code code = code_of(state);
    const char *cause = arena_printf(&op->arena, "%s: %s: %s", what, state ? state : "no answer",
                                     r ? PQresultErrorMessage(r) : PQerrorMessage(op->db->pg));

    return fail_because(op, code, cause, "%s", client_message(code));
}

/* The session can no longer be trusted: it will be closed, not given back. */
static bool fail_session(struct op *op, const char *why)
{
    op->db->broken = true;
    return fail_because(op, E_SERVICE_UNAVAILABLE, why, "%s",
                        client_message(E_SERVICE_UNAVAILABLE));
}

static bool wait_socket(struct op *op, short events, int64_t deadline_us)
{
    struct pollfd fd = {.fd = PQsocket(op->db->pg), .events = events};
    int n;

    do {
        int64_t left_ms = (deadline_us - clock_mono_us()) / 1000;
        n = poll(&fd, 1, left_ms > 0 ? (int)left_ms : 0);
    } while (n < 0 && errno == EINTR);
    if (n == 0)
        return fail_session(op, "no answer before the deadline");
    return true;
}

static bool flush(struct op *op, int64_t deadline_us)
{
    PGconn *pg = op->db->pg;
    int left;

    while ((left = PQflush(pg)) == 1) {
        if (!wait_socket(op, POLLIN | POLLOUT, deadline_us))
            return false;
        if (!PQconsumeInput(pg))
            return fail_session(op, PQerrorMessage(pg));
    }
    return left == 0 || fail_session(op, PQerrorMessage(pg));
}

/* The next result, NULL between two statements. */
static bool next_result(struct op *op, int64_t deadline_us, PGresult **out)
{
    PGconn *pg = op->db->pg;

    while (PQisBusy(pg)) {
        if (!wait_socket(op, POLLIN, deadline_us))
            return false;
        if (!PQconsumeInput(pg))
            return fail_session(op, PQerrorMessage(pg));
    }
    *out = PQgetResult(pg);
    return true;
}

/*
 * What a pipeline holds, in order, so that answers find their statement: an
 * unnamed command (BEGIN, COMMIT), the preparation of a query, or its run.
 */
struct step {
    const char *command;
    const struct query *prepares;
    const struct ask *ask;
};

struct pipeline {
    struct step steps[3 * 16 + 2];
    size_t n;
};

static const char *step_name(const struct step *s)
{
    return s->command ? s->command : s->prepares ? s->prepares->name : s->ask->query->name;
}

static bool send_command(struct op *op, struct pipeline *pl, const char *sql)
{
    if (!PQsendQueryParams(op->db->pg, sql, 0, NULL, NULL, NULL, NULL, 0))
        return fail_session(op, PQerrorMessage(op->db->pg));
    pl->steps[pl->n++] = (struct step){.command = sql};
    return true;
}

static bool bind(struct op *op, const struct ask *a, const char **values, int *n)
{
    const struct query *q = a->query;

    for (*n = 0; q->params[*n]; (*n)++) {
        const struct arg *arg = a->args;

        if (*n == MAX_PARAMS)
            return fail(op, E_INTERNAL_ERROR, "%s has too many parameters", q->name);
        if (strcmp(q->params[*n], "tenant_id") == 0) {
            values[*n] = sql_i64(op, op->tenant_id);
            continue;
        }
        while (arg->name && strcmp(arg->name, q->params[*n]) != 0)
            arg++;
        if (!arg->name)
            return fail(op, E_INTERNAL_ERROR, "%s lacks :%s", q->name, q->params[*n]);
        values[*n] = arg->value;
    }
    return true;
}

/* Prepared before its first run, never after a failed one: a failure would end the transaction. */
static bool send_ask(struct op *op, struct pipeline *pl, const struct ask *a)
{
    struct db *db = op->db;
    const struct query *q = a->query;
    const char *values[MAX_PARAMS];
    int n;

    if (!bind(op, a, values, &n))
        return false;
    if (!db->prepared[q->id]) {
        if (!PQsendPrepare(db->pg, q->name, q->sql, 0, NULL))
            return fail_session(op, PQerrorMessage(db->pg));
        pl->steps[pl->n++] = (struct step){.prepares = q};
        db->prepared[q->id] = true;
    }
    if (!PQsendQueryPrepared(db->pg, q->name, n, values, NULL, NULL, 0))
        return fail_session(op, PQerrorMessage(db->pg));
    pl->steps[pl->n++] = (struct step){.ask = a};
    return true;
}

static void settle_step(struct op *op, const struct step *s, PGresult *r)
{
    ExecStatusType status = PQresultStatus(r);

    arena_defer(&op->arena, clear_result, r);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        if (s->ask)
            *s->ask->out = (struct rows){
                .n = PQntuples(r), .affected = strtoll(PQcmdTuples(r), NULL, 10), .result = r};
        return;
    }
    if (s->prepares)
        op->db->prepared[s->prepares->id] = false;
    if (status != PGRES_PIPELINE_ABORTED)
        fail_sql(op, step_name(s), r);
}

/* Read every answer up to the sync point, whatever fails on the way. */
static bool collect(struct op *op, const struct pipeline *pl, int64_t deadline_us)
{
    PGresult *r;

    for (size_t i = 0; i < pl->n; i++) {
        if (!next_result(op, deadline_us, &r))
            return false;
        if (!r)
            return fail_session(op, "an answer is missing");
        settle_step(op, &pl->steps[i], r);
        do {
            if (!next_result(op, deadline_us, &r))
                return false;
            PQclear(r);
        } while (r);
    }
    if (!next_result(op, deadline_us, &r))
        return false;
    bool synced = PQresultStatus(r) == PGRES_PIPELINE_SYNC;
    PQclear(r);
    return synced || fail_session(op, "the sync point is missing");
}

static bool send_pipeline(struct op *op, struct pipeline *pl, const struct ask *asks, size_t n,
                          const char *last)
{
    struct db *db = op->db;

    if (db->begin_pending) {
        if (!send_command(op, pl, "BEGIN"))
            return false;
        db->begin_pending = false;
        db->in_tx = true;
    }
    for (size_t i = 0; i < n; i++)
        if (!send_ask(op, pl, &asks[i])) {
            db->broken = true; /* half a pipeline is on its way */
            return false;
        }
    if (last && !send_command(op, pl, last))
        return false;
    return PQpipelineSync(db->pg) || fail_session(op, PQerrorMessage(db->pg));
}

static int64_t deadline_of(const struct op *op)
{
    return clock_mono_us() + (int64_t)op_time_left_ms(op, pool_timeout_ms(op->db->pool)) * 1000;
}

static bool run(struct op *op, const struct ask *asks, size_t n, const char *last)
{
    struct pipeline pl = {.n = 0};

    if (op->err.code != E_NONE || !db_lease(op))
        return false;
    if (n > 16)
        return fail(op, E_INTERNAL_ERROR, "too many statements at once");
    int64_t deadline = deadline_of(op);
    return send_pipeline(op, &pl, asks, n, last) && flush(op, deadline)
           && collect(op, &pl, deadline) && op->err.code == E_NONE;
}

/* What was sent has a memory of its own: the next batch's arguments are made in between. */
struct sent {
    struct ask ask;
    struct pipeline pl;
};

bool db_send(struct op *op, const struct query *q, const struct arg *args, struct rows *out)
{
    if (op->err.code != E_NONE || !db_lease(op))
        return false;
    struct sent *sent = ARENA_NEW(&op->arena, struct sent);
    sent->ask = (struct ask){q, args, out};
    if (!send_pipeline(op, &sent->pl, &sent->ask, 1, NULL) || !flush(op, deadline_of(op)))
        return false;
    op->db->sent = sent;
    return true;
}

bool db_receive(struct op *op)
{
    struct sent *sent = op->db->sent;

    op->db->sent = NULL;
    return collect(op, &sent->pl, deadline_of(op)) && op->err.code == E_NONE;
}

void db_take_in(struct op *op)
{
    if (!PQconsumeInput(op->db->pg))
        op->db->broken = true; /* db_receive() will find no answer */
}

bool db_ask(struct op *op, const struct ask *asks, size_t n)
{
    return run(op, asks, n, NULL);
}

bool db_query(struct op *op, const struct query *q, const struct arg *args, struct rows *out)
{
    return run(op, &(struct ask){q, args, out}, 1, NULL);
}

static bool run_at_commit(struct op *op)
{
    struct at_commit *c = op->at_commit;

    op->at_commit = NULL;
    return !c || c->run(op, c);
}

bool db_ask_commit(struct op *op, const struct ask *asks, size_t n)
{
    if (!run_at_commit(op))
        return false;
    bool ok = run(op, asks, n, op->one_transaction ? NULL : "COMMIT");

    if (op->db && !op->db->broken)
        op->db->in_tx = PQtransactionStatus(op->db->pg) != PQTRANS_IDLE;
    return ok;
}

bool db_query_commit(struct op *op, const struct query *q, const struct arg *args, struct rows *out)
{
    return db_ask_commit(op, &(struct ask){q, args, out}, 1);
}

bool db_begin(struct op *op)
{
    if (!db_lease(op))
        return false;
    if (op->one_transaction && (op->db->in_tx || op->db->begin_pending))
        return true;
    if (op->db->in_tx || op->db->begin_pending)
        return fail(op, E_INTERNAL_ERROR, "a transaction is already open");
    op->db->begin_pending = true;
    return true;
}

bool db_commit(struct op *op)
{
    struct db *db = op->db;

    if (op->err.code != E_NONE)
        return false;
    if (op->one_transaction)
        return true;
    if (db->begin_pending) { /* nothing was asked */
        db->begin_pending = false;
        return true;
    }
    if (!run_at_commit(op))
        return false;
    bool ok = run(op, NULL, 0, "COMMIT");
    if (!db->broken)
        db->in_tx = PQtransactionStatus(db->pg) != PQTRANS_IDLE;
    return ok;
}

void db_rollback(struct op *op)
{
    struct db *db = op->db;
    struct pipeline pl = {.n = 0};
    struct op aside = {.app = op->app, .db = db}; /* the first failure stands in op */

    if (!db)
        return;
    db->begin_pending = false;
    if (!db->in_tx || db->broken)
        return;
    db->in_tx = false;
    int64_t deadline = clock_mono_us() + (int64_t)pool_timeout_ms(db->pool) * 1000;
    bool ok = send_pipeline(&aside, &pl, NULL, 0, "ROLLBACK") && flush(&aside, deadline)
              && collect(&aside, &pl, deadline);
    if (!ok)
        db->broken = true;
    arena_end(&aside.arena);
}

bool session_command(struct op *op, const char *sql)
{
    return run(op, NULL, 0, sql);
}

bool pool_ready(struct op *op)
{
    return db_lease(op) && session_command(op, "SELECT 1");
}

const char *sql_i64(struct op *op, int64_t v)
{
    return arena_i64(&op->arena, v);
}

const char *sql_bool(bool v)
{
    return v ? "t" : "f";
}

const char *sql_tstamp(struct op *op, struct tstamp t)
{
    return tstamp_format(&op->arena, t);
}
