/* main.c - find the command, give it settings and a pool, run it. */

#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/store/pool.h"
#include "worker/cli/cli.h"

#include <stdio.h>
#include <stdlib.h>

static const struct command *const tables[] = {
    schema_commands, tenant_commands,    user_commands,  limit_commands,         halt_commands,
    queue_commands,  reconcile_commands, scrub_commands, prove_commands,         ledger_commands,
    doctor_commands, replay_commands,    dnc_commands,   platform_list_commands, erase_commands,
    grant_commands,  secret_commands};

static int usage(void)
{
    fprintf(stderr, "usage: agoralia COMMAND ...\n\n");
    for (size_t t = 0; t < ARRAY_LEN(tables); t++)
        for (const struct command *c = tables[t]; c->noun; c++) {
            char name[128];
            snprintf(name, sizeof(name), "%s%s%s %s", c->noun, c->verb ? " " : "",
                     c->verb ? c->verb : "", c->args);
            fprintf(stderr, "  %-52s %s\n", name, c->help);
        }
    return CLI_USAGE;
}

static const struct command *find(int argc, char **argv)
{
    for (size_t t = 0; t < ARRAY_LEN(tables); t++)
        for (const struct command *c = tables[t]; c->noun; c++) {
            if (argc < 2 || strcmp(argv[1], c->noun) != 0)
                continue;
            if (!c->verb || (argc > 2 && strcmp(argv[2], c->verb) == 0))
                return c;
        }
    return NULL;
}

int main(int argc, char **argv)
{
    const struct command *command = find(argc, argv);
    struct conf conf;

    if (!command)
        return usage();
    int used = command->verb ? 3 : 2;
    struct app app = {0};
    struct op op = {.app = &app, .request_id = "cli"};
    struct cli cli = {&conf, &op, argc - used, argv + used};
    if (!command->standalone) {
        if (!conf_load(&conf))
            return CLI_FAILED;
        app = (struct app){.conf = &conf,
                           .pool = pool_open(conf.database_url, 2, (int)conf.database_timeout_ms)};
    }
    int code = command->run(&cli);
    op_end(&op);
    pool_close(app.pool);
    return code;
}
