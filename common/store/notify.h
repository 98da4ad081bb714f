/*
 * notify.h - hear a Postgres channel, on a session of one's own.
 *
 * A notification is a hint: it may be lost with the session, and whoever waits
 * looks for itself once in a while.
 */
#ifndef AGORALIA_NOTIFY_H
#define AGORALIA_NOTIFY_H

#include "common/base/op.h"

/* Connects when first waited for; lives as long as the process. */
struct listener *listener_open(const char *database_url, const char *channel);

/* Wait at most timeout_ms; *heard says whether somebody called.  Fails with SERVICE_UNAVAILABLE. */
bool listener_wait(struct op *op, struct listener *l, int timeout_ms, bool *heard) MUSTCHECK;

#endif
