/* main.c - agoralia-worker: settings, what actors need, run until told to stop. */

#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/provider/provider.h"
#include "common/store/pool.h"
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

/* HUP: the same program anew, with whatever binary and settings are there by now. */
static int start_anew(char **argv)
{
    execvp(argv[0], argv);
    perror(argv[0]);
    return WORKER_CONFIG;
}

int main(int argc, char **argv)
{
    struct conf conf;

    (void)argc;
    if (!conf_load(&conf))
        return WORKER_CONFIG;
    log_start("agoralia-worker", conf.log_level);
    struct provider *provider = provider_open("retell", &conf);
    const struct app app = {
        .conf = &conf,
        .pool = pool_open(conf.database_url, (int)conf.database_pool_size,
                          (int)conf.database_timeout_ms),
        .provider = provider,
    };
    int code = work(&app);
    pool_close(app.pool);
    if (provider)
        provider->close(provider);
    log_stop();
    return code == WORKER_RESTART ? start_anew(argv) : code;
}
