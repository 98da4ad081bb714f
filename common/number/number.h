/* number.h - a tenant's caller ids. */
#ifndef AGORALIA_NUMBER_H
#define AGORALIA_NUMBER_H

#include "common/base/fields.h"

enum number_status { NUMBER_PENDING, NUMBER_ACTIVE, NUMBER_SUSPENDED, NUMBER_RELEASED };

struct number {
    int64_t id;
    const char *e164;
    const char *country; /* ISO 3166-1 alpha-2, from the number */
    int type;            /* local, toll-free, mobile */
    enum number_status status;
    int provider; /* retell, twilio, vonage, bandwidth */
    const char *provider_number_id;
    bool verified;
    struct json_text capabilities;
    struct opt_i64 monthly_cost_cents;
    struct opt_i64 setup_cost_cents;
    struct tstamp created_at;
    struct tstamp updated_at;
};
extern const struct type number_type;

#define NUMBER_DEFAULTS \
    { \
        .capabilities = { "{\"voice\":true,\"sms\":false}" } \
    }

/* GET /numbers filters. */
struct number_query {
    const char *country;
    const char *status;
    const char *provider;
};
extern const struct type number_query_type;

/*
 * Register a number that exists at the provider: the provider is asked, and the
 * number becomes active when it has it.  VALIDATION_ERROR when it does not,
 * ALREADY_EXISTS when some tenant holds it, PROVIDER_ERROR when nobody answers.
 */
bool number_register(struct op *op, struct number *n) MUSTCHECK;

/* NUMBER_NOT_FOUND, also when it belongs to another tenant. */
bool number_get(struct op *op, int64_t id, struct number *out) MUSTCHECK;
bool number_list(struct op *op, const struct number_query *q, struct number **out,
                 int *n) MUSTCHECK;

/* Is e164 an active number of op's tenant? */
bool number_is_active(struct op *op, const char *e164, bool *out) MUSTCHECK;

#endif
