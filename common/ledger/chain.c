/* chain.c - SHA-256 and Ed25519 by libcrypto. */

#include "common/ledger/chain.h"

#include "common/base/digest.h"

#include "common/base/compiler.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct ledger_key {
    EVP_PKEY *pkey;
};

static void put_be64(unsigned char out[8], uint64_t v)
{
    for (int i = 7; i >= 0; i--, v >>= 8)
        out[i] = (unsigned char)v;
}

void chain_add(struct chain_head *h, struct str record)
{
    unsigned char seq[8];

    put_be64(seq, (uint64_t)++h->seq);
    const struct str parts[] = {
        {(const char *)h->hash, sizeof(h->hash)}, {(const char *)seq, sizeof(seq)}, record};
    sha256(parts, ARRAY_LEN(parts), h->hash);
}

void commitment_of(struct str salt, struct str personal, char out[CHAIN_HEX_SIZE])
{
    const struct str parts[] = {salt, personal};
    unsigned char sum[CHAIN_HASH_BYTES];

    sha256(parts, ARRAY_LEN(parts), sum);
    hex_write(out, sum, sizeof(sum));
}

enum { SALT_BYTES_MAX = 32 };

/* "commitment":"<hex>" stands in every record that has a personal part. */
bool commitment_fits(struct str record, struct str salt_hex, struct str personal)
{
    unsigned char salt[SALT_BYTES_MAX];
    char expected[sizeof("\"commitment\":\"\"") + CHAIN_HEX_SIZE], hex[CHAIN_HEX_SIZE];

    if (salt_hex.n > 2 * sizeof(salt) || !hex_read(salt_hex, salt, salt_hex.n / 2))
        return false;
    commitment_of((struct str){(const char *)salt, salt_hex.n / 2}, personal, hex);
    int n = snprintf(expected, sizeof(expected), "\"commitment\":\"%s\"", hex);
    return memmem(record.p, record.n, expected, (size_t)n) != NULL;
}

static struct ledger_key *read_key(struct op *op, const char *path,
                                   EVP_PKEY *(*read)(FILE *, EVP_PKEY **, pem_password_cb *,
                                                     void *))
{
    FILE *f = fopen(path, "re");
    EVP_PKEY *pkey = f ? read(f, NULL, NULL, NULL) : NULL;
    struct ledger_key *key = NULL;

    if (f)
        fclose(f);
    if (pkey && EVP_PKEY_get_id(pkey) == EVP_PKEY_ED25519 && (key = malloc(sizeof(*key)))) {
        key->pkey = pkey;
        return key;
    }
    EVP_PKEY_free(pkey);
    fail(op, E_INTERNAL_ERROR, "%s holds no Ed25519 key in PEM", path);
    return NULL;
}

struct ledger_key *ledger_key_private(struct op *op, const char *path)
{
    return read_key(op, path, PEM_read_PrivateKey);
}

struct ledger_key *ledger_key_public(struct op *op, const char *path)
{
    return read_key(op, path, PEM_read_PUBKEY);
}

void ledger_key_close(struct ledger_key *key)
{
    if (key)
        EVP_PKEY_free(key->pkey);
    free(key);
}

const char *ledger_key_pem(struct op *op, const struct ledger_key *key)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *text;

    if (!memory || !PEM_write_bio_PUBKEY(memory, key->pkey))
        abort();
    long n = BIO_get_mem_data(memory, &text);
    const char *pem = arena_strndup(&op->arena, text, (size_t)n);
    BIO_free(memory);
    return pem;
}

const char *ledger_key_name(struct op *op, const struct ledger_key *key)
{
    char hex[SHA256_HEX_SIZE];

    digest_hex(DIGEST_SHA256, str_of(ledger_key_pem(op, key)), hex);
    return arena_strndup(&op->arena, hex, 16);
}

bool ledger_key_make(struct op *op, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    EVP_PKEY *pkey = f ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") : NULL;
    bool ok = pkey && PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL) && fflush(f) == 0
              && fsync(fd) == 0;

    EVP_PKEY_free(pkey);
    if (f)
        fclose(f);
    else if (fd >= 0)
        close(fd);
    return ok || fail(op, E_INTERNAL_ERROR, "%s could not be made; does it exist already?", path);
}

static const char *signed_text(struct op *op, int64_t tenant_id, const struct chain_head *h)
{
    char hex[CHAIN_HEX_SIZE];

    hex_write(hex, h->hash, sizeof(h->hash));
    return arena_printf(&op->arena, "agoralia-ledger-1 %lld %lld %s", (long long)tenant_id,
                        (long long)h->seq, hex);
}

bool chain_sign(struct op *op, const struct ledger_key *key, int64_t tenant_id,
                const struct chain_head *h, char out[SIGNATURE_HEX_SIZE])
{
    struct str text = str_of(signed_text(op, tenant_id, h));
    unsigned char signature[SIGNATURE_BYTES];
    size_t n = sizeof(signature);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = md && EVP_DigestSignInit(md, NULL, NULL, NULL, key->pkey) == 1
              && EVP_DigestSign(md, signature, &n, (const unsigned char *)text.p, text.n) == 1;

    EVP_MD_CTX_free(md);
    if (!ok)
        return fail(op, E_INTERNAL_ERROR, "the ledger's head could not be signed");
    hex_write(out, signature, n);
    return true;
}

bool chain_signed(const struct ledger_key *key, int64_t tenant_id, const struct chain_head *h,
                  struct str signature)
{
    struct op op = {0};
    struct str text = str_of(signed_text(&op, tenant_id, h));
    unsigned char bytes[SIGNATURE_BYTES];
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok =
        md && hex_read(signature, bytes, sizeof(bytes))
        && EVP_DigestVerifyInit(md, NULL, NULL, NULL, key->pkey) == 1
        && EVP_DigestVerify(md, bytes, sizeof(bytes), (const unsigned char *)text.p, text.n) == 1;

    EVP_MD_CTX_free(md);
    op_end(&op);
    return ok;
}
