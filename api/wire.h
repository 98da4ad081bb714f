/*
 * wire.h - the bytes of one request's body and answer, with deadlines.
 *
 * Deadlines are CLOCK_MONOTONIC microseconds and hold against a client that
 * sends one byte at a time; one that takes its answer slowly is cut after the
 * deadline at the next 16 KB, or when it takes nothing for a while.
 */
#ifndef AGORALIA_WIRE_H
#define AGORALIA_WIRE_H

#include "api/guard.h"
#include "common/base/str.h"

struct mg_connection;

struct wire {
    struct mg_connection *conn;
    struct guard *guard;
    int64_t unread; /* bytes of the body not read yet */
    bool broken;    /* the client is gone or too slow: only closing is left */
};

/*
 * The next n bytes of the body, fewer only at its end: 0 there, WIRE_GONE when
 * the client went away before, WIRE_LATE when it was too slow.
 */
enum { WIRE_GONE = -1, WIRE_LATE = -2 };
long wire_read(struct wire *w, char *into, size_t n, int64_t deadline_us);

bool wire_write(struct wire *w, struct str bytes, int64_t deadline_us);

/*
 * Close after the answer.  What the client is still sending is taken for a
 * moment, because closing on unread bytes would reset the connection and take
 * the answer with it.
 */
void wire_close(struct wire *w);

#endif
