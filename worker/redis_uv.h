/*
 * redis_uv.h - hiredis on the loop.
 *
 * The adapter that comes with hiredis ignores an error of the socket, which is
 * how libuv reports a refused connection and a reset: they would be noticed by
 * a timeout only.
 */
#ifndef AGORALIA_WORKER_REDIS_UV_H
#define AGORALIA_WORKER_REDIS_UV_H

#include <uv.h>

struct redisAsyncContext;

/* Serve the context's socket until hiredis gives it up. */
void redis_uv_attach(struct redisAsyncContext *redis, uv_loop_t *loop);

#endif
