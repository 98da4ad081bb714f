/*
 * dispatch.h - T0: due rows become queued, with a message in the outbox.
 *
 * The only place that gives starts, so that no limit needs a lock later: what is
 * queued or in progress stays within the provider's concurrency (less what is
 * reserved for inbound), the tenant's and the campaign's, and starts within the
 * provider's rate.  Fair between tenants and between a tenant's campaigns; nothing
 * halted is started.  Safe to run many times over.
 */
#ifndef AGORALIA_DISPATCH_H
#define AGORALIA_DISPATCH_H

#include "common/base/op.h"

/* *queued rows were handed on; *sleep_ms says when it is worth looking again. */
bool dispatch_due(struct op *op, int64_t *queued, int *sleep_ms) MUSTCHECK;

/* Put rows back that were queued and never claimed: their message is lost. */
bool dispatch_sweep(struct op *op) MUSTCHECK;

#endif
