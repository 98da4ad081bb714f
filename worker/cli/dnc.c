/* dnc.c - agoralia dnc import: a registry too long for a request, from a file. */

#include "common/compliance/dnc_import.h"

#include "worker/cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PIECE = 64 * 1024, OPTION_MAX = 64 };

static const char import_usage[] =
    "dnc import FILE --tenant ID [--mode add|full|delta] [--registry NAME] [--source manual] "
    "[--country-iso GB] [--scrubbed-at T] [--since T] [--delimiter ,] [--force]; FILE may be -";

/* "scrubbed_at" as --scrubbed-at. */
static const char *option_of(const struct cli *c, const struct field *f)
{
    char name[OPTION_MAX];

    snprintf(name, sizeof(name), "--%s", f->name);
    for (char *p = name; *p; p++)
        if (*p == '_')
            *p = '-';
    return cli_option(c, name);
}

static bool read_options(struct cli *c, struct dnc_import_options *o)
{
    const struct type *t = &dnc_import_options_type;
    bool ok = true;

    for (size_t i = 0; i < t->nfields; i++) {
        const struct field *f = &t->fields[i];
        const char *value = option_of(c, f), *wrong;

        if (!value)
            continue;
        wrong = field_read_text(c->op, f, f->type == FT_BOOL ? STR("true") : str_of(value),
                                (char *)o + f->offset);
        if (wrong)
            fprintf(stderr, "%s %s\n", f->name, wrong);
        ok = ok && !wrong;
    }
    return ok;
}

static bool feed(struct cli *c, struct dnc_import *import, int fd)
{
    char piece[PIECE];
    ssize_t n;

    while ((n = read(fd, piece, sizeof(piece))) > 0)
        if (!dnc_import_feed(c->op, import, (struct str){piece, (size_t)n}))
            return false;
    return n == 0 || fail(c->op, E_INTERNAL_ERROR, "The file cannot be read: %s", strerror(errno));
}

static int import_file(struct cli *c, const struct dnc_import_options *o, int fd)
{
    struct dnc_import *import = dnc_import_open(c->op, o);
    struct buf reply = {0};
    bool ok = import && feed(c, import, fd) && dnc_import_finish(c->op, import, &reply);

    if (ok)
        printf("%s\n", reply.p);
    buf_free(&reply);
    return ok ? CLI_OK : cli_fail(c);
}

static int import_command(struct cli *c)
{
    const char *tenant = cli_option(c, "--tenant"), *path = cli_positional(c, 0);
    struct dnc_import_options o = {0};

    c->op->tenant_id = tenant ? strtoll(tenant, NULL, 10) : 0;
    if (c->op->tenant_id <= 0 || !path || !read_options(c, &o))
        return cli_usage(import_usage);
    int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return CLI_FAILED;
    }
    int code = import_file(c, &o, fd);
    if (fd != STDIN_FILENO)
        close(fd);
    return code;
}

const struct command dnc_commands[] = {
    {"dnc", "import", "FILE --tenant ID [--mode full --registry R ...]",
     "a list of any length; as the API's bulk import", import_command, false},
    {0},
};
