/* seal.c - in the order of their transactions: what was committed late is not forgotten. */

#include "common/ledger/seal.h"

#include "common/base/digest.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/ledger/ledger_file.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "queries.h"

#include <inttypes.h>

enum { BATCH = 1000 };

struct ledger {
    const char *name;
    const struct query *cursor, *due, *heads, *entries, *head_write, *move, *head, *page;
};

const struct ledger ledger_of_decisions = {
    "decisions",          &SQL_SEAL_CURSOR, &SQL_SEAL_DUE,    &SQL_SEAL_HEADS,  &SQL_SEAL_ENTRIES,
    &SQL_SEAL_HEAD_WRITE, &SQL_SEAL_MOVE,   &SQL_LEDGER_HEAD, &SQL_LEDGER_PAGE,
};

const struct ledger ledger_of_changes = {
    "changes",
    &SQL_AUDIT_SEAL_CURSOR,
    &SQL_AUDIT_SEAL_DUE,
    &SQL_AUDIT_SEAL_HEADS,
    &SQL_AUDIT_SEAL_ENTRIES,
    &SQL_AUDIT_SEAL_HEAD_WRITE,
    &SQL_AUDIT_SEAL_MOVE,
    &SQL_AUDIT_LEDGER_HEAD,
    &SQL_AUDIT_LEDGER_PAGE,
};

/* A tenant's chain as far as this batch has brought it. */
struct tail {
    int64_t tenant_id;
    struct chain_head head;
};

struct batch {
    const struct ledger *ledger;
    struct tail tails[BATCH];
    int n;
    struct sql_array tenants, seqs, checks, hashes;
};

static void free_batch(void *p)
{
    struct batch *b = p;

    sql_array_free(&b->tenants);
    sql_array_free(&b->seqs);
    sql_array_free(&b->checks);
    sql_array_free(&b->hashes);
}

static struct tail *tail_of(struct batch *b, int64_t tenant_id)
{
    for (int i = 0; i < b->n; i++)
        if (b->tails[i].tenant_id == tenant_id)
            return &b->tails[i];
    return NULL;
}

static bool read_heads(struct op *op, struct batch *b, const struct rows *due)
{
    struct rows heads;

    for (int i = 0; i < due->n; i++) {
        int64_t tenant_id = db_i64(due, i, "tenant_id");
        if (tail_of(b, tenant_id))
            continue;
        b->tails[b->n++] = (struct tail){.tenant_id = tenant_id};
        sql_array_add_i64(&b->tenants, tenant_id);
    }
    if (!db_query(op, b->ledger->heads, ARGS({"tenants", sql_array_close(&b->tenants)}), &heads))
        return false;
    for (int i = 0; i < heads.n; i++) {
        struct tail *t = tail_of(b, db_i64(&heads, i, "tenant_id"));
        t->head.seq = db_i64(&heads, i, "seq");
        if (!hex_read(str_of(db_text(&heads, i, "hash")), t->head.hash, CHAIN_HASH_BYTES))
            return fail(op, E_INTERNAL_ERROR, "a ledger's head is unreadable");
    }
    return true;
}

static void add_hash(struct sql_array *a, const struct chain_head *h)
{
    char hex[CHAIN_HEX_SIZE];

    hex_write(hex, h->hash, CHAIN_HASH_BYTES);
    sql_array_add(a, hex);
}

static bool write_entries(struct op *op, struct batch *b, const struct rows *due)
{
    struct rows written;

    sql_array_reset(&b->tenants);
    for (int i = 0; i < due->n; i++) {
        struct tail *t = tail_of(b, db_i64(due, i, "tenant_id"));
        chain_add(&t->head, str_of(db_text(due, i, "record")));
        sql_array_add_i64(&b->tenants, t->tenant_id);
        sql_array_add_i64(&b->seqs, t->head.seq);
        sql_array_add_i64(&b->checks, db_i64(due, i, "id"));
        add_hash(&b->hashes, &t->head);
    }
    return db_query(
        op, b->ledger->entries,
        ARGS({"tenants", sql_array_close(&b->tenants)}, {"seqs", sql_array_close(&b->seqs)},
             {"checks", sql_array_close(&b->checks)}, {"hashes", sql_array_close(&b->hashes)}),
        &written);
}

