/* replay.c - where records and laws come from; record.h makes the decision again. */

#include "common/compliance/replay.h"

#include "common/compliance/law_document.h"
#include "common/ledger/ledger_file.h"
#include "common/store/db.h"
#include "queries.h"

#include <stdlib.h>

const char *const replay_result_names[] = {"identical", "differs", "erased", "unrecorded",
                                           "broken"};

/* Laws that are asked for once; the shelf's memory outlives each decision's. */
struct library {
    struct op *op;
    struct law_shelf shelf;
};

static const struct law *find_in_database(void *ctx, const char *hash)
{
    struct library *l = ctx;
    const struct law *law = law_shelf_find(&l->shelf, hash);
    struct rows rows;

    if (law)
        return law;
    if (db_query(l->op, &SQL_LAW_DOCUMENT, ARGS({"hash", hash}), &rows) && rows.n
        && law_shelf_add(l->op, &l->shelf, hash, db_text(&rows, 0, "document")))
        return law_shelf_find(&l->shelf, hash);
    op_forgive(l->op); /* whoever asked says that it is not at hand */
    return NULL;
}

static void judge(struct op *op, const char *record, const char *personal, law_finder *find,
                  void *ctx, struct replay *out)
{
    if (!decision_replay(op, record, personal, find, ctx, &out->texts)) {
        out->result = REPLAY_BROKEN;
        out->complaint = op->err.message;
        op_forgive(op);
        return;
    }
    bool same = strcmp(out->texts.stored, out->texts.again) == 0;
    out->result = same ? REPLAY_IDENTICAL : REPLAY_DIFFERS;
}

static void judge_row(struct op *op, const struct rows *rows, int i, struct library *l,
                      struct replay *out)
{
    const char *record = db_text(rows, i, "record"), *personal = db_text(rows, i, "personal");

    *out = (struct replay){.id = db_i64(rows, i, "id"), .result = REPLAY_UNRECORDED};
    if (!record)
        return;
    if (!personal) {
        out->result = REPLAY_ERASED;
        return;
    }
    if (!commitment_fits(str_of(record), str_of(db_text(rows, i, "salt")), str_of(personal))) {
        out->result = REPLAY_BROKEN;
        out->complaint = "The personal part is not what was committed to";
        return;
    }
    judge(op, record, personal, find_in_database, l, out);
}

bool replay_check(struct op *op, int64_t check_id, struct replay *out)
{
    struct library *l = ARENA_NEW(&op->arena, struct library);
    struct rows rows;

    l->op = op;
    if (!db_query(op, &SQL_REPLAY_CHECK, ARGS({"id", sql_i64(op, check_id)}), &rows))
        return false;
    if (!rows.n)
        return fail(op, E_RESOURCE_NOT_FOUND, "The tenant has no check with that ID");
    judge_row(op, &rows, 0, l, out);
    return true;
}

static void count(const struct replay *r, int64_t *counts, replay_teller *tell)
{
    counts[r->result]++;
    if (r->result != REPLAY_IDENTICAL && r->result != REPLAY_ERASED)
        tell(r);
}

static bool replay_page(struct op *op, struct library *l, int64_t *after, int64_t *counts,
                        replay_teller *tell)
{
    struct op part = op_part(op);
    struct rows page;
    bool ok = db_query(&part, &SQL_REPLAY_PAGE, ARGS({"after", sql_i64(&part, *after)}), &page)
              || op_fail_like(op, &part);

    for (int i = 0; ok && i < page.n; i++) {
        struct op one = op_part(op);
        struct replay r;
        judge_row(&one, &page, i, l, &r);
        count(&r, counts, tell);
        op_end(&one);
    }
    *after = ok && page.n ? db_i64(&page, page.n - 1, "id") : 0;
    op_end(&part);
    return ok;
}

bool replay_all(struct op *op, int64_t counts[REPLAY_RESULTS], replay_teller *tell)
{
    struct library l = {.op = op};
    int64_t after = 0;

    do {
        if (!replay_page(op, &l, &after, counts, tell))
            return false;
    } while (after);
    return true;
}

/* Each line without its end, as text of its own. */
struct lines {
    FILE *in;
    char *text;
    size_t cap;
};

static bool next_line(struct lines *l, struct str *out)
{
    ssize_t n = getline(&l->text, &l->cap, l->in);

    if (n <= 0)
        return false;
    n -= l->text[n - 1] == '\n';
    l->text[n] = '\0';
    *out = (struct str){l->text, (size_t)n};
    return true;
}

static bool read_laws(struct op *op, FILE *in, struct law_shelf *shelf)
{
    struct lines lines = {.in = in};
    struct str line, hash, document;
    bool ok = true;

    while (ok && next_line(&lines, &line))
        if (ledger_read_law(line, &hash, &document))
            ok = law_shelf_add(op, shelf, arena_strndup(&op->arena, hash.p, hash.n),
                               arena_strndup(&op->arena, document.p, document.n));
    free(lines.text);
    return ok;
}

static void judge_entry(struct op *op, const struct ledger_entry *e, struct law_shelf *shelf,
                        struct replay *out)
{
    *out = (struct replay){.id = e->seq, .result = REPLAY_ERASED};
    if (e->personal.n)
        judge(op, arena_strndup(&op->arena, e->record.p, e->record.n),
              arena_strndup(&op->arena, e->personal.p, e->personal.n), law_shelf_find, shelf, out);
}

bool replay_file(struct op *op, FILE *in, int64_t counts[REPLAY_RESULTS], replay_teller *tell)
{
    struct law_shelf shelf = {0};
    struct lines lines = {.in = in};
    struct ledger_entry e;
    struct str line;

    if (!read_laws(op, in, &shelf))
        return false;
    rewind(in);
    while (next_line(&lines, &line)) {
        struct op one = op_part(op);
        struct replay r;
        if (ledger_read_entry(line, &e)) {
            judge_entry(&one, &e, &shelf, &r);
            count(&r, counts, tell);
        }
        op_end(&one);
    }
    free(lines.text);
    return true;
}
