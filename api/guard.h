/*
 * guard.h - a timer that ends the socket waits of one thread.
 *
 * civetweb waits for a client as long as single bytes keep coming, and offers
 * no way to its sockets.  It does give up at once when poll() is interrupted,
 * so a guard sends its own thread a signal that does nothing else: at the
 * deadline, and then every few milliseconds until disarmed, so that one which
 * falls between two waits is not the last.
 *
 * Arm it around socket waits only; everything between must expect EINTR.
 */
#ifndef AGORALIA_GUARD_H
#define AGORALIA_GUARD_H

#include "common/base/compiler.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct guard {
    timer_t timer;
    bool armed;
};

/* Once per process, before any guard. */
bool guard_setup(void) MUSTCHECK;

/* For the calling thread. */
bool guard_open(struct guard *g) MUSTCHECK;
void guard_close(struct guard *g);

/* deadline_us is CLOCK_MONOTONIC; one in the past strikes at once. */
void guard_arm(struct guard *g, int64_t deadline_us);
void guard_disarm(struct guard *g);

/* From another thread: end whatever wait this one is in, and go on doing so. */
void guard_interrupt(const struct guard *g);

#endif