static bool write_heads(struct op *op, const struct ledger_key *key, const struct batch *b)
{
    struct sql_array tenants = {0}, seqs = {0}, hashes = {0}, keys = {0}, signatures = {0};
    const char *name = key ? ledger_key_name(op, key) : NULL;
    char signature[SIGNATURE_HEX_SIZE];
    struct rows written;
    bool ok = true;

    for (int i = 0; ok && i < b->n; i++) {
        const struct tail *t = &b->tails[i];
        ok = !key || chain_sign(op, key, t->tenant_id, &t->head, signature);
        sql_array_add_i64(&tenants, t->tenant_id);
        sql_array_add_i64(&seqs, t->head.seq);
        add_hash(&hashes, &t->head);
        sql_array_add(&keys, name);
        sql_array_add(&signatures, key ? signature : NULL);
    }
    ok = ok
         && db_query(op, b->ledger->head_write,
                     ARGS({"tenants", sql_array_close(&tenants)}, {"seqs", sql_array_close(&seqs)},
                          {"hashes", sql_array_close(&hashes)}, {"keys", sql_array_close(&keys)},
                          {"signatures", sql_array_close(&signatures)}),
                     &written);
    sql_array_free(&tenants);
    sql_array_free(&seqs);
    sql_array_free(&hashes);
    sql_array_free(&keys);
    sql_array_free(&signatures);
    return ok;
}

/* Whoever keeps the log holds a witness of every head. */
static void tell(struct op *op, const struct batch *b)
{
    char hex[CHAIN_HEX_SIZE];

    for (int i = 0; i < b->n; i++) {
        hex_write(hex, b->tails[i].head.hash, CHAIN_HASH_BYTES);
        log_info(op, "ledger.sealed", F("ledger", b->ledger->name),
                 F("of_tenant", b->tails[i].tenant_id), F("seq", b->tails[i].head.seq),
                 F("hash", (const char *)hex));
    }
}

static bool seal(struct op *op, const struct ledger *l, const struct ledger_key *key,
                 const struct rows *due)
{
    struct batch *b = ARENA_NEW(&op->arena, struct batch);
    int last = due->n - 1;
    struct rows moved;

    b->ledger = l;
    arena_defer(&op->arena, free_batch, b);
    if (!read_heads(op, b, due) || !write_entries(op, b, due) || !write_heads(op, key, b)
        || !db_query_commit(op, l->move,
                            ARGS({"recorded_in", db_text(due, last, "recorded_in")},
                                 {"check_id", db_text(due, last, "id")}),
                            &moved))
        return false;
    metric_add(M_LEDGER_SEALED, due->n, NULL);
    tell(op, b);
    return true;
}

bool ledger_seal(struct op *op, const struct ledger *l, const struct ledger_key *key, int *sealed)
{
    struct rows cursor, due = {0};

    *sealed = 0;
    if (!db_begin(op) || !db_query(op, l->cursor, NO_ARGS, &cursor))
        return false;
    if (cursor.n
        && !db_query(op, l->due,
                     ARGS({"recorded_in", db_text(&cursor, 0, "recorded_in")},
                          {"check_id", db_text(&cursor, 0, "check_id")},
                          {"limit", sql_i64(op, BATCH)}),
                     &due))
        return false;
    *sealed = due.n;
    return due.n ? seal(op, l, key, &due) : db_commit(op);
}

/* The hashes of the laws that an export's records name, each once. */
struct named {
    const char *hash;
    struct named *next;
};

