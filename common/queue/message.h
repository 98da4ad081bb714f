/*
 * message.h - one Dramatiq message: seven fields, most of them kept as the bytes they came in.
 *
 * Decoding copies nothing but escaped names: the message borrows the payload.
 * args, kwargs, unknown options and every option that is not being changed are
 * forwarded to the letter, so an id beyond 2^53 or a NaN survives any number of
 * retries.
 */
#ifndef AGORALIA_MESSAGE_H
#define AGORALIA_MESSAGE_H

#include "common/queue/span.h"

#include <stdint.h>

/* An option that is absent is not an option that is null (max_retries). */
struct option_number {
    enum { OPTION_ABSENT, OPTION_NULL, OPTION_NUMBER, OPTION_OTHER } kind;
    double v;
};

/* Options the worker acts upon; the rest is only carried. */
struct message_options {
    struct str redis_message_id; /* text; empty when absent */
    struct str request_id;
    struct str on_success, on_failure, on_retry_exhausted; /* actor names; empty = none */
    struct str traceback;                                  /* text */
    struct str pipe_target; /* a whole message as JSON; empty = none */
    struct option_number eta, retries, snoozes, max_retries, min_backoff, max_backoff, max_age;
    struct option_number time_limit, delay, store_results, result_ttl, pipe_ignore;
};

struct message {
    struct str queue_name, actor_name, message_id; /* text */
    struct str actor_json, message_id_json;        /* as spelled; the id empty when absent */
    struct str args, kwargs, options;              /* as spelled: array, object, object */
    struct str timestamp_json;                     /* as spelled; empty when absent */
    int64_t timestamp_ms;
    struct message_options opt;
};

/*
 * NULL when the payload is a message, else what is wrong with it.  out borrows
 * from payload and a.
 */
const char *message_decode(struct arena *a, struct str payload, struct message *out);

/* The same for the object in pipe_target, which has been checked as part of its parent. */
const char *message_decode_span(struct arena *a, struct str object, struct message *out);

/* One change to the options; empty json removes the option. */
struct option_edit {
    const char *key;
    struct str json;
};

/*
 * The seven fields in order.  queue is the new queue_name; edited options
 * follow the others, each once.  A missing id or timestamp is filled in.
 */
void message_write(struct buf *b, const struct message *m, struct str queue,
                   const struct option_edit *edits, size_t n);

/* A message of our own making. */
struct new_message {
    struct str queue; /* where it is stored: Q, or Q.DQ when eta_ms is set */
    const char *actor;
    struct str args;        /* JSON array; empty = [] */
    struct str kwargs;      /* JSON object; empty = {} */
    const char *message_id; /* NULL = a new one */
    const char *request_id; /* NULL = none */
    const char *redis_message_id;
    int64_t timestamp_ms; /* 0 = now */
    int64_t eta_ms;       /* 0 = at once */
    bool store_results;
};
void message_compose(struct buf *b, const struct new_message *m);

/* A value clamped into 64 bits; fallback unless it is a number other than NaN. */
int64_t option_i64(const struct option_number *o, int64_t fallback);

#endif
