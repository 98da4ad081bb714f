/*
 * dnc_batch.c - a column per parameter, a merge per batch.
 *
 * Arrays as parameters cost a twentieth of the merge, so a staging table filled by COPY would only
 * add to it.  One lock of the tenant's per batch instead of one per number: Postgres has room for
 * some thousands of locks in all, and a batch of hundreds is most of the time round trips.
 */

#include "common/compliance/dnc_batch.h"

#include "common/compliance/registry_list.h"
#include "queries.h"

enum {
    BATCH_ROWS = 10000,
    /* Each is a lock of its own, beside the tenant's: see lock_numbers(). */
    BATCH_OPT_OUTS = 500,
};

const char *const dnc_mode_names[] = {"add", "full", "delta", NULL};
static const char *const stored_modes[] = {"add", "full", "delta", "answer"};

static const char *const gone_names[] = {"f", "t"};

static bool is_list(const struct dnc_batch *b)
{
    return b->terms.mode == DNC_MODE_FULL || b->terms.mode == DNC_MODE_DELTA;
}

/*
 * A row that could not be read may be a number that stands: it is not missing, and what is here is
 * not the whole list of its day.  The file's row stays without an end then.
 */
static bool is_whole(const struct dnc_batch *b)
{
    return b->terms.force || b->report->failed == 0 || !is_list(b);
}

static void begin(struct dnc_batch *b)
{
    b->rows = b->opt_outs = 0;
    sql_array_reset(&b->numbers);
    sql_array_reset(&b->sources);
    sql_array_reset(&b->countries);
    sql_array_reset(&b->gone);
    sql_array_reset(&b->changes);
    op_end(&b->part);
    b->part = op_part(b->op);
}

static bool ask_part(struct dnc_batch *b, const struct query *q, struct rows *out)
{
    struct op *op = &b->part;
    const struct dnc_terms *t = &b->terms;

    return db_query(op, q,
                    ARGS({"mode", stored_modes[t->mode]}, {"source", dnc_source_names[t->source]},
                         {"registry", t->registry}, {"country_iso", t->country_iso},
                         {"scrubbed_at", sql_tstamp(op, t->scrubbed_at)},
                         {"since", sql_tstamp(op, t->since)}, {"request_id", op->request_id},
                         {"import_id", sql_i64(op, b->import_id)},
                         {"imported", sql_i64(op, b->report->imported)},
                         {"failed", sql_i64(op, b->report->failed)},
                         {"whole", sql_bool(is_whole(b))}, {"closed", sql_i64(op, b->closed)}),
                    out);
}

void dnc_batch_open(struct op *op, struct dnc_batch *b)
{
    b->op = op;
    begin(b);
}

/* In the first transaction: a file that is refused before leaves nothing. */
static bool record(struct dnc_batch *b)
{
    struct rows rows;

    if (b->import_id)
        return true;
    if (b->terms.mode == DNC_MODE_FULL
        && !db_query(&b->part, &SQL_DNC_IMPORT_SWEEP, NO_ARGS, &rows))
        return false;
    if (!ask_part(b, &SQL_DNC_IMPORT_OPEN, &rows))
        return false;
    b->import_id = db_i64(&rows, 0, "id");
    return true;
}

static bool begin_transaction(struct dnc_batch *b)
{
    struct rows rows;

    b->part.deadline_us = b->op->deadline_us;
    return db_begin(&b->part) && db_query(&b->part, &SQL_DNC_IMPORT_TURN, NO_ARGS, &rows)
           && db_query(&b->part, &SQL_DNC_IMPORT_PLAN, NO_ARGS, &rows) && record(b);
}

/* ---- a batch ------------------------------------------------------------- */

static const struct arg *batch_args(struct dnc_batch *b)
{
    struct op *op = &b->part;
    const struct arg args[] = {
        {"numbers", sql_array_close(&b->numbers)},
        {"sources", sql_array_close(&b->sources)},
        {"countries", sql_array_close(&b->countries)},
        {"gone", sql_array_close(&b->gone)},
        {"changes", sql_array_close(&b->changes)},
        {"source", dnc_source_names[b->terms.source]},
        {"registry", b->terms.registry},
        {"scrubbed_at", sql_tstamp(op, b->terms.scrubbed_at)},
        {"import_id", sql_i64(op, b->import_id)},
        {0},
    };

    return memcpy(arena_alloc(&op->arena, sizeof(args)), args, sizeof(args));
}

/*
 * The end of a call may add an opt-out while it holds rows that a claim waits for, and the claim
 * has the tenant's lock: whoever may wait for that opt-out must do so before taking the lock.
 */
static bool lock_numbers(struct dnc_batch *b, const struct arg *args)
{
    struct rows rows;

    return b->opt_outs == 0 || db_query(&b->part, &SQL_DNC_IMPORT_LOCK_NUMBERS, args, &rows);
}

/* What the mode has besides additions; counts what it did. */
static bool send_extras(struct dnc_batch *b, const struct arg *args, int64_t *staged,
                        int64_t *closed)
{
    struct op *op = &b->part;
    struct rows rows;

    if (b->terms.mode == DNC_MODE_FULL) {
        if (!db_query(op, &SQL_DNC_IMPORT_STAGE, args, &rows))
            return false;
        *staged = rows.affected;
    }
    if (b->terms.mode == DNC_MODE_DELTA || b->terms.mode == DNC_MODE_ANSWER) {
        if (!db_query(op, &SQL_DNC_IMPORT_DELETE, args, &rows))
            return false;
        *closed = rows.affected;
    }
    return b->terms.mode != DNC_MODE_ANSWER || db_query(op, &SQL_DNC_IMPORT_SCRUB, args, &rows);
}

