/* deadletters.h - what an operator does with messages that will not be tried again. */
#ifndef AGORALIA_QUEUE_DEADLETTERS_H
#define AGORALIA_QUEUE_DEADLETTERS_H

#include "common/queue/broker.h"

/*
 * Put dead letters back on their queue, as if never tried, each under a new
 * storage id.  Those that are gone, or are no messages, are left; *replayed
 * counts the others.
 */
bool dead_letters_replay(struct op *op, struct broker *b, const char *queue, const struct str *rids,
                         size_t n, size_t *replayed) MUSTCHECK;

/* Delete; *deleted counts those that were there. */
bool dead_letters_delete(struct op *op, struct broker *b, const char *queue, const struct str *rids,
                         size_t n, size_t *deleted) MUSTCHECK;

#endif
