/*
 * exchange.h - one request end to end: gate, route, key, body, handler, answer,
 * one log line.
 */
#ifndef AGORALIA_EXCHANGE_H
#define AGORALIA_EXCHANGE_H

#include "api/gate.h"
#include "api/wire.h"

#include <stdatomic.h>

struct throttle;

/* What all requests of the process share. */
struct front {
    const struct app *app;
    const struct app *urgent; /* the same, with sessions that only urgent requests use */
    struct routes routes;
    struct gate_limits limits;
    struct throttle *throttle;
    int max_running; /* requests in a handler at once; one more is answered 503 */
    int max_urgent;  /* of urgent routes, above that */
    int max_uploads; /* of them, uploads: a slow one holds its thread for long */
    atomic_int running, urgents, uploads;
    atomic_int unanswered; /* requests let in whose answer is not sent yet */
    atomic_bool draining;
};

/* Buffers a thread uses again for each request. */
struct scratch {
    struct buf head;
    struct buf body;
};

/* Answer one request.  keep_open says whether the connection may serve another. */
void exchange_serve(struct front *front, const struct gate_head *head, struct wire *wire,
                    struct scratch *scratch, bool keep_open);

/* Answer what civetweb could not read as a request, or waited for too long. */
void exchange_refuse(struct front *front, struct wire *wire, struct scratch *scratch, bool late);

#endif
