/* replay.c - agoralia replay, agoralia ledger replay: decisions made again. */

#include "common/compliance/replay.h"
#include "worker/cli/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "agoralia replay CHECK_ID|--all --tenant ID";

static void tell(const struct replay *r)
{
    printf("%" PRId64 ": %s%s%s\n", r->id, replay_result_names[r->result], r->complaint ? ": " : "",
           r->complaint ? r->complaint : "");
    if (r->result != REPLAY_DIFFERS)
        return;
    printf("  on record  %s\n  now        %s\n", r->texts.stored, r->texts.again);
    if (r->texts.versions)
        printf("  it was made with %s\n", r->texts.versions);
}

static int sum_up(const int64_t counts[REPLAY_RESULTS])
{
    for (int i = 0; i < REPLAY_RESULTS; i++)
        printf("%s%s %" PRId64, i ? ", " : "", replay_result_names[i], counts[i]);
    printf("\n");
    return counts[REPLAY_DIFFERS] + counts[REPLAY_BROKEN] ? CLI_FAILED : CLI_OK;
}

static int replay_one(struct cli *c, const char *id)
{
    struct replay r;

    if (!replay_check(c->op, strtoll(id, NULL, 10), &r))
        return cli_fail(c);
    tell(&r);
    if (r.result == REPLAY_IDENTICAL)
        printf("  %s\n", r.texts.stored);
    return r.result == REPLAY_DIFFERS || r.result == REPLAY_BROKEN ? CLI_FAILED : CLI_OK;
}

static int replay_command(struct cli *c)
{
    const char *tenant = cli_option(c, "--tenant"), *id = cli_positional(c, 0);
    int64_t counts[REPLAY_RESULTS] = {0};
    bool all = cli_option(c, "--all") != NULL;

    c->op->tenant_id = tenant ? strtoll(tenant, NULL, 10) : 0;
    if (c->op->tenant_id <= 0 || all == (id != NULL))
        return cli_usage(usage);
    if (!all)
        return replay_one(c, id);
    return replay_all(c->op, counts, tell) ? sum_up(counts) : cli_fail(c);
}

static int file_command(struct cli *c)
{
    const char *path = cli_positional(c, 0);
    FILE *in = path ? fopen(path, "re") : NULL;
    int64_t counts[REPLAY_RESULTS] = {0};

    if (!path)
        return cli_usage("agoralia ledger replay FILE");
    if (!in) {
        fprintf(stderr, "agoralia: %s cannot be read\n", path);
        return CLI_FAILED;
    }
    int code = replay_file(c->op, in, counts, tell) ? sum_up(counts) : cli_fail(c);
    fclose(in);
    return code;
}

const struct command replay_commands[] = {
    {"replay", NULL, "CHECK_ID|--all --tenant ID",
     "make a decision again from its record; says what differs", replay_command, false},
    {"ledger", "replay", "FILE", "the same for every decision of an exported ledger, offline",
     file_command, true},
    {0},
};
