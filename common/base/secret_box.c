/* secret_box.c - one authenticated encryption, and where its memory goes. */

#include "common/base/secret_box.h"

#include "common/base/metrics.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

_Static_assert(SECRET_NONCE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "the nonce's size");
_Static_assert(SECRET_TAG == crypto_aead_xchacha20poly1305_ietf_ABYTES, "the tag's size");
_Static_assert(RING_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "the key's size");

void secret_place(struct sealed *s, const char *table, const char *column, int64_t tenant_id,
                  const char *row)
{
    int n =
        snprintf(s->place, sizeof(s->place), "%s %s %" PRId64 " %s", table, column, tenant_id, row);

    if (n < 0 || (size_t)n >= sizeof(s->place) || strchr(row, ' '))
        abort();
}

/* Under the key's lock, and for microseconds. */
struct work {
    struct sealed *s;
    const struct sealed *of;
    struct str plain;
    char *at;
};

/* The key's id belongs to what is authenticated: a box cannot be told to be of another key. */
static size_t associated(const struct sealed *s,
                         unsigned char out[SECRET_PLACE_SIZE + RING_KEY_ID_SIZE])
{
    size_t place = strlen(s->place), id = strlen(s->key_id);

    memcpy(out, s->place, place);
    out[place] = ' ';
    memcpy(out + place + 1, s->key_id, id);
    return place + 1 + id;
}

static bool seal(const unsigned char *key, void *ctx)
{
    unsigned char data[SECRET_PLACE_SIZE + RING_KEY_ID_SIZE];
    struct work *w = ctx;
    unsigned long long n;
    size_t data_n = associated(w->s, data);

    randombytes_buf(w->s->nonce, sizeof(w->s->nonce));
    crypto_aead_xchacha20poly1305_ietf_encrypt(w->s->box, &n, (const unsigned char *)w->plain.p,
                                               w->plain.n, data, data_n, NULL, w->s->nonce, key);
    w->s->n = (uint32_t)n;
    return true;
}

static bool unseal(const unsigned char *key, void *ctx)
{
    unsigned char data[SECRET_PLACE_SIZE + RING_KEY_ID_SIZE];
    struct work *w = ctx;
    size_t data_n = associated(w->of, data);

    return crypto_aead_xchacha20poly1305_ietf_decrypt((unsigned char *)w->at, NULL, NULL,
                                                      w->of->box, w->of->n, data, data_n,
                                                      w->of->nonce, key)
           == 0;
}

bool secret_seal(struct op *op, struct key_ring *ring, struct str plain, struct sealed *s)
{
    struct work w = {.s = s, .plain = plain};

    if (plain.n == 0 || plain.n > SECRET_MAX)
        return fail(op, E_VALIDATION_ERROR, "A secret has from 1 to %d bytes", SECRET_MAX);
    memset(s->box, 0, sizeof(s->box));
    memset(s->key_id, 0, sizeof(s->key_id));
    return key_ring_newest(op, ring, s->key_id) && key_ring_use(op, ring, s->key_id, seal, &w);
}

static bool is_whole(const struct sealed *s)
{
    return s->n > SECRET_TAG && s->n <= sizeof(s->box) && memchr(s->place, '\0', sizeof(s->place))
           && memchr(s->key_id, '\0', sizeof(s->key_id));
}

/* An alarm and no crash: the others are as good as before. */
static char *unreadable(struct op *op)
{
    metric_add(M_SECRETS_UNREADABLE, 1, NULL);
    fail_because(op, E_INTERNAL_ERROR, "it was changed, or was not sealed for this place",
                 "A secret cannot be opened");
    return NULL;
}

char *secret_room(size_t n)
{
    char *p = sodium_init() < 0 ? NULL : sodium_malloc(n + 1);

    if (!p)
        abort();
    memset(p, 0, n + 1);
    return p;
}

char *secret_open(struct op *op, struct key_ring *ring, const struct sealed *s, const char *before,
                  size_t *n)
{
    struct work w = {.of = s};
    size_t room = strlen(before);

    if (!is_whole(s))
        return unreadable(op);
    *n = s->n - SECRET_TAG;
    char *text = secret_room(room + *n);
    memcpy(text, before, room);
    w.at = text + room;
    if (key_ring_use(op, ring, s->key_id, unseal, &w))
        return text;
    secret_wipe(text);
    return op->err.code == E_NONE ? unreadable(op) : NULL;
}

void secret_wipe(char *plain)
{
    sodium_free(plain);
}

bool secret_reseal(struct op *op, struct key_ring *ring, struct sealed *s)
{
    char newest[RING_KEY_ID_SIZE];
    size_t n;

    if (!key_ring_newest(op, ring, newest))
        return false;
    if (strcmp(newest, s->key_id) == 0)
        return true;
    char *plain = secret_open(op, ring, s, "", &n);
    bool ok = plain && secret_seal(op, ring, (struct str){plain, n}, s);
    secret_wipe(plain);
    return ok;
}
