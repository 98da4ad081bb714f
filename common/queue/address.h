/*
 * address.h - REDIS_URL in its parts.
 *
 *   redis://[[user]:password@]host[:port][/db]     unix:///path[?db=0&password=...]
 */
#ifndef AGORALIA_REDIS_ADDRESS_H
#define AGORALIA_REDIS_ADDRESS_H

#include "common/base/arena.h"

struct redis_address {
    const char *host; /* NULL for a socket path */
    int port;
    const char *path; /* NULL for TCP */
    const char *user, *password;
    const char *db; /* decimal */
};

/* NULL when understood, else a complaint; the parts are in the arena. */
const char *redis_address_parse(struct arena *a, const char *url, struct redis_address *out);

#endif
