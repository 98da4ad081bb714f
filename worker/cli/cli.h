/*
 * cli.h - the operator's command: agoralia NOUN [VERB] ...
 *
 * Data goes to stdout, talk to stderr.  Exit: 0 done, 1 failed, 2 usage.
 */
#ifndef AGORALIA_CLI_H
#define AGORALIA_CLI_H

#include "common/base/op.h"

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

struct conf;
struct type;

/* What a command runs with: settings, and an op whose app has a session pool. */
struct cli {
    const struct conf *conf;
    struct op *op;
    int argc; /* arguments after the noun and the verb */
    char **argv;
};

struct command {
    const char *noun;
    const char *verb; /* NULL = the noun stands alone */
    const char *args; /* for the usage line */
    const char *help;
    int (*run)(struct cli *c);
    bool standalone; /* works without settings: conf is not loaded, op has no app */
};

/* One table per file, each ending with a NULL noun. */
extern const struct command schema_commands[];
extern const struct command tenant_commands[];
extern const struct command user_commands[];
extern const struct command secret_commands[];
extern const struct command limit_commands[];
extern const struct command halt_commands[];
extern const struct command queue_commands[];
extern const struct command reconcile_commands[];
extern const struct command scrub_commands[];
extern const struct command erase_commands[];
extern const struct command grant_commands[];
extern const struct command dnc_commands[];
extern const struct command platform_list_commands[];
extern const struct command prove_commands[];
extern const struct command doctor_commands[];
extern const struct command ledger_commands[];
extern const struct command replay_commands[];

/* The value after --name, or NULL; "" when it is given without one. */
const char *cli_option(const struct cli *c, const char *name);

/* The i-th argument that is no option and no option's value, or NULL. */
const char *cli_positional(const struct cli *c, int i);

/* One JSON object on a line of stdout. */
void cli_print_json(const struct type *t, const void *v);

/* Say why op failed on stderr; returns CLI_FAILED. */
int cli_fail(const struct cli *c);

/* Say on stderr how the command is used; returns CLI_USAGE. */
int cli_usage(const char *line);

#endif
