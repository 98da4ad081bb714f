/* ledger.c - lines, and a recount by metadata value. */

#include "tests/retell_sim/ledger.h"

#include "tests/retell_sim/call_json.h"
#include "tests/retell_sim/json.h"
#include "tests/retell_sim/json_out.h"

#include <stdlib.h>

#define PAGE_BYTES ((size_t)32 * 1024 * 1024)

static void put_line(struct buf *out, const struct sim *s, const struct sim_call *c)
{
    buf_char(out, '{');
    sim_put_i64(out, "seq", (int64_t)c->ordinal + 1);
    sim_put_text(out, "call_id", c->id);
    sim_put_text(out, "org_name", c->ws->org_name);
    sim_put_text(out, "call_type", c->kind == SIM_WEB ? "web_call" : "phone_call");
    sim_put_text(out, "direction", c->inbound ? "inbound" : "outbound");
    sim_put_text(out, "from_number", c->from);
    sim_put_text(out, "to_number", c->to);
    sim_put_json(out, "metadata", c->metadata ? c->metadata : "null");
    sim_put_i64(out, "created_ms", c->created_ms);
    sim_put_i64(out, "start_ms", c->start_ms);
    sim_put_i64(out, "end_ms", c->end_ms);
    sim_put_i64(out, "duration_ms", c->duration_ms);
    sim_put_text(out, "status", sim_status_name((enum sim_status)c->status));
    if (c->ended)
        sim_put_text(out, "disconnection_reason", sim_call_reason(&s->config, c));
    else
        sim_put_json(out, "disconnection_reason", "null");
    sim_put_bool(out, "analyzed", c->analyzed);
    sim_put_bool(out, "deleted", c->deleted);
    buf_add(out, "}\n", 2);
}

void sim_ledger_lines(const struct sim *s, uint64_t after, uint64_t limit, struct buf *out)
{
    for (uint64_t i = after, n = 0; i < s->world.ncalls && n < limit && out->n < PAGE_BYTES;
         i++, n++)
        put_line(out, s, s->world.calls[i]);
}

struct value {
    uint64_t hash;
    struct str text; /* as written in the metadata */
};

static int by_value(const void *a, const void *b)
{
    const struct value *x = a, *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    size_t n = x->text.n < y->text.n ? x->text.n : y->text.n;
    int order = memcmp(x->text.p, y->text.p, n);
    return order ? order : x->text.n < y->text.n ? -1 : x->text.n > y->text.n;
}

static size_t gather(const struct sim *s, const char *key, struct value *values)
{
    size_t n = 0;

    for (uint32_t i = 0; i < s->world.ncalls; i++) {
        const struct sim_call *c = s->world.calls[i];
        struct str v = sim_json_get(sim_json_or_empty(c->metadata), key);
        if (v.n && sim_json_type(v) != SJ_NULL)
            values[n++] = (struct value){sim_index_hash('v', 0, v, STR("")), v};
    }
    return n;
}

void sim_ledger_duplicates(const struct sim *s, const char *key, struct buf *out)
{
    struct value *values = calloc(s->world.ncalls + 1u, sizeof(*values));
    size_t distinct = 0;

    if (!values)
        abort();
    size_t n = gather(s, key, values);
    qsort(values, n, sizeof(*values), by_value);
    sim_open(out, NULL, '{');
    sim_put_text(out, "key", key);
    sim_put_i64(out, "placed", (int64_t)n);
    sim_open(out, "duplicates", '[');
    for (size_t i = 0, run; i < n; i += run, distinct++) {
        for (run = 1; i + run < n && by_value(&values[i], &values[i + run]) == 0;)
            run++;
        if (run == 1)
            continue;
        sim_open(out, NULL, '{');
        sim_key(out, "value");
        buf_add(out, values[i].text.p, values[i].text.n);
        sim_put_i64(out, "count", (int64_t)run);
        sim_close(out, '}');
    }
    sim_close(out, ']');
    sim_put_i64(out, "distinct", (int64_t)distinct);
    sim_close(out, '}');
    free(values);
}
