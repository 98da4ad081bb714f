/* main.c - agoralia-api: settings, what requests need, serve until TERM. */

#include "api/follower.h"
#include "api/handlers.h"
#include "api/server.h"
#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/base/notify.h"
#include "common/base/tz.h"
#include "common/compliance/law_cache.h"
#include "common/identity/mail.h"
#include "common/identity/token_keys.h"
#include "common/provider/provider.h"
#include "common/store/pool.h"

#include <signal.h>
#include <stdio.h>

/* Sessions that only urgent requests use, opened when first needed. */
enum { URGENT_SESSIONS = 4 };

static struct route routes[] = {
#define ROUTE(method, path, handler, role, kind, summary) \
    {#method, path, handle_##handler, ROLE_##role, KIND_##kind, summary, false, {0}},
#define URGENT(method, path, handler, role, kind, summary) \
    {#method, path, handle_##handler, ROLE_##role, KIND_##kind, summary, true, {0}},
#include "api/routes.def"
#undef ROUTE
};

static const struct {
    bool (*handle)(struct op *op, const struct req *req, struct reply *rep);
    struct manner manner;
} manners[] = {
#define ROUTE(method, path, handler, role, kind, summary)
#define MANNER(handler, unit, class) {handle_##handler, {UNIT_##unit, CLASS_##class}},
#include "api/routes.def"
#undef ROUTE
};

/* What has no tenant keeps nothing and takes from nobody. */
static struct manner manner_of(const struct route *r)
{
    if (r->role == ROLE_PUBLIC)
        return (struct manner){UNIT_NONE, CLASS_FREE};
    for (size_t i = 0; i < ARRAY_LEN(manners); i++)
        if (manners[i].handle == r->handle)
            return manners[i].manner;
    if (strcmp(r->method, "GET") == 0)
        return (struct manner){UNIT_NONE, CLASS_READ};
    return (struct manner){UNIT_WHOLE, CLASS_WRITE};
}

static void set_manners(void)
{
    for (size_t i = 0; i < ARRAY_LEN(routes); i++)
        routes[i].manner = manner_of(&routes[i]);
}

/* Blocked before any thread starts, so that only sigwait() below gets them. */
static sigset_t hold_signals(void)
{
    sigset_t set;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return set;
}

static struct pool *open_pool(const struct conf *conf, int64_t size)
{
    return pool_open(conf->database_url, (int)size, (int)conf->database_timeout_ms);
}

static int serve(const struct app *app, const struct app *urgent, const sigset_t *until)
{
    struct server *s = server_start(app, urgent, (struct routes){routes, ARRAY_LEN(routes)});
    int signal = 0;

    if (!s)
        return 1;
    log_info(NULL, "api.ready", F("port", server_port(s)), F("listen", app->conf->http_listen));
    notify_ready(app->conf->notify_socket);
    sigwait(until, &signal);
    notify_stopping(app->conf->notify_socket);
    log_info(NULL, "api.draining", F("signal", signal));
    server_stop(s, (int)app->conf->http_request_timeout_ms);
    log_info(NULL, "api.stopped");
    return 0;
}

int main(void)
{
    struct conf conf;
    sigset_t until = hold_signals();

    set_manners();
    if (!conf_load(&conf))
        return 2;
    log_start("agoralia-api", conf.log_level);
    tz_warn();
    struct provider *provider = provider_open("retell", &conf);
    struct app app = {
        .conf = &conf,
        .pool = open_pool(&conf, conf.database_pool_size),
        .provider = provider,
        .laws = law_cache_open(),
        .tokens = token_keys_open(conf.jwt_key_dir),
        .mailer = mailer_open(&conf),
    };
    struct app urgent = app;
    urgent.pool = open_pool(&conf, URGENT_SESSIONS);
    struct follower *follower = follower_start(&app, app.pool, urgent.pool);
    int rc = serve(&app, &urgent, &until);
    follower_stop(follower);
    mailer_close(app.mailer);
    token_keys_close(app.tokens);
    pool_close(urgent.pool);
    pool_close(app.pool);
    law_cache_close(app.laws);
    if (provider)
        provider->close(provider);
    log_stop();
    return rc;
}
