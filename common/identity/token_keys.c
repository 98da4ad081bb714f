/* token_keys.c - a folder of PEM files, held in memory and looked at again now and then. */

#include "common/identity/token_keys.h"

#include "common/base/clock.h"
#include "common/base/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { KEYS_MAX = 32, REREAD_US = 30 * 1000000, ASK_AGAIN_US = 1000000, COORDINATE = 32 };

struct token_keys {
    pthread_mutex_t lock;
    char *folder;
    struct arena arena; /* of the keys as last read */
    struct token_key keys[KEYS_MAX];
    int n;
    int64_t read_us;
};

static bool is_key_id(struct str s)
{
    size_t i = 0;

    while (i < s.n
           && ((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'z')
               || (s.p[i] >= 'A' && s.p[i] <= 'Z') || (i && strchr("._-", s.p[i]))))
        i++;
    return s.n && i == s.n && s.n <= KEY_ID_MAX;
}

/* "NAME.pem" -> NAME; nothing of a file that is not so named. */
static struct str id_of(const char *file)
{
    struct str s = str_of(file);

    if (s.n <= 4 || strcmp(file + s.n - 4, ".pem") != 0)
        return (struct str){0};
    s.n -= 4;
    return is_key_id(s) ? s : (struct str){0};
}

static int is_key_file(const struct dirent *d)
{
    return id_of(d->d_name).n > 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static const char *coordinate(struct arena *a, const EVP_PKEY *key, const char *name)
{
    unsigned char bytes[COORDINATE];
    char text[sodium_base64_ENCODED_LEN(COORDINATE, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
    BIGNUM *n = NULL;
    bool ok = EVP_PKEY_get_bn_param(key, name, &n) && BN_bn2binpad(n, bytes, COORDINATE) > 0;

    BN_free(n);
    if (!ok)
        return NULL;
    sodium_bin2base64(text, sizeof(text), bytes, COORDINATE,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return arena_strdup(a, text);
}

/* The PEM that write puts into a BIO, in a. */
static const char *pem(struct arena *a, EVP_PKEY *key, bool private)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    long n = 0;

    if (bio
        && (private ? PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)
                    : PEM_write_bio_PUBKEY(bio, key)))
        n = BIO_get_mem_data(bio, &text);
    const char *copy = n > 0 ? arena_strndup(a, text, (size_t)n) : NULL;
    BIO_free(bio);
    return copy;
}

static bool is_p256(const EVP_PKEY *key)
{
    char group[32] = "";

    return key && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC
           && EVP_PKEY_get_group_name(key, group, sizeof(group), NULL)
           && strcmp(group, SN_X9_62_prime256v1) == 0;
}

static bool read_key(struct arena *a, const char *path, struct token_key *out)
{
    FILE *f = fopen(path, "re");
    char none[] = ""; /* an encrypted key is one that cannot be read; nobody is asked */
    EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, none) : NULL;
    bool ok = is_p256(key);

    if (ok) {
        out->private_pem = pem(a, key, true);
        out->public_pem = pem(a, key, false);
        out->x = coordinate(a, key, OSSL_PKEY_PARAM_EC_PUB_X);
        out->y = coordinate(a, key, OSSL_PKEY_PARAM_EC_PUB_Y);
        ok = out->private_pem && out->public_pem && out->x && out->y;
    }
    EVP_PKEY_free(key);
    if (f)
        fclose(f);
    return ok;
}

/* What was read before stays when the folder cannot be read now. */
static void reread(struct token_keys *k)
{
    struct dirent **files;
    int n = k->folder ? scandir(k->folder, &files, is_key_file, by_name) : -1;

    k->read_us = clock_mono_us();
    if (n < 0) {
        if (k->folder)
            log_error(NULL, "token_keys.unreadable", F("folder", k->folder));
        return;
    }
    arena_end(&k->arena);
    k->n = 0;
    /* The last by name count: they are the newest. */
    for (int i = 0; i < n; i++) {
        struct str id = id_of(files[i]->d_name);
        const char *path = arena_printf(&k->arena, "%s/%s", k->folder, files[i]->d_name);
        struct token_key key = {.id = arena_strndup(&k->arena, id.p, id.n)};
        if (i >= n - KEYS_MAX && read_key(&k->arena, path, &key))
            k->keys[k->n++] = key;
        else
            log_error(NULL, "token_keys.skipped", F("path", path));
        free(files[i]);
    }
    free(files);
}

struct token_keys *token_keys_open(const char *folder)
{
    struct token_keys *k = calloc(1, sizeof(*k));

    if (!k)
        abort();
    pthread_mutex_init(&k->lock, NULL);
    k->folder = folder ? strdup(folder) : NULL;
    reread(k);
    return k;
}

void token_keys_close(struct token_keys *k)
{
    if (!k)
        return;
    arena_end(&k->arena);
    pthread_mutex_destroy(&k->lock);
    free(k->folder);
    free(k);
}

static struct token_key copy(struct arena *a, const struct token_key *k)
{
    return (struct token_key){
        .id = arena_strdup(a, k->id),
        .private_pem = arena_strdup(a, k->private_pem),
        .public_pem = arena_strdup(a, k->public_pem),
        .x = arena_strdup(a, k->x),
        .y = arena_strdup(a, k->y),
    };
}

static struct token_keys *lock(struct op *op, int64_t older_than_us)
{
    struct token_keys *k = op->app->tokens;

    if (!k)
        return NULL;
    pthread_mutex_lock(&k->lock);
    if (clock_mono_us() - k->read_us > older_than_us)
        reread(k);
    return k;
}

bool token_key_signing(struct op *op, struct token_key *out)
{
    struct token_keys *k = lock(op, REREAD_US);
    bool found = false;

    if (k) {
        if ((found = k->n > 0))
            *out = copy(&op->arena, &k->keys[k->n - 1]);
        pthread_mutex_unlock(&k->lock);
    }
    return found || fail(op, E_SERVICE_UNAVAILABLE, "Signing in is not set up here");
}

static bool look(struct op *op, struct str id, int64_t older_than_us, struct token_key *out)
{
    struct token_keys *k = lock(op, older_than_us);
    bool found = false;

    if (!k)
        return false;
    for (int i = 0; i < k->n && !found; i++)
        if ((found = str_eq(str_of(k->keys[i].id), id)))
            *out = copy(&op->arena, &k->keys[i]);
    pthread_mutex_unlock(&k->lock);
    return found;
}

/* A key that is not known may be one another process has just begun to sign with. */
bool token_key_find(struct op *op, struct str id, struct token_key *out)
{
    return is_key_id(id) && (look(op, id, REREAD_US, out) || look(op, id, ASK_AGAIN_US, out));
}

void token_keys_write(struct op *op, struct buf *b)
{
    struct token_keys *k = lock(op, REREAD_US);

    buf_str(b, "{\"keys\":[");
    for (int i = 0; k && i < k->n; i++)
        buf_printf(b,
                   "%s{\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":\"sig\",\"alg\":\"ES256\","
                   "\"kid\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"}",
                   i ? "," : "", k->keys[i].id, k->keys[i].x, k->keys[i].y);
    buf_str(b, "]}");
    if (k)
        pthread_mutex_unlock(&k->lock);
}

/* Under a name that is none of a key's until it is whole: a process may be reading the folder. */
static bool write_key(const char *draft, const char *path)
{
    int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    EVP_PKEY *key = f ? EVP_EC_gen("P-256") : NULL;
    bool ok = key && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) && fflush(f) == 0
              && fsync(fd) == 0;

    EVP_PKEY_free(key);
    if (f)
        fclose(f);
    else if (fd >= 0)
        close(fd);
    ok = ok && link(draft, path) == 0;
    if (fd >= 0)
        unlink(draft);
    return ok;
}

bool token_key_make(struct op *op, const char *folder, const char **path)
{
    time_t now = time(NULL);
    struct tm tm;
    char name[32];

    gmtime_r(&now, &tm);
    strftime(name, sizeof(name), "%Y%m%dT%H%M%SZ", &tm);
    *path = arena_printf(&op->arena, "%s/%s.pem", folder, name);
    return write_key(arena_printf(&op->arena, "%s/%s.draft", folder, name), *path)
           || fail(op, E_INTERNAL_ERROR, "%s could not be made; is there such a folder?", *path);
}
