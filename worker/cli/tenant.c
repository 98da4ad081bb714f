/* tenant.c - agoralia tenant ..., agoralia key ... */

#include "common/tenant/tenant.h"

#include "common/call/tenant_life.h"
#include "worker/cli/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int tenant_create_command(struct cli *c)
{
    const char *name = cli_positional(c, 0);
    struct tenant t;

    if (!name)
        return cli_usage("tenant create NAME [--json]");
    if (!tenant_create(c->op, name, &t))
        return cli_fail(c);
    if (cli_option(c, "--json"))
        cli_print_json(&tenant_type, &t);
    else
        printf("%" PRId64 "\n", t.id);
    return CLI_OK;
}

static int tenant_list_command(struct cli *c)
{
    struct tenant *all;
    int n;

    if (!tenant_list(c->op, &all, &n))
        return cli_fail(c);
    for (int i = 0; i < n; i++)
        if (cli_option(c, "--json"))
            cli_print_json(&tenant_type, &all[i]);
        else
            printf("%" PRId64 "\t%s\t%s\n", all[i].id, all[i].status, all[i].name);
    return CLI_OK;
}

/* The tenant a command is about, its first argument. */
static bool name_tenant(struct cli *c)
{
    const char *id = cli_positional(c, 0);

    c->op->tenant_id = id ? strtoll(id, NULL, 10) : 0;
    return c->op->tenant_id > 0;
}

static int print_moved(struct cli *c, bool ok, const struct tenant *t)
{
    if (!ok)
        return cli_fail(c);
    cli_print_json(&tenant_type, t);
    return CLI_OK;
}

static int tenant_suspend_command(struct cli *c)
{
    const char *reason = cli_option(c, "--reason");
    struct tenant t;

    if (!name_tenant(c) || !reason)
        return cli_usage("tenant suspend ID --reason R [--end-live-calls]");
    return print_moved(
        c, tenant_suspend(c->op, reason, cli_option(c, "--end-live-calls") != NULL, &t), &t);
}

static int tenant_resume_command(struct cli *c)
{
    struct tenant t;

    if (!name_tenant(c))
        return cli_usage("tenant resume ID");
    return print_moved(c, tenant_resume(c->op, &t), &t);
}

static int tenant_delete_command(struct cli *c)
{
    const char *reason = cli_option(c, "--reason");
    struct tenant t;

    if (!name_tenant(c) || !reason || !cli_option(c, "--yes"))
        return cli_usage("tenant delete ID --reason R --yes");
    return print_moved(c, tenant_leave(c->op, reason, &t), &t);
}

/* The tenant a command is about, from --tenant. */
static bool choose_tenant(struct cli *c)
{
    const char *id = cli_option(c, "--tenant");

    c->op->tenant_id = id ? strtoll(id, NULL, 10) : 0;
    return c->op->tenant_id > 0;
}

static int key_create_command(struct cli *c)
{
    const char *name = cli_option(c, "--name"), *secret;
    struct api_key key;

    if (!choose_tenant(c))
        return cli_usage("key create --tenant ID [--name NAME]");
    if (!api_key_create(c->op, name ? name : "default", &key, &secret))
        return cli_fail(c);
    printf("%s\n", secret);
    fprintf(stderr, "key %" PRId64 " of tenant %" PRId64 ": this is the only time it is shown\n",
            key.id, c->op->tenant_id);
    return CLI_OK;
}

static int key_list_command(struct cli *c)
{
    struct api_key *all;
    int n;

    if (!choose_tenant(c))
        return cli_usage("key list --tenant ID");
    if (!api_key_list(c->op, &all, &n))
        return cli_fail(c);
    for (int i = 0; i < n; i++)
        printf("%" PRId64 "\t%s\t%s\t%s\n", all[i].id, all[i].prefix,
               all[i].revoked_at.us ? "revoked" : "active", all[i].name);
    return CLI_OK;
}

static int key_revoke_command(struct cli *c)
{
    const char *id = cli_positional(c, 0);

    if (!id || !choose_tenant(c))
        return cli_usage("key revoke ID --tenant ID");
    return api_key_revoke(c->op, strtoll(id, NULL, 10)) ? CLI_OK : cli_fail(c);
}

const struct command tenant_commands[] = {
    {"tenant", "create", "NAME [--json]", "make a tenant and print its id", tenant_create_command,
     false},
    {"tenant", "list", "[--json]", "list the tenants", tenant_list_command, false},
    {"tenant", "suspend", "ID --reason R [--end-live-calls]",
     "let it stand still; returns when nothing of its leaves", tenant_suspend_command, false},
    {"tenant", "resume", "ID", "let it go on", tenant_resume_command, false},
    {"tenant", "delete", "ID --reason R --yes", "erase a suspended one, but for its ledger",
     tenant_delete_command, false},
    {"key", "create", "--tenant ID [--name NAME]", "make an API key and print it, once",
     key_create_command, false},
    {"key", "list", "--tenant ID", "list a tenant's keys", key_list_command, false},
    {"key", "revoke", "ID --tenant ID", "end a key", key_revoke_command, false},
    {0},
};
