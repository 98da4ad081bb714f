/* audit.c - the sealed part and the one that may be forgotten, written together. */

#include "common/tenant/audit.h"

#include "common/base/clock.h"
#include "common/base/digest.h"
#include "common/base/id.h"
#include "common/base/page.h"
#include "common/ledger/chain.h"
#include "common/store/db.h"
#include "common/tenant/mentions.h"
#include "queries.h"

enum { SALT_BYTES = 16 };

static const struct field audit_entry_fields[] = {
    FIELD(struct audit_entry, id),         FIELD(struct audit_entry, who),
    FIELD(struct audit_entry, action),     FIELD(struct audit_entry, subject),
    FIELD(struct audit_entry, status),     FIELD(struct audit_entry, request_id),
    FIELD(struct audit_entry, created_at), FIELD(struct audit_entry, seq),
    FIELD(struct audit_entry, detail),
};
const struct type audit_entry_type = TYPE(struct audit_entry, audit_entry_fields);

static const struct field audit_query_fields[] = {
    FIELD(struct audit_query, who, .min = 1, .max = 64),
    FIELD(struct audit_query, action, .min = 1, .max = 128),
    FIELD(struct audit_query, subject, .min = 1, .max = 128),
    FIELD(struct audit_query, request_id, .min = 1, .max = 64),
    FIELD(struct audit_query, created_gte, .flags = 0),
    FIELD(struct audit_query, created_lte, .flags = 0),
    PAGE_FIELDS(struct audit_query),
};
const struct type audit_query_type = TYPE(struct audit_query, audit_query_fields);

static void write_member(struct buf *b, const char *name, const char *text)
{
    buf_printf(b, ",\"%s\":", name);
    buf_json_text(b, text);
}

static void write_personal(struct buf *b, const struct audit_event *e)
{
    buf_str(b, "{\"from\":");
    buf_json_text(b, e->from);
    buf_str(b, ",\"before\":");
    audit_write_json(b, str_of(e->before ? e->before : ""));
    buf_str(b, ",\"sent\":");
    audit_write_json(b, e->sent);
    buf_str(b, ",\"after\":");
    audit_write_json(b, e->after);
    buf_char(b, '}');
}

static void write_record(struct op *op, struct buf *b, const struct audit_event *e,
                         const char *commitment)
{
    buf_str(b, "{\"v\":1,\"kind\":\"change\"");
    write_member(b, "at", tstamp_format(&op->arena, (struct tstamp){clock_now_us()}));
    write_member(b, "who", op->principal);
    write_member(b, "action", e->action);
    write_member(b, "subject", e->subject);
    buf_printf(b, ",\"status\":%d", e->status);
    write_member(b, "request_id", op->request_id);
    buf_printf(b, ",\"commitment\":\"%s\"}", commitment);
}

static bool insert(struct op *op, const struct audit_event *e, const char *record,
                   const char *salt_hex, const char *personal)
{
    struct rows rows;

    return db_query(op, &SQL_AUDIT_INSERT,
                    ARGS({"who", op->principal ? op->principal : "nobody"}, {"action", e->action},
                         {"subject", e->subject}, {"status", sql_i64(op, e->status)},
                         {"request_id", op->request_id ? op->request_id : ""}, {"record", record},
                         {"salt", salt_hex}, {"personal", personal},
                         {"about", mentions(op, e->subject, str_of(personal))}),
                    &rows);
}

bool audit_record(struct op *op, const struct audit_event *e)
{
    unsigned char salt[SALT_BYTES];
    char salt_hex[2 * SALT_BYTES + 1], commitment[CHAIN_HEX_SIZE];
    struct buf personal = {0}, record = {0};

    random_bytes(salt, sizeof(salt));
    hex_write(salt_hex, salt, sizeof(salt));
    write_personal(&personal, e);
    commitment_of((struct str){(const char *)salt, sizeof(salt)}, buf_view(&personal), commitment);
    write_record(op, &record, e, commitment);
    bool ok = personal.over || record.over
                  ? fail(op, E_PAYLOAD_TOO_LARGE, "The change is too large to be written down")
                  : insert(op, e, record.p, salt_hex, personal.p);
    buf_free(&personal);
    buf_free(&record);
    return ok;
}

bool audit_state(struct op *op, const char *kind, int64_t id, const char **out)
{
    struct rows rows;

    *out = NULL;
    if (!db_query(op, &SQL_AUDIT_STATE, ARGS({"kind", kind}, {"id", sql_i64(op, id)}), &rows))
        return false;
    *out = db_text(&rows, 0, "state");
    return true;
}

bool audit_list(struct op *op, const struct audit_query *q, struct audit_entry **out, int *n,
                int64_t *total)
{
    struct rows page, count;
    const struct arg *args =
        ARGS({"who", q->who}, {"action", q->action}, {"subject", q->subject},
             {"request_id", q->request_id}, {"created_gte", sql_tstamp(op, q->created_gte)},
             {"created_lte", sql_tstamp(op, q->created_lte)}, {"limit", sql_i64(op, q->limit)},
             {"offset", sql_i64(op, q->offset)});

    if (!db_ask(
            op,
            (const struct ask[]){{&SQL_AUDIT_LIST, args, &page}, {&SQL_AUDIT_COUNT, args, &count}},
            2))
        return false;
    *n = page.n;
    *total = db_i64(&count, 0, "n");
    return (*out = from_rows(op, &page, &audit_entry_type)) != NULL;
}

bool audit_forget(struct op *op, const char *e164, const char *leads)
{
    struct rows rows;

    return db_query(op, &SQL_AUDIT_FORGET, ARGS({"e164", e164}, {"leads", leads}), &rows);
}
