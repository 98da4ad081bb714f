/* notify.c - LISTEN, and poll() for what it brings. */

#include "common/store/notify.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>

struct listener {
    char *url;
    const char *const *channels;
    PGconn *pg; /* NULL until first needed, and after a loss */
};

struct listener *listener_open(const char *database_url, const char *const *channels)
{
    struct listener *l = calloc(1, sizeof(*l));

    if (!l || !(l->url = strdup(database_url)))
        abort();
    l->channels = channels;
    return l;
}

static void disconnect(struct listener *l)
{
    PQfinish(l->pg);
    l->pg = NULL;
}

static bool lost(struct op *op, struct listener *l)
{
    fail_because(op, E_SERVICE_UNAVAILABLE, PQerrorMessage(l->pg),
                 "The database cannot be listened to");
    disconnect(l);
    return false;
}

static bool listen_to(struct op *op, struct listener *l, const char *channel)
{
    char *name = PQescapeIdentifier(l->pg, channel, strlen(channel));
    PGresult *r = PQexec(l->pg, arena_printf(&op->arena, "LISTEN %s", name));
    bool ok = PQresultStatus(r) == PGRES_COMMAND_OK;

    PQclear(r);
    PQfreemem(name);
    return ok || lost(op, l);
}

static bool connect_listener(struct op *op, struct listener *l)
{
    const char *const keys[] = {"dbname", "connect_timeout", "application_name", "keepalives_idle",
                                NULL};
    const char *const values[] = {l->url, "2", "agoralia-listener", "10", NULL};

    l->pg = PQconnectdbParams(keys, values, 1);
    if (PQstatus(l->pg) != CONNECTION_OK)
        return lost(op, l);
    for (size_t i = 0; l->channels[i]; i++)
        if (!listen_to(op, l, l->channels[i]))
            return false;
    return true;
}

static unsigned take_notifications(struct listener *l)
{
    unsigned heard = 0;
    PGnotify *n;

    while ((n = PQnotifies(l->pg))) {
        for (unsigned i = 0; l->channels[i]; i++)
            if (strcmp(l->channels[i], n->relname) == 0)
                heard |= 1u << i;
        PQfreemem(n);
    }
    return heard;
}

bool listener_wait(struct op *op, struct listener *l, int timeout_ms, unsigned *heard)
{
    *heard = 0;
    if (!l->pg) {
        *heard = ~0u;
        return connect_listener(op, l);
    }
    struct pollfd fd = {.fd = PQsocket(l->pg), .events = POLLIN};
    if (poll(&fd, 1, timeout_ms) < 0 && errno != EINTR)
        return lost(op, l);
    if (!PQconsumeInput(l->pg))
        return lost(op, l);
    *heard = take_notifications(l);
    return true;
}
