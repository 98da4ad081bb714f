/* oidc_metadata.c - the members that matter here, and addresses that may be asked. */

#include "common/identity/oidc_metadata.h"

#include "common/base/buf.h"
#include "common/base/json.h"
#include "common/identity/jws.h"
#include "common/identity/oidc_ticket.h"
#include "common/provider/http.h"

enum { URL_MAX = 2048 };

static bool refuse(struct op *op, const char *why)
{
    return fail_because(op, E_PROVIDER_ERROR, why,
                        "The issuer does not describe itself as it should");
}

const char *oidc_metadata_url(struct op *op, const char *issuer)
{
    size_t n = strlen(issuer);

    n -= n && issuer[n - 1] == '/';
    return arena_printf(&op->arena, "%.*s/.well-known/openid-configuration", (int)n, issuer);
}

static bool is_local(const char *url)
{
    static const char *const local[] = {"http://127.0.0.1", "http://[::1]", "http://localhost"};

    for (size_t i = 0; i < ARRAY_LEN(local); i++) {
        size_t n = strlen(local[i]);
        if (strncmp(url, local[i], n) == 0 && (url[n] == ':' || url[n] == '/' || !url[n]))
            return true;
    }
    return false;
}

/* Visible ASCII without what could hide whose address it is. */
bool oidc_may_ask(const char *url, const char *issuer)
{
    size_t n = 0;

    if (!url)
        return false;
    while (url[n] > ' ' && url[n] <= '~' && !strchr("@#\\\"<>", url[n]))
        n++;
    if (url[n] || n > URL_MAX)
        return false;
    return (strncmp(url, "https://", 8) == 0 && url[8] && url[8] != '/')
           || (is_local(issuer) && is_local(url));
}

static bool lists(const struct cJSON *array, const char *word)
{
    for (const struct cJSON *v = json_is_array(array) ? json_first(array) : NULL; v;
         v = json_next(v))
        if (json_string(v) && strcmp(json_string(v), word) == 0)
            return true;
    return false;
}

static bool parse(struct op *op, struct str json, const struct cJSON **out)
{
    if (json_parse(op, json, out) && json_is_object(*out))
        return true;
    op_forgive(op);
    return refuse(op, "json");
}

bool oidc_metadata_read(struct op *op, const char *issuer, struct str json,
                        struct oidc_metadata *out)
{
    const struct cJSON *d;

    *out = (struct oidc_metadata){0};
    if (!parse(op, json, &d))
        return false;
    if (!jws_says(d, "issuer", issuer))
        return refuse(op, "issuer");
    out->authorization_endpoint = json_get_string(d, "authorization_endpoint");
    out->token_endpoint = json_get_string(d, "token_endpoint");
    out->userinfo_endpoint = json_get_string(d, "userinfo_endpoint");
    out->jwks_uri = json_get_string(d, "jwks_uri");
    if (!oidc_may_ask(out->authorization_endpoint, issuer)
        || !oidc_may_ask(out->token_endpoint, issuer) || !oidc_may_ask(out->jwks_uri, issuer)
        || (out->userinfo_endpoint && !oidc_may_ask(out->userinfo_endpoint, issuer)))
        return refuse(op, "endpoint");
    const struct cJSON *pkce = json_get(d, "code_challenge_methods_supported");
    if (pkce && !lists(pkce, "S256"))
        return refuse(op, "no PKCE with S256");
    const struct cJSON *auth = json_get(d, "token_endpoint_auth_methods_supported");
    out->secret_in_body = lists(auth, "client_secret_post") && !lists(auth, "client_secret_basic");
    out->says_iss = json_is_true(json_get(d, "authorization_response_iss_parameter_supported"));
    return true;
}

const char *oidc_authorization_url(struct op *op, const struct oidc_metadata *m,
                                   const char *client_id, const char *redirect_uri,
                                   const struct oidc_ticket *t)
{
    struct buf b = {0};

    buf_str(&b, m->authorization_endpoint);
    buf_char(&b, strchr(m->authorization_endpoint, '?') ? '&' : '?');
    buf_str(&b, "response_type=code&scope=openid%20email&client_id=");
    http_query_escape(&b, client_id);
    buf_str(&b, "&redirect_uri=");
    http_query_escape(&b, redirect_uri);
    buf_printf(&b, "&state=%s&nonce=%s&code_challenge=%s&code_challenge_method=S256", t->state,
               t->nonce, t->challenge);
    const char *url = arena_strndup(&op->arena, b.p, b.n);
    buf_free(&b);
    return url;
}
