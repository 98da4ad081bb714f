/*
 * attempts.h - how often somebody may try a password or ask for a link.
 *
 * Counted per address and client's network, and per network for whatever address.  Some tries are
 * free, then each waits twice as long as the one before, fifteen minutes at most; a day without a
 * try forgets.  Nothing is counted per address alone: nobody can lock somebody else out from
 * elsewhere.  An address that is nobody's is counted in the same way.
 */
#ifndef AGORALIA_ATTEMPTS_H
#define AGORALIA_ATTEMPTS_H

#include "common/base/op.h"

/* The network an address is of: /24, or /56 of IPv6; "unknown" for what is no address.  In op's
 * arena. */
const char *attempt_network(struct op *op, const char *address);

/* One try, counted before it is made.  RATE_LIMIT_EXCEEDED with the seconds to wait. */
bool attempt_begin(struct op *op, const char *email, const char *network) MUSTCHECK;

/* It was good: of this address nothing is counted any more. */
bool attempt_forgive(struct op *op, const char *email, const char *network) MUSTCHECK;

#endif
