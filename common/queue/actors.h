/* actors.h - job arguments and what is known of each kind of job. */
#ifndef AGORALIA_ACTORS_H
#define AGORALIA_ACTORS_H

#include "common/base/fields.h"

/* Claim one scheduled call and, if it is still allowed, dial it (T1, POST, T2). */
struct process_scheduled_call_args {
    int64_t scheduled_call_id;
    int64_t tenant_id;
    bool suspect; /* it may have killed a worker; said only when it is so */
};

/* Turn a campaign's leads into scheduled calls, in batches; re-runnable. */
struct start_campaign_execution_args {
    int64_t campaign_id;
    int64_t tenant_id;
};

/* Apply what the webhook inbox holds of one provider call (T3). */
struct sync_retell_call_status_args {
    int64_t call_id; /* calls.id; 0 when the inbox row could not be matched yet */
    const char *provider_call_id;
    int64_t tenant_id;
};

struct ping_args {
    int64_t tenant_id; /* 0 */
};

enum actor_id {
#define ACTOR(name, queue, retries, limit_ms) ACTOR_##name,
#include "common/queue/actors.def"
#undef ACTOR
    ACTOR_COUNT
};

struct actor {
    const char *name;
    const char *queue;
    int max_retries;
    int time_limit_ms;
    const struct type *args; /* field table of NAME_args */
};
extern const struct actor actors[ACTOR_COUNT];

#define ACTOR(name, queue, retries, limit_ms) extern const struct type name##_args_type;
#include "common/queue/actors.def"
#undef ACTOR

/* NULL when no actor has that name. */
const struct actor *actor_find(struct str name);

#endif
