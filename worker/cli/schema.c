/* schema.c - agoralia migrate, agoralia conf. */

#include "common/base/conf.h"
#include "common/store/migrate.h"
#include "worker/cli/cli.h"

#include <stdio.h>

static void say_applied(const char *name)
{
    printf("applied %s\n", name);
}

static int run_migrate(struct cli *c)
{
    if (!migrate(c->op, c->conf->database_url, say_applied))
        return cli_fail(c);
    printf("the database is up to date\n");
    return CLI_OK;
}

static int run_conf(struct cli *c)
{
    (void)c;
    conf_print_table();
    return CLI_OK;
}

const struct command schema_commands[] = {
    {"migrate", NULL, "", "bring the database to this version's schema", run_migrate, false},
    {"conf", NULL, "", "print every setting as a Markdown table", run_conf, true},
    {0},
};
