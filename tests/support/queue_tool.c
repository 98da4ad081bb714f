/* queue_tool.c - broker.h on the command line. */

#include "tests/support/queue_tool.h"

#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/queue/broker.h"
#include "common/queue/names.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>

static int send_one(struct op *op, struct broker *b, char **argv, int n)
{
    char rid[UUID_SIZE];
    struct new_message m = {.queue = str_of(argv[0]), .actor = argv[1], .args = str_of(argv[2])};

    uuid_make(rid);
    m.redis_message_id = rid;
    if (n > 3) {
        m.queue = queue_delayed(&op->arena, m.queue);
        m.eta_ms = clock_now_us() / 1000 + strtoll(argv[3], NULL, 10);
    }
    if (!broker_send(op, b, &m, 1))
        return 1;
    printf("%s\n", rid);
    return 0;
}

static void print(const struct redisReply *r)
{
    for (size_t i = 0; i < reply_count(r); i++)
        print(reply_at(r, i));
    if (r->type == REDIS_REPLY_INTEGER)
        printf("%lld\n", r->integer);
    else if (r->type != REDIS_REPLY_ARRAY)
        printf("%.*s\n", (int)reply_text(r).n, reply_text(r).p);
}

static int call_one(struct op *op, struct broker *b, char **argv, int n)
{
    const struct script *all = scripts_all();
    const char *words[64] = {"EVALSHA", NULL, "1", broker_caller(b)->ns};
    size_t lengths[64];
    struct call c = {.words = words, .lengths = lengths, .n = (size_t)n + 3};
    const struct redisReply *r;

    while (c.script < SCRIPT_COUNT && strcmp(all[c.script].name, argv[0]) != 0)
        c.script++;
    if (c.script == SCRIPT_COUNT || c.n > ARRAY_LEN(words))
        return 2;
    words[1] = all[c.script].sha;
    for (int i = 1; i < n; i++)
        words[i + 3] = argv[i];
    for (size_t i = 0; i < c.n; i++)
        lengths[i] = strlen(words[i]);
    if (!broker_call(op, b, &c, &r))
        return 1;
    print(r);
    return 0;
}

void queue_tool_main(int argc, char **argv)
{
    struct conf conf;
    struct op op = {0};
    bool sends = argc > 4 && strcmp(argv[1], "send") == 0;
    bool calls = argc > 2 && strcmp(argv[1], "call") == 0;

    if (!sends && !calls)
        return;
    if (!conf_load(&conf))
        exit(2);
    struct broker *b = broker_open(&conf);
    int code = !b      ? 2
               : sends ? send_one(&op, b, argv + 2, argc - 2)
                       : call_one(&op, b, argv + 2, argc - 2);
    if (op.err.code)
        fprintf(stderr, "%s: %s\n", op.err.message, op.err.cause ? op.err.cause : "");
    op_end(&op);
    broker_close(b);
    fflush(stdout);
    exit(code);
}
