/* cli.c - what every command does: read its arguments, say why it failed. */

#include "worker/cli/cli.h"

#include "common/base/fields.h"

#include <stdio.h>

static bool takes_value(const char *arg)
{
    static const char *const switches[] = {
        "--json",           "--test",           "--yes",         "--all", "--platform", "--force",
        "--end-live-calls", "--same-workspace", "--webhook-key", NULL};

    for (const char *const *s = switches; *s; s++)
        if (strcmp(arg, *s) == 0)
            return false;
    return true;
}

const char *cli_option(const struct cli *c, const char *name)
{
    for (int i = 0; i < c->argc; i++) {
        if (strcmp(c->argv[i], name) == 0)
            return takes_value(name) && i + 1 < c->argc ? c->argv[i + 1] : "";
        if (strncmp(c->argv[i], "--", 2) == 0 && takes_value(c->argv[i]))
            i++;
    }
    return NULL;
}

const char *cli_positional(const struct cli *c, int at)
{
    for (int i = 0; i < c->argc; i++) {
        if (strncmp(c->argv[i], "--", 2) == 0) {
            i += takes_value(c->argv[i]);
            continue;
        }
        if (at-- == 0)
            return c->argv[i];
    }
    return NULL;
}

void cli_print_json(const struct type *t, const void *v)
{
    struct buf b = {0};

    to_json(&b, t, v);
    printf("%s\n", b.p);
    buf_free(&b);
}

int cli_fail(const struct cli *c)
{
    const struct err *e = &c->op->err;

    fprintf(stderr, "agoralia: %s: %s\n", err_name(e->code), e->message);
    for (const struct detail *d = e->details; d; d = d->next)
        fprintf(stderr, "  %s: %s\n", d->key, d->json);
    if (e->cause)
        fprintf(stderr, "  because: %s\n", e->cause);
    return CLI_FAILED;
}

int cli_usage(const char *line)
{
    fprintf(stderr, "usage: agoralia %s\n", line);
    return CLI_USAGE;
}
