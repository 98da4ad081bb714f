/* job.c - one allocation for the job and its bytes. */

#include "worker/job.h"

#include <stdlib.h>

struct job *job_new(struct consumer *c, const char *queue, const struct fetched *f)
{
    struct job *j = malloc(sizeof(*j) + f->rid.n + f->payload.n);

    if (!j)
        abort();
    *j = (struct job){.consumer = c, .queue = queue, .crashes = f->crashes};
    memcpy(j->bytes, f->rid.p, f->rid.n);
    if (f->payload.n)
        memcpy(j->bytes + f->rid.n, f->payload.p, f->payload.n);
    j->rid = (struct str){j->bytes, f->rid.n};
    j->payload = (struct str){j->bytes + f->rid.n, f->payload.n};
    return j;
}

void job_free(struct job *j)
{
    arena_end(&j->arena);
    free(j);
}
