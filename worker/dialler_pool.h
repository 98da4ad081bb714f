/* dialler_pool.h - a dialler as its worker sees it, and who has it.  Private to worker/dialler*. */
#ifndef AGORALIA_WORKER_DIALLER_POOL_H
#define AGORALIA_WORKER_DIALLER_POOL_H

#include "worker/dialler.h"
#include "worker/dialler_wire.h"

enum dialler_state {
    DIALLER_MISSING,
    DIALLER_FREE,
    DIALLER_DIALLING,
    DIALLER_READING,
    DIALLER_STATES
};

struct dialler {
    int fd, pidfd;
    struct dialler_page *page;
    enum dialler_state state;
    bool dead;         /* seen to have died while somebody had it */
    int deaths;        /* since its place last answered a question */
    int64_t missed_us; /* not replaced before; CLOCK_MONOTONIC */
    struct dialler *next;
};

/* Is there a pool at all? */
bool diallers_are_there(void);

/* One for a dial or for anything else; NULL when none is free within limit_ms. */
struct dialler *dialler_take(bool dial, int limit_ms);

/* answered: it did what it was asked, or nothing was asked. */
void dialler_give_back(struct dialler *d, bool answered);

#endif
