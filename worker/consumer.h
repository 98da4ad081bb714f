/*
 * consumer.h - one queue of one worker: fetch, hand to the threads, tell Redis the end.
 *
 * It keeps as many messages in memory as the threads finish in a moment, at
 * least two per thread.  Every message in memory is in its table until Redis
 * has confirmed its end, so an answer lost with a connection is repeated on
 * the next one; ownership in Redis makes the repetition harmless.
 */
#ifndef AGORALIA_WORKER_CONSUMER_H
#define AGORALIA_WORKER_CONSUMER_H

#include "worker/job.h"
#include "worker/runtime.h"

struct consumer;
struct delayer;

struct consumer *consumer_open(struct worker *w, const char *queue, size_t lane);
void consumer_close(struct consumer *c); /* its handles close with the loop */
void consumer_free(struct consumer *c);

struct delayer *consumer_delayer(const struct consumer *c);

/* The link is up: settle what waits for it, find out what is still ours, go on. */
void consumer_resume(struct consumer *c);

/* Fetch if there is room. */
void consumer_wake(struct consumer *c);

/* A thread has written the verdict. */
void consumer_finished(struct consumer *c, struct job *j);

/* Send what consumer_finished() gathered, and refill. */
void consumer_flush(struct consumer *c);

/* Ten times a second: measure the pace and hold what a tick's work needs. */
void consumer_tick(struct consumer *c);

/* Send again what Redis has not confirmed and is not on the way. */
void consumer_repeat(struct consumer *c);

/* Take back what dead workers hold, compare our own holdings, measure depths. */
void consumer_upkeep(struct consumer *c);

/* Give back what no thread has begun. */
void consumer_drain(struct consumer *c);

/* Give back what threads are still running. */
void consumer_abandon(struct consumer *c);

/* Nothing in memory and nothing on the way. */
bool consumer_is_empty(const struct consumer *c);

#endif
