/* grant.c - grants as rows, and as words that an override's ticket is looked for in. */

#include "common/compliance/grant.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/number/country.h"
#include "common/store/db.h"
#include "queries.h"

#include <stdlib.h>

static const char *ticket_complaint(const char *s)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/-";

    return strspn(s, letters) == strlen(s) ? NULL : "must be made of letters, digits and ._:/-";
}

static const struct field loosening_grant_fields[] = {
    FIELD(struct loosening_grant, ticket, .flags = F_REQUIRED, .min = 1, .max = 64,
          .check = ticket_complaint),
    FIELD(struct loosening_grant, country_iso, .flags = F_REQUIRED, .check = country_complaint),
    FIELD(struct loosening_grant, granted_by, .flags = F_REQUIRED, .min = 1, .max = 255),
    FIELD(struct loosening_grant, reason, .flags = F_REQUIRED, .min = 10, .max = 500),
    FIELD(struct loosening_grant, expires_at, .flags = F_REQUIRED),
    FIELD(struct loosening_grant, created_at, .flags = F_READONLY),
    FIELD(struct loosening_grant, revoked_at, .flags = F_READONLY),
};
const struct type loosening_grant_type = TYPE(struct loosening_grant, loosening_grant_fields);

static const struct field loosening_request_fields[] = {
    FIELD(struct loosening_request, granted_by, .flags = F_REQUIRED, .max = 255),
    FIELD(struct loosening_request, reason, .flags = F_REQUIRED, .max = 500),
    FIELD(struct loosening_request, ticket, .flags = F_REQUIRED, .max = 64,
          .check = ticket_complaint),
    FIELD(struct loosening_request, expires_at, .flags = F_REQUIRED),
};
const struct type loosening_request_type = TYPE(struct loosening_request, loosening_request_fields);

static void check_text(struct op *op, const char *name, const char *value)
{
    const char *wrong =
        value ? field_check_text(type_field(&loosening_grant_type, str_of(name)), str_of(value))
              : "is required";

    if (wrong)
        err_detail(op, name, wrong);
}

bool grant_give(struct op *op, struct loosening_grant *g)
{
    check_text(op, "ticket", g->ticket);
    check_text(op, "country_iso", g->country_iso);
    check_text(op, "granted_by", g->granted_by);
    check_text(op, "reason", g->reason);
    if (g->expires_at.us <= clock_now_us())
        err_detail(op, "expires_at", "must lie in the future");
    if (op->err.details)
        return fail(op, E_VALIDATION_ERROR, "Request validation failed");
    if (!db_store(op, &SQL_GRANT_INSERT, &loosening_grant_type, g))
        return false;
    log_warning(op, "grant.given", F("ticket", g->ticket), F("country_iso", g->country_iso),
                F("granted_by", g->granted_by));
    return true;
}

bool grant_list(struct op *op, struct loosening_grant **out, int *n)
{
    struct rows rows;

    if (!db_query(op, &SQL_GRANT_LIST, NO_ARGS, &rows))
        return false;
    *n = rows.n;
    return (*out = from_rows(op, &rows, &loosening_grant_type)) != NULL;
}

bool grant_revoke(struct op *op, const char *ticket, struct loosening_grant *out)
{
    struct rows rows;

    if (!db_query(op, &SQL_GRANT_REVOKE, ARGS({"ticket", ticket}), &rows))
        return false;
    if (rows.n == 0)
        return fail(op, E_RESOURCE_NOT_FOUND, "There is no grant \"%s\"", ticket);
    log_warning(op, "grant.revoked", F("ticket", ticket));
    return from_row(op, &rows, 0, &loosening_grant_type, out);
}

bool grants_standing(struct op *op, const char **out)
{
    struct rows rows;

    if (!db_query(op, &SQL_GRANTS_STANDING, NO_ARGS, &rows))
        return false;
    *out = db_text(&rows, 0, "grants");
    return true;
}

/* "IT,1768388400000000,T-1": is it this ticket's, for the country, and for as long as that? */
static bool covers(struct str grant, const struct override_grant *wanted, const char *country_iso)
{
    char *end;
    size_t n = strlen(country_iso);

    if (grant.n <= n || memcmp(grant.p, country_iso, n) != 0 || grant.p[n] != ',')
        return false;
    long long until = strtoll(grant.p + n + 1, &end, 10);
    if (*end != ',' || wanted->expires_at.us > until)
        return false;
    struct str ticket = {end + 1, (size_t)(grant.p + grant.n - (end + 1))};
    return str_eq(ticket, str_of(wanted->ticket));
}

const struct override *grant_apply(struct op *op, const struct override *o, const char *grants,
                                   const char *country_iso)
{
    if (!o || !o->grant.given || !o->grant.ticket)
        return o;
    while (grants && *grants) {
        struct str grant = {grants, strcspn(grants, " ")};
        if (covers(grant, &o->grant, country_iso)) {
            struct override *out = ARENA_NEW(&op->arena, struct override);
            *out = *o;
            out->grant.permitted = true;
            return out;
        }
        grants += grant.n + (grants[grant.n] == ' ');
    }
    return o;
}
