/*
 * threads.h - the threads that run actors.
 *
 * Jobs wait in lanes, one per queue, and are taken from the lanes in turn, so
 * that a long queue does not hold up a short one.  Finished jobs are collected
 * by the loop, which is told once per batch.
 */
#ifndef AGORALIA_WORKER_THREADS_H
#define AGORALIA_WORKER_THREADS_H

#include "worker/job.h"

#include <uv.h>

struct threads;

/* run(ctx, job) is called on the threads, finished() is signalled for the loop. */
struct threads *threads_start(size_t n, size_t lanes, void (*run)(void *ctx, struct job *j),
                              void *ctx, uv_async_t *finished);

/* A list chained by next, in order. */
void threads_submit(struct threads *t, size_t lane, struct job *list);

/* The lane's jobs that no thread has begun. */
struct job *threads_take_back(struct threads *t, size_t lane);

/* Remove one job that no thread has begun; false when it has been begun. */
bool threads_cancel(struct threads *t, size_t lane, const struct job *j);

/* Everything finished since the last call. */
struct job *threads_finished(struct threads *t);

size_t threads_running(struct threads *t);

/* Wait for the threads and free; none may be running an actor for ever. */
void threads_stop(struct threads *t);

#endif
