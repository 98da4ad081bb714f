/* oidc_cache.c - a lock around a few words; whoever fetches has let go of it. */

#include "common/identity/oidc_cache.h"

#include "common/base/clock.h"

#include <stdlib.h>

enum { WAIT_MS = 6000 };
static const int64_t keep_us = INT64_C(3600) * 1000000;
static const int64_t rest_us = INT64_C(5) * 1000000;
static const int64_t anew_rest_us = INT64_C(60) * 1000000;

void oidc_cache_init(struct oidc_cache *c)
{
    pthread_condattr_t attributes;

    *c = (struct oidc_cache){0};
    pthread_mutex_init(&c->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&c->fetched, &attributes);
    pthread_condattr_destroy(&attributes);
}

void oidc_cache_end(struct oidc_cache *c)
{
    free(c->text);
    pthread_cond_destroy(&c->fetched);
    pthread_mutex_destroy(&c->lock);
}

/* Until nobody fetches, or it has taken too long. */
static bool wait_for_others(struct op *op, struct oidc_cache *c)
{
    int64_t until_us = clock_mono_us() + (int64_t)op_time_left_ms(op, WAIT_MS) * 1000;
    struct timespec until = {.tv_sec = until_us / 1000000,
                             .tv_nsec = (long)(until_us % 1000000) * 1000};

    while (c->fetching)
        if (pthread_cond_timedwait(&c->fetched, &c->lock, &until) != 0 && c->fetching)
            return fail(op, E_SERVICE_UNAVAILABLE, "The issuer is slow, try again shortly");
    return true;
}

/* With the lock, which is let go in between. */
static bool fetch_now(struct op *op, struct oidc_cache *c, oidc_fetch *fetch, const void *what,
                      const char **text)
{
    c->fetching = true;
    pthread_mutex_unlock(&c->lock);
    bool ok = fetch(op, what, text);
    char *copy = ok ? strdup(*text) : NULL;
    if (ok && !copy)
        abort();
    pthread_mutex_lock(&c->lock);
    c->fetching = false;
    c->tried_us = ok ? 0 : clock_mono_us();
    if (ok) {
        free(c->text);
        c->text = copy;
        c->kept_us = clock_mono_us();
    }
    pthread_cond_broadcast(&c->fetched);
    return ok;
}

static bool get(struct op *op, struct oidc_cache *c, oidc_fetch *fetch, const void *what,
                const char **text)
{
    if (!wait_for_others(op, c))
        return false;
    int64_t now = clock_mono_us();
    if (c->text && now - c->kept_us < keep_us) {
        *text = arena_strdup(&op->arena, c->text);
        return true;
    }
    if (c->tried_us && now - c->tried_us < rest_us)
        return fail(op, E_SERVICE_UNAVAILABLE, "The issuer did not answer, try again shortly");
    return fetch_now(op, c, fetch, what, text);
}

bool oidc_cache_get(struct op *op, struct oidc_cache *c, oidc_fetch *fetch, const void *what,
                    const char **text)
{
    pthread_mutex_lock(&c->lock);
    bool ok = get(op, c, fetch, what, text);
    pthread_mutex_unlock(&c->lock);
    return ok;
}

/* Of two that lack the same at once, the second takes what the first has just been given. */
static bool get_anew(struct op *op, struct oidc_cache *c, oidc_fetch *fetch, const void *what,
                     const char **text)
{
    bool others = c->fetching;

    *text = NULL;
    if (!wait_for_others(op, c))
        return false;
    if (others && c->text) {
        *text = arena_strdup(&op->arena, c->text);
        return true;
    }
    int64_t now = clock_mono_us();
    if (c->anew_us && now - c->anew_us < anew_rest_us)
        return true;
    c->anew_us = now;
    return fetch_now(op, c, fetch, what, text);
}

bool oidc_cache_get_anew(struct op *op, struct oidc_cache *c, oidc_fetch *fetch, const void *what,
                         const char **text)
{
    pthread_mutex_lock(&c->lock);
    bool ok = get_anew(op, c, fetch, what, text);
    pthread_mutex_unlock(&c->lock);
    return ok;
}
