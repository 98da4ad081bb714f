/* law_cache.c - a few dozen laws in a list: finding one takes less than asking for it. */

#include "common/compliance/law_cache.h"

#include <pthread.h>
#include <stdlib.h>

struct cached {
    int64_t id, version;
    const struct law *law;
    struct cached *next;
};

struct law_cache {
    pthread_rwlock_t lock;
    struct op memory; /* its arena holds the laws */
    struct cached *first;
};

struct law_cache *law_cache_open(void)
{
    struct law_cache *cache = calloc(1, sizeof(*cache));

    if (!cache || pthread_rwlock_init(&cache->lock, NULL) != 0)
        abort();
    return cache;
}

void law_cache_close(struct law_cache *cache)
{
    if (!cache)
        return;
    op_end(&cache->memory);
    pthread_rwlock_destroy(&cache->lock);
    free(cache);
}

static const struct law *find(const struct law_cache *cache, int64_t id, int64_t version)
{
    for (const struct cached *c = cache->first; c; c = c->next)
        if (c->id == id && c->version == version)
            return c->law;
    return NULL;
}

const struct law *law_cache_find(struct law_cache *cache, int64_t id, int64_t version)
{
    if (!cache)
        return NULL;
    pthread_rwlock_rdlock(&cache->lock);
    const struct law *law = find(cache, id, version);
    pthread_rwlock_unlock(&cache->lock);
    return law;
}

/* Whoever comes second takes what the first has read. */
const struct law *law_cache_add(struct op *op, struct law_cache *cache, const struct law_row *row,
                                int64_t version)
{
    if (!cache)
        return law_parse(op, row);
    pthread_rwlock_wrlock(&cache->lock);
    const struct law *law = find(cache, row->id, version);
    if (!law) {
        struct cached *c = ARENA_NEW(&cache->memory.arena, struct cached);
        law = law_parse(&cache->memory, row);
        *c = (struct cached){row->id, version, law, cache->first};
        cache->first = c;
    }
    pthread_rwlock_unlock(&cache->lock);
    return law;
}
