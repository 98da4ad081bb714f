/* halt.c - agoralia halt, halts, lift: the kill switch in the operator's hand. */

#include "common/call/halt.h"

#include "common/base/page.h"
#include "worker/cli/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char halt_usage[] =
    "halt --platform|--tenant ID [--country IT|--campaign ID|--provider NAME|--from-number N|"
    "--agent ID] --reason R";

/* What is narrower than all of the tenant's, or all of the platform's. */
static bool narrow(struct cli *c, struct halt *h)
{
    static const struct {
        const char *option;
        enum dialling_scope scope;
    } parts[] = {{"--country", DIALLING_COUNTRY},
                 {"--campaign", DIALLING_CAMPAIGN},
                 {"--provider", DIALLING_PROVIDER},
                 {"--from-number", DIALLING_FROM_NUMBER},
                 {"--agent", DIALLING_AGENT}};

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        const char *key = cli_option(c, parts[i].option);
        if (!key)
            continue;
        if (h->key || !*key)
            return false;
        h->key = key;
        h->scope = parts[i].scope;
    }
    return h->scope != DIALLING_CAMPAIGN || c->op->tenant_id > 0;
}

static bool read_halt(struct cli *c, struct halt *h)
{
    const char *tenant = cli_option(c, "--tenant");
    bool platform = cli_option(c, "--platform") != NULL;

    c->op->tenant_id = tenant ? strtoll(tenant, NULL, 10) : 0;
    h->scope = tenant ? DIALLING_TENANT : DIALLING_PLATFORM;
    h->reason = cli_option(c, "--reason");
    return platform == !tenant && (platform || c->op->tenant_id > 0) && h->reason && narrow(c, h);
}

static int halt_command(struct cli *c)
{
    struct halt h = {.cause = HALT_OPERATOR, .set_by = HALT_BY_PLATFORM};

    if (!read_halt(c, &h))
        return cli_usage(halt_usage);
    if (!halt_set(c->op, &h))
        return cli_fail(c);
    cli_print_json(&halt_type, &h);
    return CLI_OK;
}

static const char *by_whom(const struct halt *h)
{
    if (h->cause != HALT_OPERATOR)
        return "by itself";
    return h->set_by == HALT_BY_TENANT ? "tenant" : "operator";
}

static void print(const struct cli *c, const struct halt *h)
{
    if (cli_option(c, "--json"))
        cli_print_json(&halt_type, h);
    else
        printf("%" PRId64 "\t%s %" PRId64 "\t%s %s\t%s\t%s\n", h->id,
               h->lifted_at.us ? "lifted" : "stands", h->tenant_id.v,
               dialling_scope_names[h->scope], h->key, by_whom(h), h->reason);
}

/* Everybody's, the newest first, page by page. */
static int halts_command(struct cli *c)
{
    struct halt_query q = {.standing = {!cli_option(c, "--all"), true}, .limit = PAGE_LIMIT_MAX};
    struct halt *page;
    int64_t total;
    int n;

    do {
        if (!halt_list(c->op, &q, &page, &n, &total))
            return cli_fail(c);
        for (int i = 0; i < n; i++)
            print(c, &page[i]);
        q.offset += n;
    } while (n == q.limit);
    return CLI_OK;
}

static int lift_command(struct cli *c)
{
    const char *id = cli_positional(c, 0);
    struct halt h;

    if (!id)
        return cli_usage("lift ID");
    if (!halt_lift(c->op, strtoll(id, NULL, 10), &h))
        return cli_fail(c);
    cli_print_json(&halt_type, &h);
    return CLI_OK;
}

const struct command halt_commands[] = {
    {"halt", NULL, "--platform|--tenant ID [--country IT ...] --reason R",
     "let dialling stand still; returns when it does", halt_command, false},
    {"halts", NULL, "[--all] [--json]", "what stands still", halts_command, false},
    {"lift", NULL, "ID", "end a halt", lift_command, false},
    {0},
};
