/* queue.c - agoralia queue ..., agoralia ping; and the table with dlq's commands. */

#include "worker/cli/queue.h"

#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/queue/actors.h"
#include "common/queue/names.h"
#include "common/queue/results.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { PEEK_LIMIT = 20, PING_LIMIT_MS = 5000 };

static int64_t oldest_seconds(struct arena *a, struct str payload)
{
    struct message m;

    if (payload.n == 0 || message_decode(a, payload, &m) || m.timestamp_ms == 0)
        return 0;
    return clock_now_us() / 1000000 - m.timestamp_ms / 1000;
}

static void print_stats(const struct cli *c, const char *queue, const struct redisReply *r,
                        bool first)
{
    int64_t oldest = oldest_seconds(&c->op->arena, reply_text(reply_at(r, 4)));

    if (cli_option(c, "--json"))
        printf("%s{\"queue\":\"%s\",\"ready\":%" PRId64 ",\"oldest_seconds\":%" PRId64
               ",\"delayed\":%" PRId64 ",\"in_flight\":%" PRId64 ",\"dead\":%" PRId64 "}",
               first ? "[" : ",", queue, reply_number(reply_at(r, 0)), oldest,
               reply_number(reply_at(r, 1)), reply_number(reply_at(r, 2)),
               reply_number(reply_at(r, 3)));
    else
        printf("%-20s\t%8" PRId64 "\t%7" PRId64 "s\t%8" PRId64 "\t%8" PRId64 "\t%8" PRId64 "\n",
               queue, reply_number(reply_at(r, 0)), oldest, reply_number(reply_at(r, 1)),
               reply_number(reply_at(r, 2)), reply_number(reply_at(r, 3)));
}

/* Is this the first actor of its queue? */
static bool first_of_queue(size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(actors[k].queue, actors[i].queue) == 0)
            return false;
    return true;
}

static int queue_ls_command(struct cli *c)
{
    bool json = cli_option(c, "--json") != NULL;
    struct broker *b = cli_broker(c);

    if (!b)
        return cli_fail(c);
    if (!json)
        printf("%-20s\t%8s\t%8s\t%8s\t%8s\t%8s\n", "queue", "ready", "oldest", "delayed", "running",
               "dead");
    for (size_t i = 0; i < ACTOR_COUNT; i++) {
        const struct redisReply *r;
        struct call call = {0};
        if (!first_of_queue(i))
            continue;
        call_stats(&call, broker_caller(b), actors[i].queue);
        if (!cli_call(c, b, &call, &r))
            return cli_fail(c);
        print_stats(c, actors[i].queue, r, i == 0);
    }
    if (json)
        printf("]\n");
    return CLI_OK;
}

static bool is_state(const char *s)
{
    static const char *const states[] = {"ready", "delayed", "dead", "inflight"};

    for (size_t i = 0; i < ARRAY_LEN(states); i++)
        if (strcmp(s, states[i]) == 0)
            return true;
    return false;
}

static int queue_peek_command(struct cli *c)
{
    const char *queue = cli_positional(c, 0);
    const char *state = cli_option(c, "--state"), *limit = cli_option(c, "--limit");
    long n = limit ? strtol(limit, NULL, 10) : PEEK_LIMIT;
    const struct redisReply *found;
    struct call call = {0};
    struct broker *b;

    if (!state)
        state = "ready";
    if (!queue || !queue_name_valid(str_of(queue)) || !is_state(state) || n < 1 || n > CALL_MAX_IDS)
        return cli_usage("queue peek QUEUE [--state ready|delayed|dead|inflight] [--limit 1..1000] "
                         "[--json]");
    if (!(b = cli_broker(c)))
        return cli_fail(c);
    call_peek(&call, broker_caller(b), queue, state, (size_t)n);
    if (!cli_call(c, b, &call, &found))
        return cli_fail(c);
    cli_print_messages(c, found, state);
    return CLI_OK;
}

static bool purge(struct cli *c, struct broker *b, const char *queue, int64_t *count)
{
    const struct redisReply *r;
    struct call call = {0};

    call_purge(&call, broker_caller(b), queue);
    if (!cli_call(c, b, &call, &r))
        return false;
    *count += reply_number(r);
    return true;
}

static int queue_purge_command(struct cli *c)
{
    const char *queue = cli_positional(c, 0);
    int64_t count = 0;
    struct broker *b;

    if (!queue || !queue_name_valid(str_of(queue)) || !cli_option(c, "--yes"))
        return cli_usage(
            "queue purge QUEUE --yes   (ready, delayed and dead messages are deleted)");
    if (!(b = cli_broker(c)))
        return cli_fail(c);
    const char *delayed = queue_delayed(&c->op->arena, str_of(queue)).p;
    if (!purge(c, b, queue, &count) || !purge(c, b, delayed, &count))
        return cli_fail(c);
    printf("%" PRId64 " deleted\n", count);
    return CLI_OK;
}

/* A job that does nothing, sent the whole way round: its stored result is the answer. */
static int ping_command(struct cli *c)
{
    const struct actor *ping = &actors[ACTOR_ping];
    char message_id[UUID_SIZE], key[RESULT_KEY_SIZE];
    int64_t began_us = clock_mono_us();
    struct broker *b = cli_broker(c);
    struct str result;

    uuid_make(message_id);
    result_key(key, str_of(ping->queue), str_of(ping->name), str_of(message_id));
    const struct new_message m = {.queue = str_of(ping->queue),
                                  .actor = ping->name,
                                  .kwargs = STR("{\"tenant_id\":0}"),
                                  .message_id = message_id,
                                  .store_results = true};
    if (!b || !broker_send(c->op, b, &m, 1)
        || !broker_result(c->op, b, key, PING_LIMIT_MS, &result))
        return cli_fail(c);
    if (result.n == 0) {
        fprintf(stderr, "agoralia: no worker answered within %d ms\n", PING_LIMIT_MS);
        return CLI_FAILED;
    }
    printf("%.1f ms\n", (double)(clock_mono_us() - began_us) / 1000);
    return CLI_OK;
}

const struct command queue_commands[] = {
    {"queue", "ls", "[--json]", "what every queue holds", queue_ls_command, false},
    {"queue", "peek", "QUEUE [--state S] [--limit N] [--json]",
     "look at messages, changing nothing", queue_peek_command, false},
    {"queue", "purge", "QUEUE --yes", "delete everything of a queue", queue_purge_command, false},
    {"dlq", "ls", "QUEUE [--limit N] [--json]", "dead letters, the newest first", dlq_ls_command,
     false},
    {"dlq", "requeue", "QUEUE ID...|--yes", "put dead letters back, as if never tried",
     dlq_requeue_command, false},
    {"dlq", "delete", "QUEUE ID...|--yes", "delete dead letters", dlq_delete_command, false},
    {"ping", NULL, "", "send a job through a worker and back", ping_command, false},
    {0},
};
