/* retell_calls.c - web calls, and looking up, listing, stopping and deleting calls. */

#include "common/base/json.h"
#include "common/provider/retell.h"

bool retell_create_web_call(struct op *op, const struct provider *p, const char *agent_id,
                            const char *metadata, struct provider_web_call *out)
{
    const struct retell *r = p->self;
    const struct cJSON *reply;
    struct buf b = {0};

    buf_char(&b, '{');
    retell_put(&b, "agent_id", agent_id);
    if (metadata)
        buf_printf(&b, "\"metadata\":%s,", metadata);
    retell_put_agent_override(&b, r->webhook_url, 0);
    retell_end_object(&b);
    struct retell_ask ask = {.op = RETELL_create_web_call, .body = retell_finish(op, &b)};
    if (!retell_ask(op, p, &ask, &reply))
        return false;
    *out = (struct provider_web_call){
        .provider_call_id = json_get_string(reply, "call_id"),
        .access_token = json_get_string(reply, "access_token"),
        .expires_at = retell_instant(reply, "expires_at"),
    };
    if (!out->provider_call_id || !out->access_token)
        return fail(op, E_PROVIDER_ERROR, "Retell's answer names no web call");
    out->connection.text = json_text(op, reply);
    return true;
}

bool retell_get_call(struct op *op, const struct provider *p, const char *provider_call_id,
                     struct provider_call *out)
{
    const struct cJSON *reply;

    if (!retell_ask(op, p, &(struct retell_ask){.op = RETELL_get_call, .id = provider_call_id},
                    &reply))
        return false;
    if (!retell_read_call(op, reply, out))
        return fail(op, E_PROVIDER_ERROR, "Retell's answer names no call");
    return true;
}

static bool take_call(struct op *op, const struct cJSON *item, void *ctx)
{
    struct provider_calls *calls = ctx;
    struct provider_call call;

    if (!retell_read_call(op, item, &call))
        return false;
    calls->items = retell_grow(op, calls->items, calls->n, sizeof(call));
    calls->items[calls->n++] = call;
    return true;
}

static bool list_where(struct op *op, const struct provider *p, const char *filter, size_t limit,
                       struct provider_calls *out)
{
    struct retell_list list = {.op = RETELL_list_calls,
                               .filter = filter,
                               .cursor_in_body = true,
                               .limit = limit,
                               .take = take_call,
                               .ctx = out};

    *out = (struct provider_calls){0};
    return retell_follow(op, p, &list, &out->complete);
}

/* "type":"enum": any of the values. */
static void put_any_of(struct buf *b, const struct provider_query *q)
{
    buf_str(b, "\"type\":\"enum\",\"op\":\"in\",\"value\":[");
    for (size_t i = 0; i < q->n; i++) {
        buf_str(b, i ? "," : "");
        buf_json_string(b, str_of(q->values[i]));
    }
    buf_char(b, ']');
}

/* No filter on time or state: a call that never connected has no start, and one that is only
 * registered cannot be asked for. */
bool retell_find_calls(struct op *op, const struct provider *p, const struct provider_query *q,
                       size_t limit, struct provider_calls *out)
{
    struct buf b = {0};

    buf_str(&b,
            q->key ? "\"filter_criteria\":{\"metadata\":[{" : "\"filter_criteria\":{\"call_id\":{");
    retell_put(&b, "key", q->key);
    put_any_of(&b, q);
    buf_str(&b, q->key ? "}]}," : "}},");
    return list_where(op, p, retell_finish(op, &b), limit, out);
}

bool retell_list_calls(struct op *op, const struct provider *p, struct tstamp from,
                       struct tstamp to, size_t limit, struct provider_calls *out)
{
    struct buf b = {0};

    /* A range is closed at both ends and counts milliseconds. */
    buf_str(&b, "\"filter_criteria\":{\"start_timestamp\":{\"type\":\"range\",\"op\":\"bt\",");
    buf_printf(&b, "\"value\":[%lld,%lld]}},\"sort_order\":\"descending\",",
               (long long)((from.us + 999) / 1000), (long long)((to.us - 1) / 1000));
    return list_where(op, p, retell_finish(op, &b), limit, out);
}

bool retell_stop_call(struct op *op, const struct provider *p, const char *provider_call_id)
{
    const struct cJSON *nothing;

    return retell_ask(op, p, &(struct retell_ask){.op = RETELL_stop_call, .id = provider_call_id},
                      &nothing);
}

bool retell_delete_call(struct op *op, const struct provider *p, const char *provider_call_id)
{
    const struct cJSON *nothing;

    return retell_ask(op, p, &(struct retell_ask){.op = RETELL_delete_call, .id = provider_call_id},
                      &nothing);
}
