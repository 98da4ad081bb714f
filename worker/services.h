/*
 * services.h - work a worker does besides messages: each service a thread that looks for it.
 *
 * run_once() does what there is to do and says how long to sleep before looking
 * again; service_wake() ends the sleep.  A failure is logged and the look is
 * repeated after a growing, jittered pause.  Any number of workers may run the
 * same service: it must be safe to run many times over.
 */
#ifndef AGORALIA_WORKER_SERVICES_H
#define AGORALIA_WORKER_SERVICES_H

#include "common/base/op.h"

struct service {
    const char *name;
    bool (*run_once)(struct op *op, int *sleep_ms);
};

#define SERVICE(name) bool name##_run_once(struct op *op, int *sleep_ms);
#include "worker/services.def"
#undef SERVICE

/* services.def; ends with a NULL name. */
extern const struct service services[];

/* list ends with a NULL name and outlives the threads. */
void services_start(const struct app *app, const struct service *list);

/* Ask every service to end after what it is doing; then wait until it has. */
void services_stop(void);
void services_join(void);

/* Look now.  From any thread; unknown or stopped names are ignored. */
void service_wake(const char *name);

#endif
