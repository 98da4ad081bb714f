/*
 * dialler_nursery.h - the process that diallers are forked from.
 *
 * Small, with one thread, and started before the worker has any other, it can
 * make a new dialler at any time.  It holds the provider's key, and the keys that
 * open tenants' own, so that the worker need not.  It dies with the worker and its diallers die
 * with it.
 */
#ifndef AGORALIA_WORKER_DIALLER_NURSERY_H
#define AGORALIA_WORKER_DIALLER_NURSERY_H

#include "common/provider/provider.h"

struct nursery {
    int fd;
    char signing_key[PROVIDER_SIGNING_KEY_SIZE]; /* "" = it has no usable key */
};

/*
 * Start one, or find the one again that a worker had which has become this process through exec():
 * it too becomes what the program is by now.  program is argv[0].  Only while there is one thread.
 */
bool nursery_start(struct nursery *n, char **argv) MUSTCHECK;

/* What argv must be for the process to be a nursery, or a worker that has one already. */
bool nursery_is_meant(char **argv);
void nursery_run(char **argv) __attribute__((noreturn));

/* Become the program anew, keeping the nursery.  Returns when that failed. */
void nursery_exec(const struct nursery *n, char **argv);

/*
 * A new dialler with these ends of its socket and its memory, which stay the caller's to close.
 * Its pidfd, or -1: the nursery is gone or can fork no more.
 */
int nursery_fork(const struct nursery *n, int socket_fd, int page_fd);

#endif
