/* erase.c - agoralia erase ... */

#include "common/call/erasure.h"

#include "worker/cli/cli.h"

#include <stdlib.h>

static int erase(struct cli *c)
{
    const char *tenant = cli_option(c, "--tenant"), *number = cli_option(c, "--number");
    struct erasure e = {.asked_by = ERASURE_BY_PLATFORM, .reason = cli_option(c, "--reason")};

    c->op->tenant_id = tenant ? strtoll(tenant, NULL, 10) : 0;
    if (c->op->tenant_id <= 0 || !number || !e.reason)
        return cli_usage("agoralia erase --tenant ID --number +39... --reason TEXT");
    if (!erasure_of_number(c->op, number, &e))
        return cli_fail(c);
    cli_print_json(&erasure_type, &e);
    return CLI_OK;
}

const struct command erase_commands[] = {
    {"erase", NULL, "--tenant ID --number +39... --reason TEXT",
     "forget a person; the number stays blocked", erase, false},
    {0},
};
