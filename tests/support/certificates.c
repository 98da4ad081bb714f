/* certificates.c - three certificates, each signed by the one before. */

#include "tests/support/certificates.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { HOUR = 3600 };

static void require(bool holds, const char *what)
{
    if (!holds) {
        perror(what);
        abort();
    }
}

static void add_extension(X509 *cert, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    require(e && X509_add_ext(cert, e, -1) == 1, value);
    X509_EXTENSION_free(e);
}

/* Not signed yet.  from and until: seconds from now. */
static X509 *make(EVP_PKEY *key, const char *name, int serial, long from, long until)
{
    X509 *cert = X509_new();

    require(cert && X509_set_version(cert, X509_VERSION_3) == 1, "X509_new");
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), serial);
    X509_gmtime_adj(X509_getm_notBefore(cert), from);
    X509_gmtime_adj(X509_getm_notAfter(cert), until);
    X509_set_pubkey(cert, key);
    return cert;
}

static void sign(X509 *cert, X509 *issuer, EVP_PKEY *key)
{
    X509_set_issuer_name(cert, X509_get_subject_name(issuer));
    require(X509_sign(cert, key, EVP_sha256()) > 0, "X509_sign");
}

static X509 *make_authority(EVP_PKEY *key, const char *name, int serial, bool may_sign)
{
    X509 *cert = make(key, name, serial, -HOUR, HOUR);

    add_extension(cert, NID_basic_constraints, may_sign ? "critical,CA:TRUE" : "critical,CA:FALSE");
    return cert;
}

static X509 *make_server(EVP_PKEY *key, const char *host, enum certificate_flaw flaw)
{
    char names[128];
    X509 *cert = make(key, host, 3, flaw == FLAW_EARLY ? HOUR : -2L * HOUR,
                      flaw == FLAW_EXPIRED ? -HOUR : 2L * HOUR);

    snprintf(names, sizeof(names), "DNS:%s", host);
    add_extension(cert, NID_subject_alt_name, names);
    return cert;
}

void certificates_make(struct certificates *c, const char *host, enum certificate_flaw flaw)
{
    c->flaw = flaw;
    c->key = EVP_EC_gen("P-256");
    c->root = make_authority(c->key, "root of a test", 1, true);
    c->intermediate = make_authority(c->key, "between", 2, flaw != FLAW_NO_AUTHORITY);
    c->server = make_server(c->key, host, flaw);
    sign(c->root, c->root, c->key);
    sign(c->intermediate, c->root, c->key);
    sign(c->server, flaw == FLAW_SELF_SIGNED ? c->server : c->intermediate, c->key);
}

void certificates_free(struct certificates *c)
{
    X509_free(c->root);
    X509_free(c->intermediate);
    X509_free(c->server);
    EVP_PKEY_free(c->key);
}

void certificates_write_root(const struct certificates *c, const char *path)
{
    FILE *f = fopen(path, "we");

    require(f && PEM_write_X509(f, c->root) == 1 && fclose(f) == 0, path);
}

void certificates_use(const struct certificates *c, SSL_CTX *ctx)
{
    bool hole = c->flaw == FLAW_HOLE;

    require(SSL_CTX_use_certificate(ctx, c->server) == 1 && SSL_CTX_use_PrivateKey(ctx, c->key) == 1
                && (hole || SSL_CTX_add1_chain_cert(ctx, c->intermediate) == 1),
            "SSL_CTX");
}
