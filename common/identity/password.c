/* password.c - libsodium's Argon2id behind a gate of so many places. */

#include "common/identity/password.h"

#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/metrics.h"
#include "common/store/pool.h"

#include <pthread.h>
#include <sodium.h>

enum { WAITERS_PER_PLACE = 8, COME_BACK_SECONDS = 2 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    int64_t running, waiting;
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .freed = PTHREAD_COND_INITIALIZER};

static bool wait_for_place(int64_t places, int64_t until_us)
{
    struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};
    int rc = 0;

    if (gate.running >= places && gate.waiting >= places * WAITERS_PER_PLACE)
        return false;
    gate.waiting++;
    while (gate.running >= places && rc == 0)
        rc = pthread_cond_clockwait(&gate.freed, &gate.lock, CLOCK_MONOTONIC, &until);
    gate.waiting--;
    return gate.running < places;
}

/* The session goes back first: who waits here must not keep it from others. */
static bool enter(struct op *op)
{
    const struct conf *c = op->app->conf;
    int64_t wait_ms = op_time_left_ms(op, (int)c->password_wait_ms);
    bool in;

    db_release(op);
    pthread_mutex_lock(&gate.lock);
    in = wait_for_place(c->password_hashes, clock_mono_us() + wait_ms * 1000);
    gate.running += in;
    pthread_mutex_unlock(&gate.lock);
    if (in)
        return true;
    metric_add(M_PASSWORDS_REFUSED, 1, NULL);
    op->err.retry_after = COME_BACK_SECONDS;
    return fail(op, E_SERVICE_UNAVAILABLE,
                "Too many passwords are being checked, try again shortly");
}

static void leave(void)
{
    pthread_mutex_lock(&gate.lock);
    gate.running--;
    pthread_cond_signal(&gate.freed);
    pthread_mutex_unlock(&gate.lock);
}

static bool make(struct op *op, const char *password, char out[crypto_pwhash_STRBYTES])
{
    const struct conf *c = op->app->conf;

    if (sodium_init() >= 0
        && crypto_pwhash_str_alg(
               out, password, strlen(password), (unsigned long long)c->password_passes,
               (size_t)c->password_memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13)
               == 0)
        return true;
    op->err.retry_after = COME_BACK_SECONDS;
    return fail_because(op, E_SERVICE_UNAVAILABLE, "no memory for a password hash",
                        "Passwords cannot be checked now, try again shortly");
}

bool password_hash(struct op *op, const char *password, const char **hash)
{
    char text[crypto_pwhash_STRBYTES];
    bool ok;

    if (!enter(op))
        return false;
    ok = make(op, password, text);
    leave();
    *hash = ok ? arena_strdup(&op->arena, text) : NULL;
    return ok;
}

bool password_verify(struct op *op, const char *hash, const char *password, bool *good)
{
    char unused[crypto_pwhash_STRBYTES];
    bool ok = true;

    *good = false;
    if (!enter(op))
        return false;
    if (hash)
        *good = crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
    else
        ok = make(op, password, unused);
    leave();
    return ok;
}
