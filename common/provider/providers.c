/* providers.c - every provider there is, by name. */

#include "common/provider/retell.h"

static const struct {
    const char *name;
    struct provider *(*open)(const struct conf *conf, PROVIDER_EXCHANGE((*exchange)),
                             const char *signing_key);
} providers[] = {
    {"retell", retell_open},
    {"simulator", retell_open}, /* whatever speaks as Retell does, and lets no telephone ring */
};

static struct provider *open_named(const char *name, const struct conf *conf,
                                   PROVIDER_EXCHANGE((*exchange)), const char *signing_key)
{
    for (size_t i = 0; i < ARRAY_LEN(providers); i++)
        if (strcmp(name, providers[i].name) == 0) {
            struct provider *p = providers[i].open(conf, exchange, signing_key);
            if (p)
                p->name = providers[i].name;
            return p;
        }
    return NULL;
}

struct provider *provider_open(const char *name, const struct conf *conf)
{
    return open_named(name, conf, NULL, NULL);
}

struct provider *provider_open_keyless(const char *name, const struct conf *conf,
                                       PROVIDER_EXCHANGE((*exchange)), const char *signing_key)
{
    return open_named(name, conf, exchange, signing_key);
}
