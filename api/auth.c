/* auth.c - the two places a credential may stand. */

#include "api/auth.h"

#include "api/router.h"
#include "common/identity/sessions.h"
#include "common/identity/user.h"
#include "common/tenant/api_key.h"

#include <inttypes.h>
#include <strings.h>

static bool bearer(const char *header, struct str *out)
{
    static const char scheme[] = "Bearer ";
    size_t n = sizeof(scheme) - 1;

    if (strncasecmp(header, scheme, n) != 0)
        return false;
    header += n + strspn(header + n, " ");
    *out = (struct str){header, strcspn(header, " ")};
    return out->n && header[out->n + strspn(header + out->n, " ")] == '\0';
}

/* What a user of each role may come to. */
static bool may(struct op *op, int role, enum route_role needed)
{
    static const enum route_role reach[] = {
        [USER_VIEWER] = ROLE_VIEWER, [USER_USER] = ROLE_USER, [USER_ADMIN] = ROLE_ADMIN};

    return reach[role] >= needed || fail(op, E_PERMISSION_DENIED, "Your role does not allow this");
}

/* Another campaign is not there for who is limited to some. */
static bool in_reach(struct op *op, const struct req *req)
{
    if (!op->campaigns)
        return true;
    if (!req->route->manner.narrow)
        return fail(op, E_PERMISSION_DENIED, "You are limited to some campaigns");
    return !str_starts(str_of(req->route->path), STR(ROUTE_OF_CAMPAIGN))
           || op_may_see_campaign(op, req->ids[0])
           || fail(op, E_CAMPAIGN_NOT_FOUND, "Campaign with ID %" PRId64 " not found", req->ids[0]);
}

static bool admit_key(struct op *op, struct str credential, const struct req *req)
{
    enum scope needed = req->route->manner.scope;
    scope_set scopes;

    if (!api_key_authenticate(op, credential, req->client, &scopes))
        return false;
    if (scopes_reach(scopes, needed))
        return true;
    return needed == SCOPE_NONE ? fail(op, E_PERMISSION_DENIED, "No key with scopes may do this")
                                : fail(op, E_PERMISSION_DENIED, "This key has not the scope %s",
                                       scope_names[needed]);
}

static bool admit_bearer(struct op *op, struct str credential, const struct req *req)
{
    int role;

    if (str_starts(credential, STR("aga_")))
        return admit_key(op, credential, req);
    return session_authenticate(op, credential, &role) && may(op, role, req->route->role)
           && in_reach(op, req);
}

bool auth_caller(struct op *op, const struct gate_pass *pass, const struct req *req)
{
    struct str credential = {0};

    if (pass->authorization && pass->api_key)
        return fail(op, E_MALFORMED_REQUEST, "Send Authorization or X-API-Key, not both");
    if (!pass->authorization && !pass->api_key)
        return fail(op, E_UNAUTHENTICATED,
                    "Send an API key or an access token as "
                    "\"Authorization: Bearer CREDENTIAL\"");
    if (pass->api_key)
        return admit_key(op, str_of(pass->api_key), req);
    /* Two in one line, as some proxies join them. */
    if (strchr(pass->authorization, ','))
        return fail(op, E_MALFORMED_REQUEST, "Send one credential");
    if (!bearer(pass->authorization, &credential))
        return fail(op, E_UNAUTHENTICATED, "Authorization must be \"Bearer CREDENTIAL\"");
    return admit_bearer(op, credential, req);
}
