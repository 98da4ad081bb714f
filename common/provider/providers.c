/* providers.c - every provider there is, by name. */

#include "common/provider/retell.h"

static const struct {
    const char *name;
    struct provider *(*open)(const struct conf *conf, PROVIDER_EXCHANGE((*exchange)));
} providers[] = {
    {"retell", retell_open},
};

static struct provider *open_named(const char *name, const struct conf *conf,
                                   PROVIDER_EXCHANGE((*exchange)))
{
    for (size_t i = 0; i < ARRAY_LEN(providers); i++)
        if (strcmp(name, providers[i].name) == 0)
            return providers[i].open(conf, exchange);
    return NULL;
}

struct provider *provider_open(const char *name, const struct conf *conf)
{
    return open_named(name, conf, NULL);
}

struct provider *provider_open_keyless(const char *name, const struct conf *conf,
                                       PROVIDER_EXCHANGE((*exchange)), const char *signing_key)
{
    struct provider *p = open_named(name, conf, exchange);

    if (p)
        memccpy(p->signing_key, signing_key, '\0', sizeof(p->signing_key));
    return p;
}
