/* messages.c - queued messages for the eye and for programs; phone numbers masked. */

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/queue/actors.h"
#include "worker/cli/queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { PEEK_WORDS = 3, MIN_PHONE_DIGITS = 7 };

static void close_broker(void *b)
{
    broker_close(b);
}

struct broker *cli_broker(struct cli *c)
{
    struct broker *b = broker_open(c->conf);

    if (b)
        arena_defer(&c->op->arena, close_broker, b);
    else
        fail(c->op, E_VALIDATION_ERROR, "REDIS_URL cannot be understood");
    return b;
}

bool cli_call(struct cli *c, struct broker *b, struct call *call, const struct redisReply **out)
{
    bool ok = broker_call(c->op, b, call, out);

    call_end(call);
    return ok;
}

static size_t digits_at(struct str s, size_t i)
{
    size_t n = 0;

    while (i + n < s.n && s.p[i + n] >= '0' && s.p[i + n] <= '9')
        n++;
    return n;
}

/* Text without the middle of anything that looks like "+393491234567". */
static void write_masked(struct buf *b, struct str s)
{
    char number[24];

    for (size_t i = 0; i < s.n;) {
        size_t n = s.p[i] == '+' ? digits_at(s, i + 1) : 0;
        if (n < MIN_PHONE_DIGITS || n + 2 > sizeof(number)) {
            buf_char(b, s.p[i++]);
            continue;
        }
        memcpy(number, s.p + i, n + 1);
        number[n + 1] = '\0';
        phone_mask(b, number);
        i += n + 1;
    }
}

/* What is shown of one message. */
struct shown {
    struct str rid;
    bool readable;
    struct message m;
    int64_t since_ms; /* of dying; 0 = not dead */
    const char *error;
};

/* A dead letter says why; one that nobody could read, or run, says it by what it is. */
static const char *error_of(struct arena *a, const struct shown *s)
{
    struct buf first = {0};
    struct str text = s->m.opt.traceback;
    const char *line_end = text.n ? memchr(text.p, '\n', text.n) : NULL;

    if (!s->readable)
        return "not a message";
    if (line_end)
        text.n = (size_t)(line_end - text.p);
    if (text.n == 0)
        return s->since_ms && !actor_find(s->m.actor_name) ? "no such actor" : "";
    write_masked(&first, text);
    const char *kept = arena_strndup(a, first.p, first.n);
    buf_free(&first);
    return kept;
}

static struct shown read_one(struct arena *a, const struct redisReply *found, size_t i)
{
    struct shown s = {.rid = reply_text(reply_at(found, i)),
                      .since_ms = reply_number(reply_at(found, i + 2))};

    s.readable = !message_decode(a, reply_text(reply_at(found, i + 1)), &s.m);
    s.error = error_of(a, &s);
    return s;
}

static int64_t age_seconds(const struct shown *s)
{
    return s->m.timestamp_ms ? clock_now_us() / 1000000 - s->m.timestamp_ms / 1000 : 0;
}

static void write_text(struct buf *b, const char *key, struct str text)
{
    struct buf masked = {0};

    write_masked(&masked, text);
    buf_printf(b, ",\"%s\":", key);
    buf_json_string(b, buf_view(&masked));
    buf_free(&masked);
}

static void write_number(struct buf *b, const char *key, int64_t v)
{
    buf_printf(b, ",\"%s\":%" PRId64, key, v);
}

/* NaN and lone surrogates would not be JSON: arguments are shown as text. */
static void write_json(struct buf *b, const struct shown *s, const char *state)
{
    buf_str(b, "{\"id\":");
    buf_json_string(b, s->rid);
    write_text(b, "state", str_of(state));
    write_text(b, "message_id", s->m.message_id);
    write_text(b, "actor", s->m.actor_name);
    write_number(b, "age_seconds", age_seconds(s));
    write_number(b, "retries", option_i64(&s->m.opt.retries, 0));
    write_number(b, "due_ms", option_i64(&s->m.opt.eta, 0));
    write_number(b, "dead_since_ms", s->since_ms);
    write_text(b, "error", str_of(s->error));
    write_text(b, "request_id", s->m.opt.request_id);
    write_text(b, "args", s->m.args);
    write_text(b, "kwargs", s->m.kwargs);
    buf_char(b, '}');
}

static void write_line(struct buf *b, const struct shown *s)
{
    buf_add(b, s->rid.p, s->rid.n);
    buf_char(b, '\t');
    buf_add(b, s->m.actor_name.p, s->m.actor_name.n);
    buf_printf(b, "\t%" PRId64 " s\t%" PRId64 " retries\t%s\t", age_seconds(s),
               option_i64(&s->m.opt.retries, 0), s->error);
    write_masked(b, s->m.kwargs);
    buf_char(b, '\n');
}

void cli_print_messages(const struct cli *c, const struct redisReply *found, const char *state)
{
    bool json = cli_option(c, "--json") != NULL;
    struct buf b = {0};

    for (size_t i = 0; i + 2 < reply_count(found); i += PEEK_WORDS) {
        struct shown s = read_one(&c->op->arena, found, i);
        if (!json) {
            write_line(&b, &s);
            continue;
        }
        buf_char(&b, i ? ',' : '[');
        write_json(&b, &s, state);
    }
    if (json)
        buf_str(&b, b.n ? "]\n" : "[]\n");
    fwrite(b.p, 1, b.n, stdout);
    buf_free(&b);
}
