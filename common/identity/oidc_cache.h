/*
 * oidc_cache.h - one document of somebody else's, kept for a while and fetched by one thread at a
 * time.
 *
 * Who finds it being fetched waits for that thread, and then takes what there is.
 */
#ifndef AGORALIA_OIDC_CACHE_H
#define AGORALIA_OIDC_CACHE_H

#include "common/base/op.h"

#include <pthread.h>

struct oidc_cache {
    pthread_mutex_t lock;
    pthread_cond_t fetched;
    char *text;       /* NULL = never had */
    bool fetching;    /* somebody asks for it, without the lock */
    int64_t kept_us;  /* CLOCK_MONOTONIC: when it came */
    int64_t tried_us; /* when it was last asked for in vain; 0 = the last answer was good */
    int64_t anew_us;  /* when it was last asked for before its time; 0 = never */
};

void oidc_cache_init(struct oidc_cache *c);
void oidc_cache_end(struct oidc_cache *c);

/* *text in op's arena; false and op's error when it cannot be had. */
typedef bool oidc_fetch(struct op *op, const void *what, const char **text);

/* The document, in op's arena: that which is kept, or fetch()'s. */
bool oidc_cache_get(struct op *op, struct oidc_cache *c, oidc_fetch *fetch, const void *what,
                    const char **text) MUSTCHECK;

/*
 * What is kept lacks something: ask before its time.  *text NULL, which is no failure, when that
 * was done less than a minute ago.
 */
bool oidc_cache_get_anew(struct op *op, struct oidc_cache *c, oidc_fetch *fetch, const void *what,
                         const char **text) MUSTCHECK;

#endif
