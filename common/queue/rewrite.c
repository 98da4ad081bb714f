/* rewrite.c - which options change at each step of a message's life. */

#include "common/queue/rewrite.h"

#include "common/queue/names.h"

#include <inttypes.h>
#include <stdio.h>

enum { NUMBER_BYTES = 24 };

static struct str number(char out[NUMBER_BYTES], int64_t v)
{
    return (struct str){out, (size_t)snprintf(out, NUMBER_BYTES, "%" PRId64, v)};
}

/* text as JSON, in scratch. */
static struct str quoted(struct buf *scratch, const char *text)
{
    buf_reset(scratch);
    span_write_string(scratch, str_of(text));
    return buf_view(scratch);
}

static void write_to(struct buf *b, const struct message *m, struct str queue, bool delayed,
                     const struct option_edit *edits, size_t n)
{
    struct arena a = {0};

    message_write(b, m, delayed ? queue_delayed(&a, queue) : queue, edits, n);
    arena_end(&a);
}

void rewrite_retry(struct buf *b, const struct message *m, struct str queue, const char *rid,
                   const struct attempt *a)
{
    char retries[NUMBER_BYTES], now[NUMBER_BYTES], eta[NUMBER_BYTES];
    struct buf id = {0}, error = {0};
    struct option_edit edits[] = {
        {"redis_message_id", quoted(&id, rid)},  {"retries", number(retries, a->retries)},
        {"traceback", quoted(&error, a->error)}, {"requeue_timestamp", number(now, a->now_ms)},
        {"eta", number(eta, a->eta_ms)},         {"snoozes", {0}},
    };

    write_to(b, m, queue, true, edits, ARRAY_LEN(edits));
    buf_free(&id);
    buf_free(&error);
}

void rewrite_snooze(struct buf *b, const struct message *m, struct str queue, const char *rid,
                    int64_t eta_ms, int64_t snoozes)
{
    char eta[NUMBER_BYTES], count[NUMBER_BYTES];
    struct buf id = {0};
    struct option_edit edits[] = {
        {"redis_message_id", quoted(&id, rid)},
        {"snoozes", number(count, snoozes)},
        {"eta", number(eta, eta_ms)},
    };

    write_to(b, m, queue, true, edits, ARRAY_LEN(edits));
    buf_free(&id);
}

void rewrite_delayed(struct buf *b, const struct message *m, struct str queue, const char *rid)
{
    struct buf id = {0};
    struct option_edit edits[] = {{"redis_message_id", quoted(&id, rid)}};

    write_to(b, m, queue, true, edits, ARRAY_LEN(edits));
    buf_free(&id);
}

void rewrite_promotion(struct buf *b, const struct message *m, struct str queue, const char *rid)
{
    struct buf id = {0};
    struct option_edit edits[] = {{"redis_message_id", quoted(&id, rid)}, {"eta", {0}}};

    write_to(b, m, queue, false, edits, ARRAY_LEN(edits));
    buf_free(&id);
}

void rewrite_replay(struct buf *b, const struct message *m, struct str queue, const char *rid)
{
    struct buf id = {0};
    struct option_edit edits[] = {{"redis_message_id", quoted(&id, rid)},
                                  {"eta", {0}},
                                  {"retries", {0}},
                                  {"traceback", {0}},
                                  {"requeue_timestamp", {0}},
                                  {"snoozes", {0}}};

    write_to(b, m, queue, false, edits, ARRAY_LEN(edits));
    buf_free(&id);
}

void rewrite_dead(struct buf *b, const struct message *m, struct str queue, const struct attempt *a)
{
    char retries[NUMBER_BYTES], now[NUMBER_BYTES];
    struct buf error = {0};
    struct option_edit edits[] = {
        {"retries", number(retries, a->retries)},
        {"traceback", quoted(&error, a->error)},
        {"requeue_timestamp", number(now, a->now_ms)},
    };

    write_to(b, m, queue, false, edits, ARRAY_LEN(edits));
    buf_free(&error);
}

static void append_result(struct buf *args, struct str old, struct str result)
{
    struct span_walk w = {old};
    struct str item;
    bool empty = !span_item(&w, &item);

    buf_add(args, old.p, old.n - 1);
    if (!empty)
        buf_char(args, ',');
    buf_add(args, result.p, result.n);
    buf_char(args, ']');
}

void rewrite_stage(struct buf *b, const struct message *next, const char *rid, struct str result,
                   int64_t eta_ms)
{
    char eta[NUMBER_BYTES];
    struct buf id = {0}, args = {0};
    struct message stage = *next;
    struct option_edit edits[] = {
        {"redis_message_id", quoted(&id, rid)},
        {"eta", eta_ms ? number(eta, eta_ms) : (struct str){0}},
    };

    if (result.n) {
        append_result(&args, next->args, result);
        stage.args = buf_view(&args);
    }
    write_to(b, &stage, queue_canonical(next->queue_name), eta_ms != 0, edits, ARRAY_LEN(edits));
    buf_free(&id);
    buf_free(&args);
}
