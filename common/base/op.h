/*
 * op.h - one operation: an HTTP request or a queued job.
 *
 * Every function that can fail takes the operation first and returns bool.
 * It carries what a unit of work needs and nothing else: whose it is, its
 * memory, its database session, its error.  op_end() frees the arena, whose
 * deferred cleanups roll back a transaction left open and give the session
 * back, so an early return is always a clean one.
 */
#ifndef AGORALIA_OP_H
#define AGORALIA_OP_H

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/base/str.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

/* What main() sets up once and nobody changes afterwards; a test hands in its own. */
struct app {
    const struct conf *conf;
    struct pool *pool;               /* Postgres sessions, common/store */
    const struct provider *provider; /* telephony, common/provider */
    struct law_cache *laws;          /* common/compliance; NULL = none is kept */
    struct token_keys *tokens;       /* what access tokens are signed with, common/identity */
    struct mailer *mailer;           /* common/identity; NULL = no mail can be sent */
    struct spool *spool; /* answers that wait for the database, common/call; NULL = none do */
};

/* Some ids, when not all. */
enum { ID_SET_MAX = 32 };
struct id_set {
    int n;
    int64_t ids[ID_SET_MAX];
};

struct db;
struct at_commit;

struct op {
    const struct app *app;
    const char *request_id; /* correlation id: from HTTP or from the message */
    int64_t tenant_id;      /* bound as :tenant_id by every query; 0 = the platform itself */
    int64_t user_id;        /* who is signed in; 0 = nobody: a key, a job, the operator */
    int64_t session_id;     /* of that user */
    const struct id_set *campaigns; /* those that the user is limited to; NULL = to none */
    int64_t deadline_us;   /* CLOCK_MONOTONIC; bounds every wait below; 0 = the callee's default */
    const char *principal; /* who asks, as tables and logs may name it; NULL = nobody we know */
    bool suspect;          /* a worker died while it did this before */
    bool one_transaction;  /* db_begin() and db_commit() join the caller's, see db.h */
    struct at_commit *at_commit; /* run before the next COMMIT, see db.h; NULL = nothing is */
    struct arena arena;
    struct db *db;  /* leased on first use */
    struct err err; /* the first failure; later ones only reach the log */
};

void op_end(struct op *op);

/*
 * A unit of work inside op's: the same tenant, deadline and at_commit, its own memory and
 * its own session.  For what repeats without end (batches of a file), so that
 * each round's memory goes and no session is held while waiting for the next.
 * To be ended with op_end().
 */
struct op op_part(const struct op *op);

/* What failed in the part has failed in the whole; returns false. */
bool op_fail_like(struct op *op, const struct op *part);

/* May who asks come to this campaign? */
bool op_may_see_campaign(const struct op *op, int64_t campaign_id);

/* Forget the error, keep everything else: for a caller that has an answer to it. */
void op_forgive(struct op *op);

/* Milliseconds left until the deadline, at most limit_ms, at least 0. */
int op_time_left_ms(const struct op *op, int limit_ms);

/* Record a failure and return false, so that callers write: return fail(...). */
bool fail(struct op *op, enum err_code code, const char *fmt, ...) PRINTF(3, 4);

/* The same, with text for the log that must not reach the client. */
bool fail_because(struct op *op, enum err_code code, const char *cause, const char *fmt, ...)
    PRINTF(4, 5);

/*
 * Add to details; all is copied.  The first complaint about a key stands, and
 * the first ERR_DETAILS_MAX keys: more than any table has fields.
 */
void err_detail(struct op *op, const char *key, const char *text);
void err_detail_i64(struct op *op, const char *key, int64_t value);
void err_detail_json(struct op *op, const char *key, const char *json);

/* Take a complaint back; false when there is none about the key. */
bool err_detail_drop(struct op *op, const char *key);

/* The part's complaints as the whole's, each under "prefix.". */
void err_details_under(struct op *op, const char *prefix, const struct op *part);

#endif
