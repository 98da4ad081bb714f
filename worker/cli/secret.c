/* secret.c - agoralia secret ...: keys that seal, and what tenants entrusted to us. */

#include "common/base/conf.h"
#include "common/base/secret_box.h"
#include "common/provider/provider.h"
#include "common/store/db.h"
#include "common/tenant/provider_key.h"
#include "queries.h"
#include "worker/cli/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int secret_key_new(struct cli *c)
{
    char id[RING_KEY_ID_SIZE];

    if (!c->conf->secrets_key_file) {
        fprintf(stderr, "agoralia: SECRETS_KEY_FILE is not set\n");
        return CLI_FAILED;
    }
    if (!key_ring_add(c->op, c->conf->secrets_key_file, id))
        return cli_fail(c);
    printf("%s\n", id);
    fprintf(stderr, "keep a copy of %s: without it no secret sealed from now on can be opened\n",
            c->conf->secrets_key_file);
    return CLI_OK;
}

/* agoralia secret key new: the noun, the verb, and one word more. */
static int secret_key(struct cli *c)
{
    const char *what = cli_positional(c, 0);

    return what && strcmp(what, "new") == 0 ? secret_key_new(c) : cli_usage("secret key new");
}

/* With the provider, whose settings say what an account is. */
static int with_provider(struct cli *c, bool (*run)(struct cli *c))
{
    struct provider *provider = provider_open(c->conf->provider, c->conf);
    struct app app = *c->op->app;
    const struct app *was = c->op->app;

    if (!provider) {
        fprintf(stderr, "agoralia: the settings make no provider\n");
        return CLI_FAILED;
    }
    app.provider = provider;
    c->op->app = &app;
    int code = run(c) ? CLI_OK : cli_fail(c);
    c->op->app = was;
    provider->close(provider);
    return code;
}

/* A line of standard input, into memory that no core dump has. */
static char *read_secret(struct op *op)
{
    char *line = secret_room(SECRET_MAX + 1);
    size_t n = 0;
    ssize_t got;

    while (n <= SECRET_MAX && (got = read(STDIN_FILENO, line + n, 1)) == 1 && line[n] != '\n')
        n++;
    line[n] = '\0';
    if (n && line[n - 1] == '\r')
        line[n - 1] = '\0';
    if (*line)
        return line;
    secret_wipe(line);
    fail(op, E_VALIDATION_ERROR, "The secret is read from standard input, which was empty");
    return NULL;
}

/* The first line is the key, the second, with --webhook-key, the one that signs webhooks. */
static bool set(struct cli *c)
{
    struct provider_key_request r = {.same_workspace = cli_option(c, "--same-workspace") != NULL};
    bool two = cli_option(c, "--webhook-key") != NULL;
    char *key = read_secret(c->op), *signs = key && two ? read_secret(c->op) : NULL;
    struct provider_key k;

    r.api_key = key;
    r.webhook_api_key = signs;
    bool ok = key && (!two || signs) && provider_key_set(c->op, &r, &k);
    secret_wipe(key);
    secret_wipe(signs);
    if (ok)
        cli_print_json(&provider_key_type, &k);
    return ok;
}

static bool name_tenant(struct cli *c)
{
    const char *tenant = cli_option(c, "--tenant");

    c->op->tenant_id = tenant ? strtoll(tenant, NULL, 10) : 0;
    return c->op->tenant_id > 0;
}

static int secret_set(struct cli *c)
{
    if (!name_tenant(c) || cli_positional(c, 0))
        return cli_usage("secret set --tenant ID [--same-workspace] [--webhook-key] < KEY");
    return with_provider(c, set);
}

static int secret_remove(struct cli *c)
{
    if (!name_tenant(c))
        return cli_usage("secret remove --tenant ID");
    return provider_key_remove(c->op) ? CLI_OK : cli_fail(c);
}

static int secret_list(struct cli *c)
{
    const char *tenant = cli_option(c, "--tenant");
    struct rows rows;

    if (!db_query(c->op, &SQL_SECRET_LIST, ARGS({"only_tenant", tenant}), &rows))
        return cli_fail(c);
    printf("%-8s %-15s %-17s %-5s %-33s %-28s %s\n", "tenant", "name", "account", "ends",
           "sealed by", "since", "retired");
    for (int i = 0; i < rows.n; i++) {
        const char *retired = db_text(&rows, i, "retired_at");
        printf("%-8s %-15s %-17s %-5s %-33s %-28s %s\n", db_text(&rows, i, "tenant_id"),
               db_text(&rows, i, "name"), db_text(&rows, i, "account"),
               db_text(&rows, i, "last_four"), db_text(&rows, i, "key_id"),
               db_text(&rows, i, "updated_at"), retired ? retired : "");
    }
    return CLI_OK;
}

static bool rotate(struct cli *c)
{
    int resealed, unreadable;

    if (!secrets_reseal(c->op, c->op->app->provider, &resealed, &unreadable)
        || !secrets_prune(c->op))
        return false;
    printf("%d sealed anew\n", resealed);
    return unreadable == 0
           || fail(c->op, E_INVALID_STATE, "%d could not be opened; see the log", unreadable);
}

static int secret_rotate(struct cli *c)
{
    return with_provider(c, rotate);
}

const struct command secret_commands[] = {
    {"secret", "key", "new", "add a key to SECRETS_KEY_FILE; it seals from now on", secret_key,
     false},
    {"secret", "set", "--tenant ID [--same-workspace] [--webhook-key]",
     "a tenant's own provider key, from standard input", secret_set, false},
    {"secret", "list", "[--tenant ID]", "who has a key of its own, and what seals it", secret_list,
     false},
    {"secret", "remove", "--tenant ID", "the tenant calls with the deployment's key again",
     secret_remove, false},
    {"secret", "rotate", "", "seal everything anew with the newest key", secret_rotate, false},
    {0},
};
