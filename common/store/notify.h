/*
 * notify.h - hear Postgres channels, on a session of one's own.
 *
 * A notification is a hint: it may be lost with the session, and whoever waits
 * looks for itself once in a while.
 */
#ifndef AGORALIA_NOTIFY_H
#define AGORALIA_NOTIFY_H

#include "common/base/op.h"

/* Connects when first waited for; lives as long as the process.  channels: NULL-terminated, 32 at
 * most, and outlive the listener. */
struct listener *listener_open(const char *database_url, const char *const *channels);

/* Wait at most timeout_ms; bit i of *heard says that channels[i] was called, or may have been while
 * nobody listened.  Fails with SERVICE_UNAVAILABLE. */
bool listener_wait(struct op *op, struct listener *l, int timeout_ms, unsigned *heard) MUSTCHECK;

#endif
