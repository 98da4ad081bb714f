/* user.c - agoralia user ..., agoralia token ... */

#include "common/identity/user.h"

#include "common/base/conf.h"
#include "common/identity/email.h"
#include "common/identity/link.h"
#include "common/identity/token_keys.h"
#include "worker/cli/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int user_create(struct cli *c)
{
    const char *tenant = cli_option(c, "--tenant"), *email = cli_option(c, "--email");
    const char *role = cli_option(c, "--role"), *url;
    struct invitation i = {.email = email, .role = USER_ADMIN};

    c->op->tenant_id = tenant ? strtoll(tenant, NULL, 10) : 0;
    if (role)
        i.role = label_find(user_role_names, str_of(role));
    if (c->op->tenant_id <= 0 || !email || email_complaint(email) || i.role < 0)
        return cli_usage("user create --tenant ID --email E [--role admin|user|viewer]");
    if (!invitation_make(c->op, &i, &url))
        return cli_fail(c);
    printf("%s\n", url);
    fprintf(stderr,
            "the link for %s is good once, for seven days: this is the only time it is shown\n",
            i.email);
    return CLI_OK;
}

static int token_keygen(struct cli *c)
{
    const char *folder = cli_positional(c, 0), *path;

    if (!folder)
        return cli_usage("token keygen FOLDER");
    if (!token_key_make(c->op, folder, &path))
        return cli_fail(c);
    printf("%s\n", path);
    return CLI_OK;
}

const struct command user_commands[] = {
    {"user", "create", "--tenant ID --email E [--role R]",
     "print a one-time link to become a user; admin when not said", user_create, false},
    {"token", "keygen", "FOLDER", "make a key that signs access tokens, in JWT_KEY_DIR",
     token_keygen, true},
    {0},
};
