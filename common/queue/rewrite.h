/*
 * rewrite.h - a message's next entry in storage: the same job, changed options.
 *
 * rid is the new storage id: never the old one, or a late ack would delete the
 * new entry.  queue is the canonical queue the message was found on, whatever
 * its queue_name says: Python acknowledges by queue_name, so it must be right.
 */
#ifndef AGORALIA_QUEUE_REWRITE_H
#define AGORALIA_QUEUE_REWRITE_H

#include "common/queue/message.h"

/* A failed attempt: the message waits on the delay queue until eta_ms. */
struct attempt {
    int64_t retries; /* attempts failed so far, this one included */
    int64_t now_ms;
    int64_t eta_ms;
    const char *error;
};
void rewrite_retry(struct buf *b, const struct message *m, struct str queue, const char *rid,
                   const struct attempt *a);

/* Not a failure, only not now; snoozes counts such delays. */
void rewrite_snooze(struct buf *b, const struct message *m, struct str queue, const char *rid,
                    int64_t eta_ms, int64_t snoozes);

/* Onto the delay queue as it is: a message with an eta that was put on a ready queue. */
void rewrite_delayed(struct buf *b, const struct message *m, struct str queue, const char *rid);

/* Due: from the delay queue to its ready queue. */
void rewrite_promotion(struct buf *b, const struct message *m, struct str queue, const char *rid);

/* Out of the dead letters, as if never tried. */
void rewrite_replay(struct buf *b, const struct message *m, struct str queue, const char *rid);

/* A dead letter with its last error, under the storage id it had. */
void rewrite_dead(struct buf *b, const struct message *m, struct str queue,
                  const struct attempt *a);

/* The next stage of a pipeline; result (JSON) joins its args unless empty.  eta_ms 0 = at once. */
void rewrite_stage(struct buf *b, const struct message *next, const char *rid, struct str result,
                   int64_t eta_ms);

#endif
