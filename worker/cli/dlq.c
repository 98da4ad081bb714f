/* dlq.c - agoralia dlq ...: look at dead letters, put them back, delete them. */

#include "common/queue/deadletters.h"
#include "common/queue/names.h"
#include "worker/cli/queue.h"

#include <stdio.h>
#include <stdlib.h>

enum { LS_LIMIT = 20, PEEK_WORDS = 3 };

static const char *queue_argument(const struct cli *c)
{
    const char *queue = cli_positional(c, 0);

    return queue && queue_name_valid(str_of(queue)) ? queue : NULL;
}

static size_t limit_of(const struct cli *c)
{
    const char *text = cli_option(c, "--limit");
    long v = text ? strtol(text, NULL, 10) : LS_LIMIT;

    return v < 1 ? 1 : v > CALL_MAX_IDS ? CALL_MAX_IDS : (size_t)v;
}

int dlq_ls_command(struct cli *c)
{
    const char *queue = queue_argument(c);
    const struct redisReply *found;
    struct call call = {0};
    struct broker *b;

    if (!queue)
        return cli_usage("dlq ls QUEUE [--limit N] [--json]");
    if (!(b = cli_broker(c)))
        return cli_fail(c);
    call_peek(&call, broker_caller(b), queue, "dead", limit_of(c));
    if (!cli_call(c, b, &call, &found))
        return cli_fail(c);
    cli_print_messages(c, found, "dead");
    return CLI_OK;
}

struct dlq_action {
    const char *usage;
    const char *done; /* "put back" */
    bool (*run)(struct op *op, struct broker *b, const char *queue, const struct str *rids,
                size_t n, size_t *done);
};

static size_t named(const struct cli *c, struct str *rids, size_t max)
{
    const char *rid;
    size_t n = 0;

    while (n < max && (rid = cli_positional(c, (int)n + 1)))
        rids[n++] = str_of(rid);
    return n;
}

static bool act_on_page(struct cli *c, struct broker *b, const struct dlq_action *action,
                        const char *queue, size_t *done)
{
    struct str rids[CALL_MAX_IDS];
    const struct redisReply *found;
    struct call call = {0};
    size_t n = 0;

    call_peek(&call, broker_caller(b), queue, "dead", CALL_MAX_IDS);
    if (!cli_call(c, b, &call, &found))
        return false;
    for (; n * PEEK_WORDS < reply_count(found) && n < CALL_MAX_IDS; n++)
        rids[n] = reply_text(reply_at(found, n * PEEK_WORDS));
    return action->run(c->op, b, queue, rids, n, done);
}

/*
 * As many as there are now: what is put back may die again at once and would be found for ever.
 * A page on which nothing can be moved ends it too.
 */
static bool act_on_all(struct cli *c, struct broker *b, const struct dlq_action *action,
                       const char *queue, size_t *total)
{
    const struct redisReply *stats;
    struct call call = {0};
    size_t done = 1;

    call_stats(&call, broker_caller(b), queue);
    if (!cli_call(c, b, &call, &stats))
        return false;
    size_t dead = (size_t)reply_number(reply_at(stats, 3));
    while (done && *total < dead) {
        if (!act_on_page(c, b, action, queue, &done))
            return false;
        *total += done;
    }
    return true;
}

static int act(struct cli *c, const struct dlq_action *action)
{
    const char *queue = queue_argument(c);
    struct str rids[CALL_MAX_IDS];
    size_t n = named(c, rids, CALL_MAX_IDS), done = 0;
    struct broker *b;

    if (!queue || (n == 0 && !cli_option(c, "--yes")))
        return cli_usage(action->usage);
    if (!(b = cli_broker(c)))
        return cli_fail(c);
    bool ok =
        n ? action->run(c->op, b, queue, rids, n, &done) : act_on_all(c, b, action, queue, &done);
    printf("%zu %s\n", done, action->done);
    if (!ok)
        return cli_fail(c);
    return done < n ? CLI_FAILED : CLI_OK;
}

int dlq_requeue_command(struct cli *c)
{
    static const struct dlq_action requeue = {
        "dlq requeue QUEUE ID...   or: dlq requeue QUEUE --yes   (every one)", "put back",
        dead_letters_replay};

    return act(c, &requeue);
}

int dlq_delete_command(struct cli *c)
{
    static const struct dlq_action delete = {
        "dlq delete QUEUE ID...   or: dlq delete QUEUE --yes   (every one)", "deleted",
        dead_letters_delete};

    return act(c, &delete);
}
