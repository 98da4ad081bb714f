/*
 * dispatch.h - T0: due rows become queued, with a message in the outbox.
 *
 * Fair between tenants and between a tenant's campaigns; at most
 * TENANT_MAX_LIVE_CALLS rows of a tenant are queued or in progress.  Safe to run
 * many times over.
 */
#ifndef AGORALIA_DISPATCH_H
#define AGORALIA_DISPATCH_H

#include "common/base/op.h"

/* *queued rows were handed on; *sleep_ms says when it is worth looking again. */
bool dispatch_due(struct op *op, int64_t *queued, int *sleep_ms) MUSTCHECK;

/* Put rows back that were queued and never claimed: their message is lost. */
bool dispatch_sweep(struct op *op) MUSTCHECK;

#endif
