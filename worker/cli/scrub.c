/* scrub.c - agoralia scrub ... */

#include "common/compliance/scrub.h"

#include "common/number/country.h"
#include "worker/cli/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int scrub_record_command(struct cli *c)
{
    const char *tenant = cli_option(c, "--tenant"), *country = cli_option(c, "--country");
    const char *at_text = cli_option(c, "--at");
    struct tstamp at = {0};
    int64_t n;

    c->op->tenant_id = tenant ? strtoll(tenant, NULL, 10) : 0;
    if (c->op->tenant_id <= 0 || (country && country_complaint(country))
        || (at_text && !tstamp_parse(str_of(at_text), &at)))
        return cli_usage("scrub record --tenant ID [--country IT] [--at 2026-01-14T09:00:00Z]");
    if (!scrub_record(c->op, country, at, &n))
        return cli_fail(c);
    printf("%" PRId64 "\n", n);
    return CLI_OK;
}

static int scrub_run_command(struct cli *c)
{
    const char *tenant = cli_option(c, "--tenant"), *registry = cli_option(c, "--registry");
    struct scrub_run run;

    c->op->tenant_id = tenant ? strtoll(tenant, NULL, 10) : 0;
    if (c->op->tenant_id <= 0 || !registry || !*registry)
        return cli_usage("scrub run --tenant ID --registry NAME");
    if (!scrub_run(c->op, registry, &run))
        return cli_fail(c);
    printf("compared %" PRId64 " listed %" PRId64 " as_of %s\n", run.compared, run.listed,
           tstamp_format(&c->op->arena, run.at));
    if (run.missing_from.us)
        fprintf(stderr,
                "The list of %s is not whole: the file of %s was not read whole, or "
                "changes before "
                "it never came\n",
                registry, tstamp_format(&c->op->arena, run.missing_from));
    return CLI_OK;
}

const struct command scrub_commands[] = {
    {"scrub", "record", "--tenant ID [--country IT] [--at T]",
     "its leads' numbers were compared with their registries", scrub_record_command, false},
    {"scrub", "run", "--tenant ID --registry NAME",
     "compare its leads with a registry that it has imported", scrub_run_command, false},
    {0},
};
