/* redis_uv.c - a poll handle per connection, told by hiredis what to wait for. */

#include "worker/redis_uv.h"

#include <hiredis/async.h>
#include <stdlib.h>

struct watch {
    uv_poll_t poll;
    redisAsyncContext *redis; /* NULL once hiredis has let go */
    int events;
};

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct watch *w = poll->data;

    /* Reading is how hiredis finds out what is wrong with its socket. */
    if (status < 0)
        events = UV_READABLE;
    if (w->redis && (events & UV_READABLE))
        redisAsyncHandleRead(w->redis);
    if (w->redis && (events & UV_WRITABLE))
        redisAsyncHandleWrite(w->redis);
}

static void wait_for(struct watch *w, int events)
{
    if (events == w->events) /* hiredis says so after each read; to libuv it is two system calls */
        return;
    w->events = events;
    if (events)
        uv_poll_start(&w->poll, events, on_ready);
    else
        uv_poll_stop(&w->poll);
}

static void add_read(void *ctx)
{
    struct watch *w = ctx;

    wait_for(w, w->events | UV_READABLE);
}

static void del_read(void *ctx)
{
    struct watch *w = ctx;

    wait_for(w, w->events & ~UV_READABLE);
}

static void add_write(void *ctx)
{
    struct watch *w = ctx;

    wait_for(w, w->events | UV_WRITABLE);
}

static void del_write(void *ctx)
{
    struct watch *w = ctx;

    wait_for(w, w->events & ~UV_WRITABLE);
}

static void on_closed(uv_handle_t *h)
{
    free(h->data);
}

static void cleanup(void *ctx)
{
    struct watch *w = ctx;

    w->redis = NULL;
    uv_close((uv_handle_t *)&w->poll, on_closed);
}

void redis_uv_attach(struct redisAsyncContext *redis, uv_loop_t *loop)
{
    struct watch *w = calloc(1, sizeof(*w));

    if (!w || uv_poll_init(loop, &w->poll, redis->c.fd) != 0)
        abort();
    w->poll.data = w;
    w->redis = redis;
    redis->ev.data = w;
    redis->ev.addRead = add_read;
    redis->ev.delRead = del_read;
    redis->ev.addWrite = add_write;
    redis->ev.delWrite = del_write;
    redis->ev.cleanup = cleanup;
}