/* The tenant's lock is held for the last statement only. */
static bool send(struct dnc_batch *b, struct rows *counts, int64_t *closed)
{
    struct op *op = &b->part;
    const struct arg *args;
    int64_t staged = 0;

    if (!begin_transaction(b))
        return false;
    args = batch_args(b);
    if (!send_extras(b, args, &staged, closed) || !lock_numbers(b, args)
        || !db_query_commit(op, &SQL_DNC_IMPORT_BATCH, args, counts))
        return false;
    b->staged += staged;
    return true;
}

static bool flush(struct dnc_batch *b)
{
    struct rows counts;
    int64_t closed = 0;

    if (b->rows == 0)
        return true;
    if (!send(b, &counts, &closed)) {
        err_detail_i64(b->op, "imported", b->report->imported);
        return op_fail_like(b->op, &b->part);
    }
    int64_t inserted = db_i64(&counts, 0, "inserted"),
            removed = db_i64(&counts, 0, "removed_before");
    b->report->imported += inserted;
    b->report->skipped += b->rows - inserted - closed;
    b->closed += closed;
    if (removed)
        import_notice(b->report,
                      &(struct import_notice){"REMOVED_BEFORE", "e164", removed, 0, NULL});
    begin(b);
    return true;
}

bool dnc_batch_add(struct dnc_batch *b, const struct dnc_row *r)
{
    sql_array_add(&b->numbers, r->e164);
    sql_array_add(&b->sources, dnc_source_names[r->source]);
    sql_array_add(&b->countries, r->country_iso);
    sql_array_add(&b->gone, gone_names[r->gone]);
    sql_array_add(&b->changes, sql_tstamp(&b->part, r->changed_at));
    b->rows++;
    b->opt_outs += r->source == DNC_OPT_OUT;
    return (b->rows < BATCH_ROWS && b->opt_outs < BATCH_OPT_OUTS) || flush(b);
}

/* ---- the end of a file --------------------------------------------------- */

static const struct arg *close_args(struct dnc_batch *b, const char *after)
{
    struct op *op = &b->part;
    const struct arg args[] = {
        {"source", dnc_source_names[b->terms.source]},
        {"registry", b->terms.registry},
        {"country_iso", b->terms.country_iso},
        {"scrubbed_at", sql_tstamp(op, b->terms.scrubbed_at)},
        {"import_id", sql_i64(op, b->import_id)},
        {"after", after},
        {0},
    };

    return memcpy(arena_alloc(&op->arena, sizeof(args)), args, sizeof(args));
}

/* A list may be long, a statement may not: pieces, in one transaction. */
static bool close_missing(struct dnc_batch *b)
{
    const char *after = "";
    int64_t stood = 0;
    struct rows piece;

    do {
        if (!db_query(&b->part, &SQL_DNC_IMPORT_CLOSE_NEXT, close_args(b, after), &piece))
            return false;
        after = db_text(&piece, 0, "last");
        stood += db_i64(&piece, 0, "stood");
        b->closed += db_i64(&piece, 0, "closed");
    } while (after);
    if (!b->terms.force && 2 * b->staged < stood - b->report->imported)
        return import_fault(b->op, b->report, "FULL_FILE_SHRINKS", 0);
    return true;
}

/* Said with every file, for whoever did not read the reply of the one that tore the list. */
static bool tell_gap(struct dnc_batch *b)
{
    struct arena *arena = &b->op->arena;
    struct registry_list list;

    if (b->terms.source != DNC_REGISTRY || !is_list(b))
        return true;
    if (!registry_list_get(&b->part, b->terms.registry, &list))
        return false;
    if (!list.missing_from.us)
        return true;
    const char *since = tstamp_format(arena, list.listed_as_of);
    const char *torn =
        arena_printf(arena, "the file of %s was not read whole, or changes before it never came",
                     tstamp_format(arena, list.missing_from));
    const char *why =
        since ? arena_printf(arena,
                             "The list stays as of %s: %s. Send the whole list, or all changes "
                             "since then with since=%s",
                             since, torn, since)
              : arena_printf(arena, "The list does not count: %s. Send the whole list", torn);
    import_notice(b->report, &(struct import_notice){"LIST_GAP", NULL, 1, 0, why});
    return true;
}

static bool end_file(struct dnc_batch *b)
{
    struct rows rows;
    bool whole = is_whole(b);

    if (whole && b->terms.mode == DNC_MODE_FULL && !close_missing(b))
        return false;
    if (!whole)
        import_notice(b->report,
                      &(struct import_notice){"NOT_WHOLE", NULL, b->report->failed, 0, NULL});
    return ask_part(b, &SQL_DNC_IMPORT_UNSTAGE, &rows) && ask_part(b, &SQL_DNC_IMPORT_CLOSE, &rows)
           && tell_gap(b);
}

bool dnc_batch_finish(struct dnc_batch *b)
{
    if (!flush(b))
        return false;
    if (!b->import_id && !is_list(b))
        return true;
    if (!begin_transaction(b) || !end_file(b) || !db_commit(&b->part))
        return b->op->err.code == E_NONE && op_fail_like(b->op, &b->part);
    if (b->closed)
        import_notice(b->report, &(struct import_notice){"TAKEN_OFF", "e164", b->closed, 0, NULL});
    begin(b);
    return true;
}

void dnc_batch_free(struct dnc_batch *b)
{
    op_end(&b->part);
    sql_array_free(&b->numbers);
    sql_array_free(&b->sources);
    sql_array_free(&b->countries);
    sql_array_free(&b->gone);
    sql_array_free(&b->changes);
}
