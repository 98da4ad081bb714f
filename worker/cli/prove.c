/* prove.c - agoralia provider prove: is one request, sent twice under one key, one call? */

#include "common/base/conf.h"
#include "common/call/idempotency.h"
#include "common/provider/provider.h"
#include "worker/cli/cli.h"

#include <stdio.h>
#include <stdlib.h>

enum { AFTER_SECONDS = 120, MOST_SECONDS = 3000 };

static const char prove_usage[] =
    "provider prove --tenant ID --from NUMBER --to NUMBER --agent AGENT [--after SECONDS]";

static bool read_test(const struct cli *c, struct idempotency_test *t)
{
    const char *tenant = cli_option(c, "--tenant"), *after = cli_option(c, "--after");
    long seconds = after ? strtol(after, NULL, 10) : AFTER_SECONDS;

    c->op->tenant_id = tenant ? strtoll(tenant, NULL, 10) : 0;
    *t = (struct idempotency_test){.from_number = cli_option(c, "--from"),
                                   .to_number = cli_option(c, "--to"),
                                   .agent_id = cli_option(c, "--agent"),
                                   .gap_seconds = (int)seconds};
    return c->op->tenant_id > 0 && t->from_number && t->to_number && t->agent_id && seconds > 0
           && seconds <= MOST_SECONDS;
}

static bool prove(struct cli *c, const struct idempotency_test *t)
{
    struct provider *provider = provider_open(c->conf->provider, c->conf);
    struct app app = *c->op->app;

    if (!provider)
        return fail(c->op, E_INVALID_STATE, "The settings make no provider");
    app.provider = provider;
    struct op op = {.app = &app, .request_id = "cli", .tenant_id = c->op->tenant_id};
    fprintf(stderr, "%s is called, and asked for again %d seconds later\n", t->to_number,
            t->gap_seconds);
    bool ok = idempotency_prove(&op, t) || op_fail_like(c->op, &op);
    op_end(&op);
    provider->close(provider);
    return ok;
}

static int prove_command(struct cli *c)
{
    struct idempotency_test t;

    if (!read_test(c, &t))
        return cli_usage(prove_usage);
    if (!prove(c, &t))
        return cli_fail(c);
    printf("proven for %d seconds\n", t.gap_seconds);
    return CLI_OK;
}

const struct command prove_commands[] = {
    {"provider", "prove", "--tenant ID --from NUMBER --to NUMBER --agent AGENT",
     "call an own number twice under one key, for RETELL_IDEMPOTENCY", prove_command, false},
    {0},
};
