/* queue.h - what the queue commands share.  Private to worker/cli. */
#ifndef AGORALIA_CLI_QUEUE_H
#define AGORALIA_CLI_QUEUE_H

#include "common/queue/broker.h"
#include "worker/cli/cli.h"

/* A broker that closes with c's op; NULL after a complaint on stderr. */
struct broker *cli_broker(struct cli *c);

/* One answer; false leaves the reason in c's op.  Ends the call. */
bool cli_call(struct cli *c, struct broker *b, struct call *call, const struct redisReply **out);

/* Messages as peek answers them: a line each, or a JSON array. */
void cli_print_messages(const struct cli *c, const struct redisReply *found, const char *state);

int dlq_ls_command(struct cli *c);
int dlq_requeue_command(struct cli *c);
int dlq_delete_command(struct cli *c);

#endif
