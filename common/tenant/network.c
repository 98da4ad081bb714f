/* network.c - every address as one of IPv6, so that there is one comparison. */

#include "common/tenant/network.h"

#include "common/base/json.h"

#include <arpa/inet.h>
#include <stdlib.h>

enum { V4_BITS = 96, ALL_BITS = 128 };

static bool read_address(const char *text, unsigned char out[ADDRESS_BYTES], int *first_bit)
{
    static const unsigned char mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    *first_bit = 0;
    if (inet_pton(AF_INET6, text, out) == 1)
        return true;
    *first_bit = V4_BITS;
    memcpy(out, mapped, sizeof(mapped));
    return inet_pton(AF_INET, text, out + sizeof(mapped)) == 1;
}

/* Plain digits only. */
static bool read_bits(const char *text, int most, int *out)
{
    size_t n = strspn(text, "0123456789");

    if (n == 0 || n > 3 || text[n] || (n > 1 && text[0] == '0'))
        return false;
    *out = (int)strtol(text, NULL, 10);
    return *out <= most;
}

static bool read_network(const char *text, struct network *out)
{
    char address[INET6_ADDRSTRLEN];
    size_t n = strcspn(text, "/");
    int first_bit;

    if (n >= sizeof(address))
        return false;
    memcpy(address, text, n);
    address[n] = '\0';
    if (!read_address(address, out->address, &first_bit))
        return false;
    out->bits = ALL_BITS - first_bit;
    if (text[n] && !read_bits(text + n + 1, ALL_BITS - first_bit, &out->bits))
        return false;
    out->bits += first_bit;
    return true;
}

const char *networks_read(struct op *op, const char *json, struct networks *out)
{
    struct op part = {.request_id = op->request_id};
    const struct cJSON *all = NULL;

    *out = (struct networks){0};
    if (!json)
        return NULL;
    bool ok = json_parse(&part, str_of(json), &all) && json_is_array(all);
    for (const struct cJSON *v = ok ? json_first(all) : NULL; v && ok; v = json_next(v))
        ok = out->n < NETWORKS_MAX && json_string(v)
             && read_network(json_string(v), &out->items[out->n++]);
    op_end(&part);
    return ok && out->n ? NULL : "must be an array of 1 to 16 networks, such as \"192.0.2.0/24\"";
}

static bool same_bits(const unsigned char *a, const unsigned char *b, int bits)
{
    int whole = bits / 8, rest = bits % 8;

    return memcmp(a, b, (size_t)whole) == 0
           && (rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0);
}

bool networks_have(const struct networks *n, const char *address)
{
    unsigned char bytes[ADDRESS_BYTES];
    int first_bit;

    if (!address || !read_address(address, bytes, &first_bit))
        return false;
    for (int i = 0; i < n->n; i++)
        if (same_bits(bytes, n->items[i].address, n->items[i].bits))
            return true;
    return false;
}
