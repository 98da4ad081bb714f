/* tenant.c - agoralia tenant ..., agoralia key ... */

#include "common/tenant/tenant.h"

#include "common/base/page.h"
#include "common/tenant/api_key.h"
#include "worker/cli/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int tenant_create_command(struct cli *c)
{
    const char *name = cli_positional(c, 0);
    struct tenant t;

    if (!name)
        return cli_usage("tenant create NAME [--test] [--json]");
    if (!tenant_create(c->op, name, cli_option(c, "--test") != NULL, &t))
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

/* The tenant a command is about, from --tenant. */
static bool choose_tenant(struct cli *c)
{
    const char *id = cli_option(c, "--tenant");

    c->op->tenant_id = id ? strtoll(id, NULL, 10) : 0;
    return c->op->tenant_id > 0;
}

/* "a,b" as a JSON array of texts; NULL stays NULL. */
static struct json_text array_of(struct cli *c, const char *list)
{
    struct buf b = {0};

    if (!list)
        return (struct json_text){0};
    buf_char(&b, '[');
    for (const char *p = list; *p;) {
        size_t n = strcspn(p, ",");
        buf_str(&b, b.n > 1 ? "," : "");
        buf_json_string(&b, (struct str){p, n});
        p += n + (p[n] == ',');
    }
    buf_char(&b, ']');
    const char *text = arena_strndup(&c->op->arena, b.p, b.n);
    buf_free(&b);
    return (struct json_text){text};
}

static void show_key(const struct cli *c, const struct api_key *key, const char *secret)
{
    printf("%s\n", secret);
    fprintf(stderr, "key %" PRId64 " of tenant %" PRId64 ": this is the only time it is shown\n",
            key->id, c->op->tenant_id);
}

/* An option as the field of a table; absent leaves it as it is. */
static bool read_option(struct cli *c, const char *option, const struct type *t, struct str field,
                        void *at)
{
    const char *text = cli_option(c, option);

    return !text || !field_read_text(c->op, type_field(t, field), str_of(text), at);
}

static int key_create_command(struct cli *c)
{
    const char *name = cli_option(c, "--name"), *secret;
    struct api_key key = {.name = name ? name : "default"};

    key.scopes = array_of(c, cli_option(c, "--scopes"));
    key.networks = array_of(c, cli_option(c, "--networks"));
    if (!choose_tenant(c)
        || !read_option(c, "--expires", &api_key_type, STR("expires_at"), &key.expires_at))
        return cli_usage("key create --tenant ID [--name NAME] [--scopes S,S] [--networks N,N] "
                         "[--expires TIME]");
    if (!api_key_create(c->op, &key, &secret))
        return cli_fail(c);
    show_key(c, &key, secret);
    return CLI_OK;
}

static int key_rotate_command(struct cli *c)
{
    const char *id = cli_positional(c, 0), *secret;
    struct api_key_rotation r = {.overlap_seconds = OVERLAP_SECONDS_DEFAULT};
    struct api_key key;

    if (!id || !choose_tenant(c)
        || !read_option(c, "--overlap-seconds", &api_key_rotation_type, STR("overlap_seconds"),
                        &r.overlap_seconds))
        return cli_usage("key rotate ID --tenant ID [--overlap-seconds N]");
    if (!api_key_rotate(c->op, strtoll(id, NULL, 10), &r, &key, &secret))
        return cli_fail(c);
    show_key(c, &key, secret);
    return CLI_OK;
}

static int key_list_command(struct cli *c)
{
    struct api_key_query q = {.limit = PAGE_LIMIT_MAX};
    struct api_key *all;
    int64_t total;
    int n;

    if (!choose_tenant(c))
        return cli_usage("key list --tenant ID");
    do {
        if (!api_key_list(c->op, &q, &all, &n, &total))
            return cli_fail(c);
        for (int i = 0; i < n; i++)
            cli_print_json(&api_key_type, &all[i]);
        q.offset += n;
    } while (n > 0 && q.offset < total);
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
    {"tenant", "create", "NAME [--test] [--json]", "make a tenant and print its id",
     tenant_create_command, false},
    {"tenant", "list", "[--json]", "list the tenants", tenant_list_command, false},
    {"key", "create", "--tenant ID [--name NAME] [--scopes S,S] ...",
     "make an API key and print it, once", key_create_command, false},
    {"key", "rotate", "ID --tenant ID [--overlap-seconds N]",
     "make the key that takes its place; both are good for a while", key_rotate_command, false},
    {"key", "list", "--tenant ID", "list a tenant's keys", key_list_command, false},
    {"key", "revoke", "ID --tenant ID", "end a key", key_revoke_command, false},
    {0},
};
