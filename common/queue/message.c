/* message.c - decoding: the seven fields, then the options somebody here cares about. */

#include "common/queue/message.h"

#include <math.h>

enum option_kind { AS_NUMBER, AS_TEXT, AS_ACTOR, AS_SPAN };

#define OPTION(kind, name) \
    { \
#name, kind, offsetof(struct message_options, name) \
    }

static const struct {
    const char *name;
    enum option_kind kind;
    size_t offset;
} known[] = {
    OPTION(AS_TEXT, redis_message_id),    OPTION(AS_TEXT, request_id),
    OPTION(AS_ACTOR, on_success),         OPTION(AS_ACTOR, on_failure),
    OPTION(AS_ACTOR, on_retry_exhausted), OPTION(AS_TEXT, traceback),
    OPTION(AS_SPAN, pipe_target),         OPTION(AS_NUMBER, eta),
    OPTION(AS_NUMBER, retries),           OPTION(AS_NUMBER, snoozes),
    OPTION(AS_NUMBER, max_retries),       OPTION(AS_NUMBER, min_backoff),
    OPTION(AS_NUMBER, max_backoff),       OPTION(AS_NUMBER, max_age),
    OPTION(AS_NUMBER, time_limit),        OPTION(AS_NUMBER, delay),
    OPTION(AS_NUMBER, store_results),     OPTION(AS_NUMBER, result_ttl),
    OPTION(AS_NUMBER, pipe_ignore),
};

static bool is_null(struct str v)
{
    return str_eq(v, STR("null"));
}

static struct option_number read_number(struct str v)
{
    struct option_number o = {.kind = OPTION_NUMBER};

    if (is_null(v))
        o.kind = OPTION_NULL;
    else if (!span_number(v, &o.v))
        o.kind = OPTION_OTHER;
    return o;
}

/* Something true that is not a string names no actor; keep its spelling for the complaint. */
static struct str read_actor(struct arena *a, struct str v)
{
    if (v.p[0] == '"')
        return span_text(a, v);
    return span_truth(v) ? v : (struct str){0};
}

static void read_option(struct arena *a, size_t i, struct str v, struct message_options *out)
{
    void *at = (char *)out + known[i].offset;

    switch (known[i].kind) {
    case AS_NUMBER: *(struct option_number *)at = read_number(v); break;
    case AS_TEXT: *(struct str *)at = v.p[0] == '"' ? span_text(a, v) : (struct str){0}; break;
    case AS_ACTOR: *(struct str *)at = read_actor(a, v); break;
    case AS_SPAN: *(struct str *)at = is_null(v) ? (struct str){0} : v; break;
    }
}

static void read_options(struct arena *a, struct str object, struct message_options *out)
{
    struct span_walk w = {object};
    struct str key, value;

    while (span_member(&w, &key, &value)) {
        for (size_t i = 0; i < ARRAY_LEN(known); i++) {
            if (span_is(key, known[i].name)) {
                read_option(a, i, value, out);
                break;
            }
        }
    }
}

/* What the seven fields are while they are still spans. */
struct fields {
    struct str queue_name, actor_name, args, kwargs, options, message_id, message_timestamp;
};

static struct str *field_named(struct fields *f, struct str key)
{
    const struct {
        const char *name;
        struct str *at;
    } names[] = {{"queue_name", &f->queue_name},
                 {"actor_name", &f->actor_name},
                 {"args", &f->args},
                 {"kwargs", &f->kwargs},
                 {"options", &f->options},
                 {"message_id", &f->message_id},
                 {"message_timestamp", &f->message_timestamp}};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (span_is(key, names[i].name))
            return names[i].at;
    return NULL;
}

static const char *collect(struct str object, struct fields *f)
{
    struct span_walk w = {object};
    struct str key, value, *at;

    while (span_member(&w, &key, &value)) {
        at = field_named(f, key);
        if (!at)
            return "the message has a field that is not one of Dramatiq's seven";
        *at = value;
    }
    return NULL;
}

static bool is_kind(struct str v, char first)
{
    return v.n && v.p[0] == first;
}

static const char *check(const struct fields *f)
{
    double stamp;

    if (!is_kind(f->queue_name, '"'))
        return "queue_name must be a string";
    if (!is_kind(f->actor_name, '"'))
        return "actor_name must be a string";
    if (!is_kind(f->args, '['))
        return "args must be an array";
    if (!is_kind(f->kwargs, '{'))
        return "kwargs must be an object";
    if (!is_kind(f->options, '{'))
        return "options must be an object";
    if (f->message_id.n && !is_kind(f->message_id, '"'))
        return "message_id must be a string";
    if (f->message_timestamp.n && !span_number(f->message_timestamp, &stamp))
        return "message_timestamp must be a number";
    return NULL;
}

const char *message_decode_span(struct arena *a, struct str object, struct message *out)
{
    struct fields f = {0};

    if (!is_kind(object, '{'))
        return "a message must be an object";
    const char *wrong = collect(object, &f);
    if (!wrong)
        wrong = check(&f);
    if (wrong)
        return wrong;
    *out = (struct message){
        .queue_name = span_text(a, f.queue_name),
        .actor_name = span_text(a, f.actor_name),
        .actor_json = f.actor_name,
        .args = f.args,
        .kwargs = f.kwargs,
        .options = f.options,
        .message_id_json = f.message_id,
        .timestamp_json = f.message_timestamp,
    };
    if (f.message_id.n)
        out->message_id = span_text(a, f.message_id);
    struct option_number stamp = read_number(f.message_timestamp);
    out->timestamp_ms = f.message_timestamp.n ? option_i64(&stamp, 0) : 0;
    read_options(a, f.options, &out->opt);
    return NULL;
}

const char *message_decode(struct arena *a, struct str payload, struct message *out)
{
    const char *wrong = span_complaint(payload);

    return wrong ? wrong : message_decode_span(a, span_trim(payload), out);
}

int64_t option_i64(const struct option_number *o, int64_t fallback)
{
    if (o->kind != OPTION_NUMBER || isnan(o->v))
        return fallback;
    if (o->v >= 9.2e18)
        return INT64_MAX;
    return o->v <= -9.2e18 ? INT64_MIN : (int64_t)o->v;
}
