/* session.h - one Postgres session as pool.c and db.c share it.  Private to common/store. */
#ifndef AGORALIA_SESSION_H
#define AGORALIA_SESSION_H

#include "common/base/op.h"

#include "queries.h"

#include <libpq-fe.h>

/* The roles of the tenant wall.  A session is the first but for the rest of a transaction. */
#define ROLE_APP "agoralia_app"
#define ROLE_PLATFORM "agoralia_platform"

/* Eight digits of timeline, sixteen of position. */
enum { WAL_TIMELINE_DIGITS = 8, WAL_POSITION_SIZE = 25 };

struct db {
    char timeline[WAL_TIMELINE_DIGITS + 1]; /* where it was opened; empty = nobody asked */
    PGconn *pg;                             /* in pipeline mode from its first moment to its last */
    struct pool *pool;
    struct db *next_idle;
    int64_t released_us;
    int64_t leases, replan_at; /* see db_lease() */
    bool begin_pending;        /* BEGIN goes out with the next statement */
    bool in_tx;
    struct {
        bool platform; /* this transaction is the platform's now */
        bool told;     /* it knows this tenant */
        int64_t tenant_id;
    } wall;
    struct sent *sent; /* a statement whose answer has not been read; NULL = none */
    bool broken;       /* state unknown: to be closed, never given back */
    bool prepared[QUERY_COUNT > 0 ? QUERY_COUNT : 1];
};

int pool_timeout_ms(const struct pool *p);

/* One command without arguments in a pipeline of its own. */
bool session_command(struct op *op, const char *sql);

#endif
