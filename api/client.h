/* client.h - whose request is this, as far as addresses go? */
#ifndef AGORALIA_CLIENT_H
#define AGORALIA_CLIENT_H

#include "common/base/op.h"

/*
 * The connection's peer; when that is one of HTTP_PROXIES, the last address of forwarded_for (NULL
 * = absent), which is the one that the proxy itself saw.  In op's arena.
 */
const char *client_address(struct op *op, const char *peer, const char *forwarded_for);

#endif
