/* retell_dial.c - create-phone-call: sent once, and answered with what is known. */

#include "common/base/json.h"
#include "common/base/log.h"
#include "common/provider/retell.h"

enum { STANDSTILL_SECONDS = 300 };

#define WEBHOOK_EVENTS "[\"call_started\",\"call_ended\",\"call_analyzed\"]"

void retell_put_agent_override(struct buf *b, const char *webhook_url, int ring_seconds)
{
    if (!webhook_url && ring_seconds <= 0)
        return;
    buf_str(b, "\"agent_override\":{\"agent\":{");
    if (webhook_url) {
        retell_put(b, "webhook_url", webhook_url);
        buf_str(b, "\"webhook_events\":" WEBHOOK_EVENTS ",");
    }
    if (ring_seconds > 0)
        buf_printf(b, "\"ring_duration_ms\":%lld,", (long long)ring_seconds * 1000);
    retell_end_object(b);
    buf_str(b, "},");
}

static const char *body_of(struct op *op, const struct retell *r, const struct dial_request *d)
{
    struct buf b = {0};

    buf_char(&b, '{');
    retell_put(&b, "from_number", d->from_number);
    retell_put(&b, "to_number", d->to_number);
    retell_put(&b, "override_agent_id", d->agent_id);
    if (r->seed) /* the specification's name; it means nothing to today's API */
        retell_put(&b, "agent_id", d->agent_id);
    if (d->metadata)
        buf_printf(&b, "\"metadata\":%s,", d->metadata);
    retell_put_agent_override(&b, d->webhook_url, d->ring_seconds);
    retell_put(&b, "idempotency_key", d->idempotency_key);
    retell_end_object(&b);
    return retell_finish(op, &b);
}

/* The statuses that say, for certain, that no call was placed. */
static enum dial_refusal refusal_of(int status, const char *words)
{
    switch (status) {
    case 400:
    case 422: return REFUSAL_REQUEST;
    case 401:
    case 403: return REFUSAL_CREDENTIALS;
    case 402: return REFUSAL_UNPAID;
    case 404: return strstr(words, "phone-number") ? REFUSAL_FROM_NUMBER : REFUSAL_REQUEST;
    case 429: return REFUSAL_BUSY;
    default: return REFUSAL_NONE;
    }
}

static void read_refusal(struct op *op, const struct http_reply *reply, struct dial_answer *out)
{
    out->message = retell_words(op, reply->body);
    out->refusal = refusal_of(reply->status, out->message);
    out->retry_after_seconds = reply->retry_after_seconds;
    out->result = out->refusal == REFUSAL_NONE ? DIAL_UNKNOWN : DIAL_REJECTED;
}

static void read_acceptance(struct op *op, const struct http_reply *reply, struct dial_answer *out)
{
    const char *id = json_get_string(retell_json(op, reply->body), "call_id");

    if (id && *id) {
        out->result = DIAL_ACCEPTED;
        out->provider_call_id = id;
    } else {
        out->message = "accepted, but the answer names no call";
    }
}

bool retell_takes_keys(const struct provider *p)
{
    const struct retell *r = p->self;

    return r->keys != RETELL_KEYS_OFF && !r->keys_given_up;
}

/*
 * The key is a second belt only, so an API that does not know it loses it, not the call.  An
 * operator who insists on it has the calls wait for another word of his.
 */
static void hear_of_keys(struct retell *r, struct dial_answer *out)
{
    if (out->refusal != REFUSAL_REQUEST || !strstr(out->message, "idempotency_key"))
        return;
    out->refusal = REFUSAL_KEY;
    if (r->keys == RETELL_KEYS_AUTO)
        r->keys_given_up = true;
    else
        out->retry_after_seconds = STANDSTILL_SECONDS;
    log_error(NULL, "provider.knows_no_keys", F("given_up", (int64_t)r->keys_given_up));
}

void retell_create_phone_call(struct op *op, const struct provider *p, const struct dial_request *d,
                              struct dial_answer *out)
{
    struct retell *r = p->self;
    struct http_reply reply;

    *out = (struct dial_answer){.result = DIAL_UNKNOWN};
    retell_exchange(op, p,
                    &(struct retell_ask){.op = RETELL_create_phone_call,
                                         .body = body_of(op, r, d),
                                         .send_before_us = d->send_before_us},
                    &reply);
    out->http_status = reply.status;
    if (reply.status == 0) {
        out->result = reply.sent ? DIAL_UNKNOWN : DIAL_NEVER_SENT;
        out->message = reply.problem;
    } else if (reply.status >= 200 && reply.status <= 299) {
        read_acceptance(op, &reply, out);
    } else {
        read_refusal(op, &reply, out);
        hear_of_keys(r, out);
    }
}
