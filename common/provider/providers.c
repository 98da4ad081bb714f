/* providers.c - every provider there is, by name. */

#include "common/provider/retell.h"

static const struct {
    const char *name;
    struct provider *(*open)(const struct conf *conf);
} providers[] = {
    {"retell", retell_open},
};

struct provider *provider_open(const char *name, const struct conf *conf)
{
    for (size_t i = 0; i < ARRAY_LEN(providers); i++)
        if (strcmp(name, providers[i].name) == 0)
            return providers[i].open(conf);
    return NULL;
}
