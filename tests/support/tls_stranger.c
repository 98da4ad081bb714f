/* tls_stranger.c - a self-signed certificate made on the spot, and one connection. */

#include "tests/support/tls_stranger.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct tls_stranger {
    SSL_CTX *ctx;
    int listener, port;
    pthread_t thread;
    bool heard;
};

static void require(bool holds, const char *what)
{
    if (!holds) {
        perror(what);
        abort();
    }
}

static X509 *self_signed(EVP_PKEY *key)
{
    X509 *cert = X509_new();
    X509_NAME *name = X509_get_subject_name(cert);

    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
                               0);
    X509_set_issuer_name(cert, name);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    require(X509_sign(cert, key, EVP_sha256()) > 0, "X509_sign");
    return cert;
}

static SSL_CTX *make_context(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = self_signed(key);

    require(SSL_CTX_use_certificate(ctx, cert) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1,
            "SSL_CTX");
    X509_free(cert);
    EVP_PKEY_free(key);
    return ctx;
}

static void *serve(void *arg)
{
    struct tls_stranger *s = arg;
    int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
    SSL *ssl = SSL_new(s->ctx);
    char byte;

    require(fd >= 0 && ssl && SSL_set_fd(ssl, fd) == 1, "accept");
    /* With TLS 1.3 the server may be done before the client has judged the certificate. */
    s->heard = SSL_accept(ssl) == 1 && SSL_read(ssl, &byte, 1) == 1;
    SSL_free(ssl);
    close(fd);
    return NULL;
}

struct tls_stranger *tls_stranger_start(void)
{
    struct tls_stranger *s = calloc(1, sizeof(*s));
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(a);

    require(s != NULL, "calloc");
    s->ctx = make_context();
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(s->listener >= 0 && bind(s->listener, (struct sockaddr *)&a, sizeof(a)) == 0
                && listen(s->listener, 4) == 0
                && getsockname(s->listener, (struct sockaddr *)&a, &size) == 0,
            "listen");
    s->port = ntohs(a.sin_port);
    require(pthread_create(&s->thread, NULL, serve, s) == 0, "pthread_create");
    return s;
}

int tls_stranger_port(const struct tls_stranger *s)
{
    return s->port;
}

bool tls_stranger_stop(struct tls_stranger *s)
{
    pthread_join(s->thread, NULL);
    bool heard = s->heard;
    close(s->listener);
    SSL_CTX_free(s->ctx);
    free(s);
    return heard;
}
