/* actors.c - actors.def as a table, with the field tables of the arguments. */

#include "common/queue/actors.h"

static const struct field process_scheduled_call_fields[] = {
    FIELD(struct process_scheduled_call_args, scheduled_call_id, .flags = F_REQUIRED),
    FIELD(struct process_scheduled_call_args, tenant_id, .flags = F_REQUIRED),
    FIELD(struct process_scheduled_call_args, suspect, .flags = F_NOT_NULL),
};
const struct type process_scheduled_call_args_type =
    TYPE(struct process_scheduled_call_args, process_scheduled_call_fields);

static const struct field start_campaign_execution_fields[] = {
    FIELD(struct start_campaign_execution_args, campaign_id, .flags = F_REQUIRED),
    FIELD(struct start_campaign_execution_args, tenant_id, .flags = F_REQUIRED),
};
const struct type start_campaign_execution_args_type =
    TYPE(struct start_campaign_execution_args, start_campaign_execution_fields);

static const struct field sync_retell_call_status_fields[] = {
    FIELD(struct sync_retell_call_status_args, call_id, .flags = F_NOT_NULL),
    FIELD(struct sync_retell_call_status_args, provider_call_id, .flags = F_REQUIRED, .max = 128),
    FIELD(struct sync_retell_call_status_args, tenant_id, .flags = F_REQUIRED),
};
const struct type sync_retell_call_status_args_type =
    TYPE(struct sync_retell_call_status_args, sync_retell_call_status_fields);

static const struct field ping_fields[] = {
    FIELD(struct ping_args, tenant_id, .flags = F_NOT_NULL),
};
const struct type ping_args_type = TYPE(struct ping_args, ping_fields);

const struct actor actors[ACTOR_COUNT] = {
#define ACTOR(name_, queue_, retries, limit_ms) \
    [ACTOR_##name_] = {#name_, queue_, retries, limit_ms, &name_##_args_type},
#include "common/queue/actors.def"
#undef ACTOR
};

const struct actor *actor_find(struct str name)
{
    for (size_t i = 0; i < ACTOR_COUNT; i++)
        if (str_eq(name, str_of(actors[i].name)))
            return &actors[i];
    return NULL;
}
