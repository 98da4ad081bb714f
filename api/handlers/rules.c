/* rules.c - /api/v1/compliance/rules: a country's rules as versions. */

#include "common/compliance/rules.h"
#include "api/handlers.h"
#include "api/list.h"
#include "common/number/country.h"

struct rule_query {
    const char *country_iso;
    const char *as_of;
};
static const struct field rule_query_fields[] = {
    FIELD(struct rule_query, country_iso, .check = country_complaint),
    FIELD(struct rule_query, as_of, .max = 10, .check = day_complaint),
};
static const struct type rule_query_type = TYPE(struct rule_query, rule_query_fields);

bool handle_rule_list(struct op *op, const struct req *req, struct reply *rep)
{
    struct rule_query q = {0};
    struct country_rule *items;
    int n;

    return req_query(op, req, &rule_query_type, &q)
           && rule_list(op, q.as_of, q.country_iso, &items, &n)
           && reply_list(rep, (struct list){&country_rule_type, items, n});
}

bool handle_rule_versions(struct op *op, const struct req *req, struct reply *rep)
{
    const char *country = arena_strndup(&op->arena, req->params[0].p, req->params[0].n);
    const char *complaint = country_complaint(country);
    struct country_rule *items;
    int n;

    if (complaint) {
        err_detail(op, "country_iso", complaint);
        return fail(op, E_VALIDATION_ERROR, "Request validation failed");
    }
    return req_nothing(op, req) && rule_versions(op, country, &items, &n)
           && reply_list(rep, (struct list){&country_rule_type, items, n});
}

/* A form that was complained about is still looked at for the rest: one answer says it all. */
bool handle_rule_put(struct op *op, const struct req *req, struct reply *rep)
{
    struct country_rule r = COUNTRY_RULE_DEFAULTS;

    if (!req_body(op, req, &country_rule_type, &r) && !op->err.details)
        return false;
    return rule_put(op, &r) && reply_with(rep, 201, &country_rule_type, &r);
}
