/* main.c - agoralia-worker: settings, what actors need, run until told to stop. */

#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/base/tz.h"
#include "common/call/spool.h"
#include "common/compliance/law_cache.h"
#include "common/provider/provider.h"
#include "common/store/pool.h"
#include "worker/dialler.h"
#include "worker/worker.h"

#include <stdio.h>
#include <unistd.h>

static int work(const struct app *app)
{
    const struct worker_setup setup = {.env = {app, runnables}, .services = services};
    int code = worker_run(&setup);

    if (code != WORKER_KILLED && code != WORKER_REFUSED)
        return code;
    /* Actors may still be running: nothing they use may be taken away, the kernel does it at once.
     */
    log_stop();
    _exit(code);
}

/* The nursery has what it needs of them, and nothing here does. */
static void forget_keys(struct conf *conf)
{
    conf_forget(&conf->retell_api_key);
    conf_forget(&conf->retell_webhook_keys);
}

static struct provider *open_provider(const struct conf *conf, const struct nursery *nursery)
{
    if (!*nursery->signing_key) {
        log_error(NULL, "provider.missing", F("reason", "the settings make none"));
        return NULL;
    }
    diallers_start(nursery, (size_t)conf->diallers);
    struct provider *p =
        provider_open_keyless(conf->provider, conf, diallers_exchange, nursery->signing_key);
    if (p)
        p->reseal = diallers_reseal;
    return p;
}

/* HUP: the same program anew, with whatever binary is there by now. */
static int start_anew(const struct nursery *nursery, char **argv)
{
    nursery_exec(nursery, argv);
    return WORKER_CONFIG;
}

int main(int argc, char **argv)
{
    struct conf conf;
    struct nursery nursery;

    (void)argc;
    if (nursery_is_meant(argv))
        nursery_run(argv);
    if (!conf_load(&conf) || !nursery_start(&nursery, argv))
        return WORKER_CONFIG;
    forget_keys(&conf);
    log_start("agoralia-worker", conf.log_level);
    tz_warn();
    struct provider *provider = open_provider(&conf, &nursery);
    const struct app app = {
        .conf = &conf,
        .pool = pool_open(conf.database_url, (int)conf.database_pool_size,
                          (int)conf.database_timeout_ms),
        .provider = provider,
        .laws = law_cache_open(),
        .spool = spool_open(conf.state_dir),
    };
    int code = work(&app);
    if (diallers_lost())
        code = WORKER_LOST;
    diallers_stop();
    pool_close(app.pool);
    law_cache_close(app.laws);
    spool_close(app.spool);
    if (provider)
        provider->close(provider);
    log_stop();
    return code == WORKER_RESTART ? start_anew(&nursery, argv) : code;
}
