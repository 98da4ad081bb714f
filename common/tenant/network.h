/* network.h - addresses that a key may be used from.  Pure. */
#ifndef AGORALIA_NETWORK_H
#define AGORALIA_NETWORK_H

#include "common/base/op.h"

enum { NETWORKS_MAX = 16, ADDRESS_BYTES = 16 };

struct network {
    unsigned char address[ADDRESS_BYTES]; /* IPv6, or IPv4 as a part of it */
    int bits;
};

struct networks {
    struct network items[NETWORKS_MAX];
    int n; /* 0 = from anywhere */
};

/*
 * json: an array of "192.0.2.0/24", "2001:db8::/32" or single addresses, or NULL for anywhere.
 * NULL when taken, else a complaint.  What stands behind the bits is taken as zero.
 */
const char *networks_read(struct op *op, const char *json, struct networks *out);

/* Is the address in one of them?  What is no address is in none. */
bool networks_have(const struct networks *n, const char *address);

#endif
