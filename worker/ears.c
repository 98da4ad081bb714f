/* ears.c - a second connection that only listens, so that an idle worker need not ask. */

#include "worker/runtime.h"

#include "common/base/log.h"
#include "common/queue/names.h"

#include <stdlib.h>

static struct str wake_channel(struct worker *w, struct arena *a)
{
    return str_of(arena_printf(a, "agoralia:%s:wake", w->caller.ns));
}

/* The queue in "__keyspace@0__:dramatiq:calls", or nothing. */
static struct str queue_of_channel(const struct worker *w, struct str channel)
{
    struct arena a = {0};
    struct str prefix =
        str_of(arena_printf(&a, "__keyspace@%s__:%s:", link_db(w->ears), w->caller.ns));
    struct str queue = {"", 0};

    if (str_starts(channel, prefix))
        queue = (struct str){channel.p + prefix.n, channel.n - prefix.n};
    arena_end(&a);
    return queue;
}

static void on_heard(void *ctx, const struct redisReply *r)
{
    struct worker *w = ctx;
    struct arena a = {0};
    struct str channel = reply_text(reply_at(r, 1)), word = reply_text(reply_at(r, 2));

    if (!str_eq(reply_text(reply_at(r, 0)), STR("message"))) {
        arena_end(&a);
        return;
    }
    if (str_eq(channel, wake_channel(w, &a)))
        worker_wake(w, word);
    else if (str_eq(word, STR("rpush")) || str_eq(word, STR("lpush")))
        worker_wake(w, queue_of_channel(w, channel));
    arena_end(&a);
}

static void listen_now(struct worker *w)
{
    struct arena a = {0};
    const char **channels = arena_alloc(&a, (2 * w->n + 1) * sizeof(*channels));
    size_t n = 0;

    channels[n++] = wake_channel(w, &a).p;
    for (size_t i = 0; w->hears_python && i < w->n; i++) {
        const char *queue = w->queues[i];
        channels[n++] =
            arena_printf(&a, "__keyspace@%s__:%s:%s", link_db(w->ears), w->caller.ns, queue);
        channels[n++] = arena_printf(&a, "__keyspace@%s__:%s:%s", link_db(w->ears), w->caller.ns,
                                     queue_delayed(&a, str_of(queue)).p);
    }
    link_subscribe(w->ears, channels, n, on_heard, w);
    arena_end(&a);
    /* What was enqueued before we listened has made no sound. */
    for (size_t i = 0; i < w->n; i++)
        worker_wake(w, str_of(w->queues[i]));
}

/* Lists' events on their keys: K, and l or A. */
static void on_events_config(void *ctx, const struct redisReply *r)
{
    struct worker *w = ctx;
    struct str flags = reply_text(reply_at(r, 1));

    w->hears_python = memchr(flags.p, 'K', flags.n)
                      && (memchr(flags.p, 'l', flags.n) || memchr(flags.p, 'A', flags.n));
    listen_now(w);
}

static void on_up(void *ctx)
{
    static const char *const words[] = {"CONFIG", "GET", "notify-keyspace-events", NULL};
    struct worker *w = ctx;

    link_command(w->ears, words, on_events_config, w);
}

/* The other connection asks the same question and acts upon the answer. */
static void on_refused(void *ctx, const char *why)
{
    (void)ctx;
    (void)why;
}

void ears_open(struct worker *w)
{
    static const struct link_events events = {on_up, on_refused};

    w->ears = link_open(&w->loop, w->conf, &events, w);
}
