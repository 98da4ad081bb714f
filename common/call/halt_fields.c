/* halt_fields.c - which fields of a halt cross the wire and the database. */

#include "common/base/page.h"
#include "common/call/halt.h"

_Static_assert(sizeof(enum dialling_scope) == sizeof(int), "FIELD_ENUM stores an int");
_Static_assert(sizeof(enum halt_cause) == sizeof(int), "FIELD_ENUM stores an int");

_Static_assert(sizeof(enum halt_setter) == sizeof(int), "FIELD_ENUM stores an int");

static const char *const cause_names[] = {"operator", "breaker", "failover", NULL};
static const char *const setter_names[] = {"tenant", "platform", NULL};

static const struct field halt_fields[] = {
    FIELD(struct halt, id, .flags = F_READONLY),
    FIELD(struct halt, tenant_id, .flags = F_READONLY | F_HIDDEN),
    FIELD_ENUM(struct halt, scope, dialling_scope_names, .flags = F_READONLY),
    FIELD(struct halt, key, .flags = F_READONLY),
    FIELD_ENUM(struct halt, cause, cause_names, .flags = F_READONLY),
    FIELD_ENUM(struct halt, set_by, setter_names, .flags = F_READONLY),
    FIELD(struct halt, reason, .flags = F_REQUIRED, .min = 1, .max = 500),
    FIELD(struct halt, created_at, .flags = F_READONLY),
    FIELD(struct halt, lifted_at, .flags = F_READONLY),
};
const struct type halt_type = TYPE(struct halt, halt_fields);

static const struct field halt_query_fields[] = {
    FIELD(struct halt_query, standing, .flags = 0),
    PAGE_FIELDS(struct halt_query),
};
const struct type halt_query_type = TYPE(struct halt_query, halt_query_fields);
