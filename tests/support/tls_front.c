/* tls_front.c - a thread per connection, which carries bytes both ways. */

#include "tests/support/tls_front.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 64 };

struct connection {
    struct tls_front *front;
    pthread_t thread;
    int client, upstream;
};

struct tls_front {
    SSL_CTX *ctx;
    int listener, upstream_port;
    char url[64], ca_file[32];
    pthread_t thread;
    struct connection connections[MAX_CONNECTIONS];
    _Atomic int n;
    _Atomic size_t heard;
};

static void require(bool holds, const char *what)
{
    if (!holds) {
        perror(what);
        abort();
    }
}

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

static bool send_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        p += sent;
        n -= (size_t)sent;
    }
    return true;
}

static bool carry_in(struct connection *c, SSL *ssl)
{
    char bytes[16384];
    size_t n;

    do {
        if (SSL_read_ex(ssl, bytes, sizeof(bytes), &n) != 1)
            return false;
        atomic_fetch_add(&c->front->heard, n);
        if (!send_all(c->upstream, bytes, n))
            return false;
    } while (SSL_pending(ssl));
    return true;
}

static bool carry_out(struct connection *c, SSL *ssl)
{
    char bytes[16384];
    size_t written;
    ssize_t n = recv(c->upstream, bytes, sizeof(bytes), 0);

    return n > 0 && SSL_write_ex(ssl, bytes, (size_t)n, &written) == 1;
}

static void carry(struct connection *c, SSL *ssl)
{
    struct pollfd p[] = {{.fd = c->client, .events = POLLIN},
                         {.fd = c->upstream, .events = POLLIN}};
    bool open = true;

    while (open && poll(p, 2, -1) > 0) {
        if (p[0].revents)
            open = carry_in(c, ssl);
        if (open && p[1].revents)
            open = carry_out(c, ssl);
    }
}

static void *serve(void *arg)
{
    struct connection *c = arg;
    struct sockaddr_in a = loopback(c->front->upstream_port);
    SSL *ssl = SSL_new(c->front->ctx);

    require(ssl && SSL_set_fd(ssl, c->client) == 1, "SSL_new");
    /* With TLS 1.3 this may succeed before the client has judged the certificate. */
    if (SSL_accept(ssl) == 1) {
        require(connect(c->upstream, (struct sockaddr *)&a, sizeof(a)) == 0, "connect");
        carry(c, ssl);
    }
    SSL_free(ssl);
    shutdown(c->upstream, SHUT_RDWR);
    shutdown(c->client, SHUT_RDWR);
    return NULL;
}

static void *accept_all(void *arg)
{
    struct tls_front *f = arg;
    int fd;

    while ((fd = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        require(f->n < MAX_CONNECTIONS, "too many connections");
        struct connection *c = &f->connections[f->n];
        *c = (struct connection){
            .front = f, .client = fd, .upstream = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        require(c->upstream >= 0 && pthread_create(&c->thread, NULL, serve, c) == 0, "serve");
        f->n++;
    }
    return NULL;
}

static void prepare_tls(struct tls_front *f, const struct tls_front_setup *setup)
{
    struct certificates c;
    int ca;

    f->ctx = SSL_CTX_new(TLS_server_method());
    require(f->ctx != NULL, "SSL_CTX_new");
    certificates_make(&c, setup->host ? setup->host : "localhost", setup->flaw);
    certificates_use(&c, f->ctx);
    snprintf(f->ca_file, sizeof(f->ca_file), "/tmp/agca.XXXXXX");
    require((ca = mkostemp(f->ca_file, 0)) >= 0 && close(ca) == 0, f->ca_file);
    certificates_write_root(&c, f->ca_file);
    certificates_free(&c);
    SSL_CTX_set_min_proto_version(f->ctx, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(f->ctx, setup->newest_version);
    if (setup->newest_version) /* the old ones need signatures that are no longer allowed */
        SSL_CTX_set_security_level(f->ctx, 0);
}

static void listen_somewhere(struct tls_front *f)
{
    struct sockaddr_in a = loopback(0);
    socklen_t size = sizeof(a);

    f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(f->listener >= 0 && bind(f->listener, (struct sockaddr *)&a, sizeof(a)) == 0
                && listen(f->listener, 16) == 0
                && getsockname(f->listener, (struct sockaddr *)&a, &size) == 0,
            "listen");
    snprintf(f->url, sizeof(f->url), "https://localhost:%d", ntohs(a.sin_port));
}

struct tls_front *tls_front_start(const struct tls_front_setup *setup)
{
    struct tls_front *f = calloc(1, sizeof(*f));
    const char *port = strrchr(setup->upstream, ':');

    require(f && port, "tls_front_start");
    f->upstream_port = (int)strtol(port + 1, NULL, 10);
    prepare_tls(f, setup);
    listen_somewhere(f);
    require(pthread_create(&f->thread, NULL, accept_all, f) == 0, "pthread_create");
    return f;
}

void tls_front_stop(struct tls_front *f)
{
    shutdown(f->listener, SHUT_RDWR);
    pthread_join(f->thread, NULL);
    for (int i = 0; i < f->n; i++) {
        shutdown(f->connections[i].client, SHUT_RDWR);
        pthread_join(f->connections[i].thread, NULL);
        close(f->connections[i].client);
        close(f->connections[i].upstream);
    }
    close(f->listener);
    unlink(f->ca_file);
    SSL_CTX_free(f->ctx);
    free(f);
}

const char *tls_front_url(const struct tls_front *f)
{
    return f->url;
}

const char *tls_front_ca_file(const struct tls_front *f)
{
    return f->ca_file;
}

int tls_front_connections(const struct tls_front *f)
{
    return f->n;
}

size_t tls_front_heard(const struct tls_front *f)
{
    return f->heard;
}
