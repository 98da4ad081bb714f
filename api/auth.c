/* auth.c - the two places a credential may stand. */

#include "api/auth.h"

#include "common/tenant/tenant.h"

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

bool auth_tenant(struct op *op, const struct gate_pass *pass)
{
    struct str key = {0};

    if (pass->authorization && pass->api_key)
        return fail(op, E_MALFORMED_REQUEST, "Send Authorization or X-API-Key, not both");
    if (!pass->authorization && !pass->api_key)
        return fail(op, E_UNAUTHENTICATED, "Send an API key as \"Authorization: Bearer KEY\"");
    if (pass->api_key)
        key = str_of(pass->api_key);
    else if (!bearer(pass->authorization, &key))
        return fail(op, E_UNAUTHENTICATED, "Authorization must be \"Bearer KEY\"");
    return api_key_authenticate(op, key);
}
