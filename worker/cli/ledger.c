/* ledger.c - agoralia ledger, agoralia audit: the proof of decisions and changes, for whoever asks.
 */

#include "common/base/conf.h"
#include "common/ledger/ledger_file.h"
#include "common/ledger/seal.h"
#include "worker/cli/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int keygen(struct cli *c)
{
    const char *path = cli_positional(c, 0);
    struct ledger_key *key;

    if (!path)
        return cli_usage("agoralia ledger keygen FILE");
    if (!ledger_key_make(c->op, path) || !(key = ledger_key_private(c->op, path)))
        return cli_fail(c);
    fputs(ledger_key_pem(c->op, key), stdout);
    ledger_key_close(key);
    return CLI_OK;
}

static int print_key(struct cli *c)
{
    const char *path = c->conf->ledger_key_file;
    struct ledger_key *key = path ? ledger_key_private(c->op, path) : NULL;

    if (!path)
        fprintf(stderr, "agoralia: LEDGER_KEY_FILE is not set\n");
    if (!key)
        return path ? cli_fail(c) : CLI_FAILED;
    fputs(ledger_key_pem(c->op, key), stdout);
    ledger_key_close(key);
    return CLI_OK;
}

static int export(struct cli *c, const struct ledger *l, const char *usage)
{
    const char *tenant = cli_option(c, "--tenant");

    c->op->tenant_id = tenant ? strtoll(tenant, NULL, 10) : 0;
    if (c->op->tenant_id <= 0)
        return cli_usage(usage);
    if (!ledger_export(c->op, l, stdout))
        return cli_fail(c);
    return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

static int export_decisions(struct cli *c)
{
    return export(c, &ledger_of_decisions, "agoralia ledger export --tenant ID > FILE");
}

static int export_changes(struct cli *c)
{
    return export(c, &ledger_of_changes, "agoralia audit export --tenant ID > FILE");
}

static bool read_lines(struct ledger_check *check, FILE *in)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    bool ok = true;

    while (ok && (n = getline(&line, &cap, in)) > 0) {
        n -= line[n - 1] == '\n';
        ok = ledger_check_line(check, (struct str){line, (size_t)n});
    }
    free(line);
    return ok && ledger_check_end(check);
}

static int say_verdict(const struct ledger_check *check, bool ok)
{
    if (!ok && check->bad)
        printf("BAD: entry %" PRId64 ": %s\n", check->bad, check->problem);
    else if (!ok)
        printf("BAD: %s\n", check->problem);
    else
        printf("ok: tenant %" PRId64 ", %" PRId64 " entries, %" PRId64
               " with their personal part, %" PRId64 " laws; %s\n",
               check->span.tenant_id, check->entries, check->opened, check->laws,
               check->key ? "signed by this key" : "the signature was not looked at");
    return ok ? CLI_OK : CLI_FAILED;
}

/* Needs nothing but the file and the public key. */
static int verify(struct cli *c)
{
    const char *path = cli_positional(c, 0), *key_path = cli_option(c, "--key");
    FILE *in = path ? fopen(path, "re") : NULL;
    struct ledger_key *key = key_path ? ledger_key_public(c->op, key_path) : NULL;
    int code = CLI_FAILED;

    if (!path)
        return cli_usage("agoralia ledger verify FILE [--key PUBLIC.pem]");
    if (!in)
        fprintf(stderr, "agoralia: %s cannot be read\n", path);
    else if (key_path && !key)
        code = cli_fail(c);
    else {
        struct ledger_check check = {.key = key};
        code = say_verdict(&check, read_lines(&check, in));
    }
    if (in)
        fclose(in);
    ledger_key_close(key);
    return code;
}

const struct command ledger_commands[] = {
    {"ledger", "keygen", "FILE", "make the key that signs ledgers; prints its public half", keygen,
     true},
    {"ledger", "key", "", "print the public half of LEDGER_KEY_FILE", print_key, false},
    {"ledger", "export", "--tenant ID", "write a tenant's ledger to stdout", export_decisions,
     false},
    {"ledger", "verify", "FILE [--key PUBLIC.pem]",
     "is it as it was written? names the first bad entry", verify, true},
    {"audit", "export", "--tenant ID", "write what was changed by whom to stdout", export_changes,
     false},
    {"audit", "verify", "FILE [--key PUBLIC.pem]", "the same as ledger verify", verify, true},
    {0},
};
