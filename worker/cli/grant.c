/* grant.c - agoralia grant ... */

#include "common/compliance/grant.h"

#include "worker/cli/cli.h"

#include <stdlib.h>

static bool take_tenant(struct cli *c)
{
    const char *tenant = cli_option(c, "--tenant");

    c->op->tenant_id = tenant ? strtoll(tenant, NULL, 10) : 0;
    return c->op->tenant_id > 0;
}

static int loosen(struct cli *c)
{
    const char *until = cli_option(c, "--until");
    struct loosening_grant g = {.ticket = cli_option(c, "--ticket"),
                                .country_iso = cli_option(c, "--country"),
                                .granted_by = cli_option(c, "--by"),
                                .reason = cli_option(c, "--reason")};

    if (!take_tenant(c) || !until || !tstamp_parse(str_of(until), &g.expires_at))
        return cli_usage("agoralia grant loosen --tenant ID --country IT --ticket T --by NAME "
                         "--reason R --until 2026-12-31T00:00:00Z");
    if (!grant_give(c->op, &g))
        return cli_fail(c);
    cli_print_json(&loosening_grant_type, &g);
    return CLI_OK;
}

static int list(struct cli *c)
{
    struct loosening_grant *items;
    int n;

    if (!take_tenant(c))
        return cli_usage("agoralia grant ls --tenant ID");
    if (!grant_list(c->op, &items, &n))
        return cli_fail(c);
    for (int i = 0; i < n; i++)
        cli_print_json(&loosening_grant_type, &items[i]);
    return CLI_OK;
}

static int revoke(struct cli *c)
{
    const char *ticket = cli_positional(c, 0);
    struct loosening_grant g;

    if (!take_tenant(c) || !ticket)
        return cli_usage("agoralia grant revoke TICKET --tenant ID");
    if (!grant_revoke(c->op, ticket, &g))
        return cli_fail(c);
    cli_print_json(&loosening_grant_type, &g);
    return CLI_OK;
}

const struct command grant_commands[] = {
    {"grant", "loosen", "--tenant ID --country IT --ticket T --by NAME --reason R --until T",
     "let its overrides loosen what the country's rule lets be loosened", loosen, false},
    {"grant", "ls", "--tenant ID", "what was granted, standing and past", list, false},
    {"grant", "revoke", "TICKET --tenant ID", "end a grant: the next decision is without", revoke,
     false},
    {0},
};
