/* message_write.c - encoding: seven keys in order, everything unchanged as it was spelled. */

#include "common/queue/message.h"

#include "common/base/clock.h"
#include "common/base/id.h"

static void write_key(struct buf *b, const char *name, bool first)
{
    buf_char(b, first ? '{' : ',');
    buf_char(b, '"');
    buf_str(b, name);
    buf_add(b, "\":", 2);
}

static void write_span(struct buf *b, const char *name, struct str json)
{
    write_key(b, name, false);
    buf_add(b, json.p, json.n);
}

/* An id that was missing on the way in is made on the way out, as Python does. */
static void write_identity(struct buf *b, struct str id_json, struct str timestamp_json)
{
    char id[UUID_SIZE];

    write_key(b, "message_id", false);
    if (id_json.n) {
        buf_add(b, id_json.p, id_json.n);
    } else {
        uuid_make(id);
        span_write_string(b, str_of(id));
    }
    write_key(b, "message_timestamp", false);
    if (timestamp_json.n)
        buf_add(b, timestamp_json.p, timestamp_json.n);
    else
        buf_i64(b, clock_now_us() / 1000);
    buf_char(b, '}');
}

static const struct option_edit *edit_of(struct str key, const struct option_edit *edits, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (span_is(key, edits[i].key))
            return &edits[i];
    return NULL;
}

/* Members nobody edits; the edited ones come after, once, whatever stood there before. */
static void write_options(struct buf *b, struct str options, const struct option_edit *edits,
                          size_t n)
{
    struct span_walk w = {options};
    struct str key, value;
    bool first = true;

    while (span_member(&w, &key, &value)) {
        if (edit_of(key, edits, n))
            continue;
        buf_char(b, first ? '{' : ',');
        buf_add(b, key.p, key.n);
        buf_char(b, ':');
        buf_add(b, value.p, value.n);
        first = false;
    }
    for (size_t i = 0; i < n; i++) {
        if (edits[i].json.n == 0)
            continue;
        write_key(b, edits[i].key, first);
        buf_add(b, edits[i].json.p, edits[i].json.n);
        first = false;
    }
    buf_str(b, first ? "{}" : "}");
}

void message_write(struct buf *b, const struct message *m, struct str queue,
                   const struct option_edit *edits, size_t n)
{
    write_key(b, "queue_name", true);
    span_write_string(b, queue);
    write_span(b, "actor_name", m->actor_json);
    write_span(b, "args", m->args);
    write_span(b, "kwargs", m->kwargs);
    write_key(b, "options", false);
    write_options(b, m->options, edits, n);
    write_identity(b, m->message_id_json, m->timestamp_json);
}

static void compose_options(struct buf *b, const struct new_message *m)
{
    write_key(b, "redis_message_id", true);
    span_write_string(b, str_of(m->redis_message_id));
    if (m->request_id) {
        write_key(b, "request_id", false);
        span_write_string(b, str_of(m->request_id));
    }
    if (m->store_results)
        write_span(b, "store_results", STR("true"));
    if (m->eta_ms) {
        write_key(b, "eta", false);
        buf_i64(b, m->eta_ms);
    }
    buf_char(b, '}');
}

void message_compose(struct buf *b, const struct new_message *m)
{
    char id[UUID_SIZE];

    uuid_make(id);
    write_key(b, "queue_name", true);
    span_write_string(b, m->queue);
    write_key(b, "actor_name", false);
    span_write_string(b, str_of(m->actor));
    write_key(b, "args", false);
    span_write_ascii(b, m->args.n ? m->args : STR("[]"));
    write_key(b, "kwargs", false);
    span_write_ascii(b, m->kwargs.n ? m->kwargs : STR("{}"));
    write_key(b, "options", false);
    compose_options(b, m);
    write_key(b, "message_id", false);
    span_write_string(b, str_of(m->message_id ? m->message_id : id));
    write_key(b, "message_timestamp", false);
    buf_i64(b, m->timestamp_ms ? m->timestamp_ms : clock_now_us() / 1000);
    buf_char(b, '}');
}