static void note_laws(struct op *op, struct named **first, const char *record)
{
    static const char before[] = "\"document\":\"";

    for (const char *p = record; (p = strstr(p, before)); p++) {
        const struct named *n = *first;
        const char *hash = p + sizeof(before) - 1;
        if (strcspn(hash, "\"") != SHA256_HEX_SIZE - 1)
            continue;
        while (n && strncmp(n->hash, hash, SHA256_HEX_SIZE - 1) != 0)
            n = n->next;
        if (n)
            continue;
        struct named *fresh = ARENA_NEW(&op->arena, struct named);
        *fresh = (struct named){arena_strndup(&op->arena, hash, SHA256_HEX_SIZE - 1), *first};
        *first = fresh;
    }
}

static bool write_laws(struct op *op, const struct named *first, FILE *out)
{
    struct buf b = {0};
    bool ok = true;

    for (; ok && first; first = first->next) {
        struct op part = op_part(op);
        struct rows rows;
        buf_reset(&b);
        ok = db_query(&part, &SQL_LAW_DOCUMENT, ARGS({"hash", first->hash}), &rows)
             || op_fail_like(op, &part);
        if (ok && rows.n)
            ledger_write_law(&b, first->hash, db_text(&rows, 0, "document"));
        ok = ok && !b.over && fwrite(b.p, 1, b.n, out) == b.n;
        op_end(&part);
    }
    buf_free(&b);
    return ok;
}

static bool write_page(const struct rows *page, struct buf *b, FILE *out)
{
    buf_reset(b);
    for (int i = 0; i < page->n; i++) {
        struct chain_head h = {.seq = db_i64(page, i, "seq")};
        if (!hex_read(str_of(db_text(page, i, "hash")), h.hash, CHAIN_HASH_BYTES))
            return false;
        ledger_write_entry(b, &h, str_of(db_text(page, i, "record")), db_text(page, i, "salt"),
                           db_text(page, i, "personal"));
    }
    return !b->over && fwrite(b->p, 1, b->n, out) == b->n;
}

static bool write_pages(struct op *op, const struct ledger *l, int64_t last, FILE *out)
{
    struct buf b = {0};
    struct named *laws = NULL;
    bool ok = true;

    for (int64_t after = 0; ok && after < last;) {
        struct op part = op_part(op);
        struct rows page;
        ok = db_query(&part, l->page,
                      ARGS({"after", sql_i64(&part, after)}, {"last", sql_i64(&part, last)}), &page)
                 ? page.n && write_page(&page, &b, out)
                 : op_fail_like(op, &part);
        for (int i = 0; ok && i < page.n; i++)
            note_laws(op, &laws, db_text(&page, i, "record"));
        if (ok)
            after = db_i64(&page, page.n - 1, "seq");
        op_end(&part);
    }
    buf_free(&b);
    ok = ok && write_laws(op, laws, out);
    return ok || op->err.code != E_NONE
           || fail(op, E_INTERNAL_ERROR, "The ledger could not be written in full");
}

bool ledger_export(struct op *op, const struct ledger *l, FILE *out)
{
    struct ledger_span span = {.tenant_id = op->tenant_id, .first = 1};
    struct buf b = {0};
    struct rows head;

    if (!db_query(op, l->head, NO_ARGS, &head))
        return false;
    if (head.n) {
        span.last = db_i64(&head, 0, "seq");
        span.key = db_text(&head, 0, "key");
        span.signature = db_text(&head, 0, "signature");
        if (!hex_read(str_of(db_text(&head, 0, "hash")), span.head, CHAIN_HASH_BYTES))
            return fail(op, E_INTERNAL_ERROR, "a ledger's head is unreadable");
    }
    ledger_write_span(&b, &span);
    bool ok = fwrite(b.p, 1, b.n, out) == b.n;
    buf_free(&b);
    db_release(op);
    if (!ok)
        return fail(op, E_INTERNAL_ERROR, "The ledger could not be written in full");
    return write_pages(op, l, span.last, out);
}
