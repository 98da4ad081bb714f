/* reconcile.c - agoralia reconcile: the provider's calls against our attempts, now. */

#include "common/base/conf.h"
#include "common/call/crosscheck.h"
#include "common/provider/provider.h"
#include "worker/cli/cli.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_HOURS = 24 * 31 };

static int run_reconcile(struct cli *c)
{
    const char *hours = cli_option(c, "--hours");
    long n = hours ? strtol(hours, NULL, 10) : 48;
    struct provider *provider =
        n > 0 && n <= MOST_HOURS ? provider_open(c->conf->provider, c->conf) : NULL;
    struct app app = *c->op->app;
    struct differences d;

    if (n <= 0 || n > MOST_HOURS)
        return cli_usage("reconcile [--hours N]");
    if (!provider)
        return CLI_FAILED;
    app.provider = provider;
    struct op op = {.app = &app, .request_id = "cli"};
    bool ok = crosscheck(&op, (int)n, &d);
    if (ok)
        printf("compared %d\nrepaired %d\nattempt_missing %d\ncall_missing %d\nplaced_twice %d\n",
               d.compared, d.repaired, d.attempt_missing, d.call_missing, d.placed_twice);
    else
        fprintf(stderr, "agoralia: %s\n", op.err.message);
    op_end(&op);
    provider->close(provider);
    return ok ? CLI_OK : CLI_FAILED;
}

const struct command reconcile_commands[] = {
    {"reconcile", NULL, "[--hours N]", "compare the provider's calls with ours, and repair",
     run_reconcile, false},
    {0},
};
