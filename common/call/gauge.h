/*
 * gauge.h - what the provider lets us do at once, asked every fifteen seconds, and breakers'
 * probes.
 *
 * provider_limits holds the answer for the dispatcher; until the provider has told,
 * PROVIDER_MAX_LIVE_CALLS stands there.  A breaker that stopped a provider is
 * probed by asking the same harmless question; one that stopped a number or an
 * agent is half opened: the next call tells.  Safe with any number of workers.
 */
#ifndef AGORALIA_GAUGE_H
#define AGORALIA_GAUGE_H

#include "common/base/op.h"

/* Ask and write what is due. */
bool gauge_provider(struct op *op) MUSTCHECK;

/* Probe and lift what is due. */
bool gauge_probe(struct op *op) MUSTCHECK;

#endif
