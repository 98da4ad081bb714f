/*
 * db.h - the only door to Postgres.
 *
 * SQL lives in sql/queries; scripts/embed_sql turns each "-- name:" into a
 * struct query and each :parameter into a $n that remembers its name.
 * :tenant_id is bound here from the operation, never by a caller: a repository
 * cannot forget it and cannot choose another.
 *
 * An operation leases a session from the pool at its first statement and gives
 * it back when its arena ends; an open transaction is rolled back then.  Every
 * wait ends at the operation's deadline or after DATABASE_TIMEOUT_MS.
 *
 * Failures: SERVICE_UNAVAILABLE (no session, no answer, deadlock or
 * serialization failure: worth repeating), ALREADY_EXISTS (unique index),
 * INVALID_STATE (other constraint), INTERNAL_ERROR (our bug).
 */
#ifndef AGORALIA_DB_H
#define AGORALIA_DB_H

#include "common/base/fields.h"

struct query {
    int id;           /* 0..QUERY_COUNT-1: its place in a session's prepared set */
    const char *name; /* also the prepared statement's name */
    const char *sql;
    const char *const *params; /* names in $n order, NULL-terminated */
};

/* Every query, by id, ending with a NULL name: for the test that prepares them all. */
extern const struct query *const all_queries[];

struct rows {
    int n;                     /* rows returned */
    int64_t affected;          /* rows inserted, updated or deleted */
    const void *result;        /* a PGresult owned by the arena */
    const struct type *mapped; /* from_row()'s memory: whose fields columns[] holds */
    int *columns;
};

struct arg {
    const char *name;
    const char *value; /* NULL is SQL NULL */
};
#define ARGS(...) \
    (const struct arg[]) \
    { \
        __VA_ARGS__, \
        { \
            0 \
        } \
    }
#define NO_ARGS \
    (const struct arg[]) \
    { \
        { \
            0 \
        } \
    }

const char *sql_i64(struct op *op, int64_t v);
const char *sql_bool(bool v);
const char *sql_tstamp(struct op *op, struct tstamp t); /* NULL for the null instant */

/* A transaction.  BEGIN travels with the first statement that follows it. */
bool db_begin(struct op *op) MUSTCHECK;
bool db_commit(struct op *op) MUSTCHECK;

/*
 * While op->one_transaction is set, what others begin joins the transaction that is open, and what
 * they commit stays open: whoever set it ends it, by db_commit() after clearing it or by
 * db_rollback().  A session given back in between takes everything with it.
 */

/* What belongs into the next transaction that is committed, whoever commits it; then it is
 * forgotten. */
struct at_commit {
    bool (*run)(struct op *op, struct at_commit *c);
};

/* Undo and go on with the operation: for a caller that repeats the transaction. */
void db_rollback(struct op *op);

bool db_query(struct op *op, const struct query *q, const struct arg *args,
              struct rows *out) MUSTCHECK;

/*
 * db_query() in two halves: the database works while the caller does something else.  Nothing may
 * be asked with this operation in between; q and out must live until then, the arguments need not.
 */
bool db_send(struct op *op, const struct query *q, const struct arg *args,
             struct rows *out) MUSTCHECK;
bool db_receive(struct op *op) MUSTCHECK;

/*
 * Between the two, while the caller is busy: take in what has arrived, if anything has.  A large
 * answer is else only begun: the database goes no further than the socket holds.
 */
void db_take_in(struct op *op);

/* Several statements in one round trip; all or none when inside a transaction. */
struct ask {
    const struct query *query;
    const struct arg *args;
    struct rows *out;
};
bool db_ask(struct op *op, const struct ask *asks, size_t n) MUSTCHECK;

/* db_ask(), db_query() and COMMIT in one round trip. */
bool db_ask_commit(struct op *op, const struct ask *asks, size_t n) MUSTCHECK;
bool db_query_commit(struct op *op, const struct query *q, const struct arg *args,
                     struct rows *out) MUSTCHECK;

/* One column of row i; NULL for SQL NULL.  The text lives as long as the arena. */
const char *db_text(const struct rows *rows, int i, const char *column);
int64_t db_i64(const struct rows *rows, int i, const char *column); /* 0 for NULL */
bool db_bool(const struct rows *rows, int i, const char *column);   /* false for NULL */

/* Read row i into a struct by column name; a field without a column is an error. */
bool from_row(struct op *op, struct rows *rows, int i, const struct type *t, void *out) MUSTCHECK;

/* Every row into a new array of rows->n structs in op's arena; NULL only on failure. */
void *from_rows(struct op *op, struct rows *rows, const struct type *t) MUSTCHECK;

/*
 * Append row i as the JSON object its struct would give, without the struct: for pages, where
 * reading five hundred columns only to print them again is most of the work.  A field without a
 * column is an error.
 */
bool row_to_json(struct op *op, struct rows *rows, int i, const struct type *t,
                 struct buf *b) MUSTCHECK;

/* Run q with its parameters taken from the struct; a returned row is read back into it. */
bool db_store(struct op *op, const struct query *q, const struct type *t, void *inout) MUSTCHECK;

/*
 * A Postgres text array literal, built element by element: how a batch of rows
 * travels as one parameter per column (unnest).  Initialise to {0}.
 */
struct sql_array {
    struct buf text;
};
void sql_array_add(struct sql_array *a, const char *value); /* NULL is SQL NULL */
void sql_array_add_i64(struct sql_array *a, int64_t v);
const char *sql_array_close(struct sql_array *a); /* "{...}"; valid until reset or free */
void sql_array_reset(struct sql_array *a);
void sql_array_free(struct sql_array *a);

#endif
