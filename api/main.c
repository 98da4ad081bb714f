/* main.c - agoralia-api: settings, what requests need, serve until TERM. */

#include "api/follower.h"
#include "api/route_table.h"
#include "api/server.h"
#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/base/notify.h"
#include "common/base/tz.h"
#include "common/compliance/law_cache.h"
#include "common/identity/mail.h"
#include "common/identity/oidc_issuer.h"
#include "common/identity/token_keys.h"
#include "common/provider/provider.h"
#include "common/store/pool.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

/* Sessions that only urgent requests use, opened when first needed. */
enum { URGENT_SESSIONS = 4 };

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
    struct server *s = server_start(app, urgent, routes_all());
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

int main(int argc, char **argv)
{
    struct conf conf;

    if (argc > 1 && strcmp(argv[1], "routes") == 0) {
        routes_print(stdout);
        return 0;
    }
    /* Keys and passwords come by: in no core dump, and for no debugger. */
    prctl(PR_SET_DUMPABLE, 0);
    sigset_t until = hold_signals();
    if (!conf_load(&conf))
        return 2;
    log_start("agoralia-api", conf.log_level);
    tz_warn();
    struct provider *provider = provider_open(conf.provider, &conf);
    struct app app = {
        .conf = &conf,
        .pool = open_pool(&conf, conf.database_pool_size),
        .provider = provider,
        .laws = law_cache_open(),
        .tokens = token_keys_open(conf.jwt_key_dir),
        .mailer = mailer_open(&conf),
        .oidc = oidc_issuer_open(&conf),
    };
    struct app urgent = app;
    urgent.pool = open_pool(&conf, URGENT_SESSIONS);
    struct follower *follower = follower_start(&app, app.pool, urgent.pool);
    int rc = serve(&app, &urgent, &until);
    follower_stop(follower);
    mailer_close(app.mailer);
    oidc_issuer_close(app.oidc);
    token_keys_close(app.tokens);
    pool_close(urgent.pool);
    pool_close(app.pool);
    law_cache_close(app.laws);
    if (provider)
        provider->close(provider);
    log_stop();
    prctl(PR_SET_DUMPABLE, 1); /* for who looks for leaks: nothing is here any more */
    return rc;
}
