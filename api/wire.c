/* wire.c - civetweb's reads and writes under a guard. */

#include "api/wire.h"

#include "common/base/clock.h"

#include <civetweb.h>
#include <limits.h>

enum {
    WRITE_PIECE = 16 * 1024,
    LINGER_US = 500 * 1000,
    LINGER_CHUNK = 16 * 1024,
};

long wire_read(struct wire *w, char *into, size_t n, int64_t deadline_us)
{
    if (w->broken)
        return WIRE_GONE;
    if ((uint64_t)w->unread < n)
        n = (size_t)w->unread;
    if (n == 0)
        return 0;
    guard_arm(w->guard, deadline_us);
    int got = mg_read(w->conn, into, n > INT_MAX ? INT_MAX : n);
    guard_disarm(w->guard);
    if (got > 0)
        w->unread -= got;
    if (got > 0 && (size_t)got == n)
        return got;
    w->broken = true;
    return clock_mono_us() >= deadline_us ? WIRE_LATE : WIRE_GONE;
}

/*
 * An interrupted wait does not end civetweb's writes; its own timeout does, when
 * nothing at all is taken.  So a slow reader is looked at between pieces.
 */
bool wire_write(struct wire *w, struct str bytes, int64_t deadline_us)
{
    while (bytes.n && !w->broken) {
        size_t n = bytes.n < WRITE_PIECE ? bytes.n : WRITE_PIECE;
        int sent = mg_write(w->conn, bytes.p, n);
        bytes.p += n;
        bytes.n -= n;
        w->broken = sent < 0 || (size_t)sent != n || (bytes.n && clock_mono_us() >= deadline_us);
    }
    return !w->broken;
}

static void linger(struct wire *w)
{
    char chunk[LINGER_CHUNK];
    int64_t deadline_us = clock_mono_us() + LINGER_US;

    while (wire_read(w, chunk, sizeof(chunk), deadline_us) > 0 && clock_mono_us() < deadline_us)
        ;
}

void wire_close(struct wire *w)
{
    linger(w);
    mg_close_connection(w->conn);
}
