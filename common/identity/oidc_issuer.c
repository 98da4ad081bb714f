/* oidc_issuer.c - four questions to the issuer, and what is kept of the answers. */

#include "common/identity/oidc_issuer.h"

#include "common/base/conf.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/identity/id_token.h"
#include "common/identity/jwk.h"
#include "common/identity/oidc_cache.h"
#include "common/provider/http.h"
#include "common/store/pool.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { TIMEOUT_MS = 5000, REPLY_MAX = 128 * 1024, TOKEN_MAX = 16 * 1024, AT_ONCE = 8 };

struct oidc_issuer {
    struct oidc_cache metadata, keys;
    atomic_int asking;
};

struct oidc_issuer *oidc_issuer_open(const struct conf *conf)
{
    if (!conf->oidc_issuer)
        return NULL;
    struct oidc_issuer *i = calloc(1, sizeof(*i));
    if (!i)
        abort();
    oidc_cache_init(&i->metadata);
    oidc_cache_init(&i->keys);
    http_prepare();
    return i;
}

void oidc_issuer_close(struct oidc_issuer *i)
{
    if (!i)
        return;
    oidc_cache_end(&i->metadata);
    oidc_cache_end(&i->keys);
    free(i);
}

const char *oidc_redirect_uri(struct op *op)
{
    return arena_printf(&op->arena, "%s/api/v1/auth/oidc/callback", op->app->conf->console_url);
}

/* So many at once, so that a slow issuer holds no more of our threads; no session of the database
 * is kept from others meanwhile. */
static bool ask(struct op *op, const struct http_request *r, struct http_reply *out)
{
    struct oidc_issuer *i = op->app->oidc;
    struct http_request bounded = *r;
    bool room = atomic_fetch_add(&i->asking, 1) < AT_ONCE;

    bounded.timeout_ms = op_time_left_ms(op, TIMEOUT_MS);
    bounded.max_reply = REPLY_MAX;
    if (room) {
        db_release(op);
        http_exchange(op, &bounded, out);
    }
    atomic_fetch_sub(&i->asking, 1);
    if (!room)
        return fail(op, E_SERVICE_UNAVAILABLE, "The issuer is busy, try again shortly");
    if (out->status)
        return true;
    return fail_because(op, E_PROVIDER_ERROR, out->problem, "The issuer did not answer");
}

static bool unexpected(struct op *op, int status)
{
    return fail_because(op, E_PROVIDER_ERROR,
                        arena_printf(&op->arena, "status %d from the issuer", status),
                        "The issuer did not answer as it should");
}

static bool fetch(struct op *op, const void *url, const char **text)
{
    struct http_reply reply;

    if (!ask(op, &(struct http_request){.method = "GET", .url = url}, &reply))
        return false;
    if (reply.status != 200 || memchr(reply.body.p, '\0', reply.body.n))
        return unexpected(op, reply.status);
    log_info(op, "oidc.fetched", F("url", (const char *)url));
    *text = reply.body.p;
    return true;
}

/* Kept only when it is one: the next look may find it mended. */
static bool fetch_metadata(struct op *op, const void *url, const char **text)
{
    struct oidc_metadata m;

    return fetch(op, url, text)
           && oidc_metadata_read(op, op->app->conf->oidc_issuer, str_of(*text), &m);
}

bool oidc_issuer_metadata(struct op *op, struct oidc_metadata *out)
{
    const char *issuer = op->app->conf->oidc_issuer, *text;

    if (!op->app->oidc || !oidc_may_ask(issuer, issuer))
        return fail_because(op, E_SERVICE_UNAVAILABLE,
                            issuer ? "OIDC_ISSUER must be https" : "OIDC_ISSUER is not set",
                            "Signing in at an issuer is not set up here");
    return oidc_cache_get(op, &op->app->oidc->metadata, fetch_metadata,
                          oidc_metadata_url(op, issuer), &text)
           && oidc_metadata_read(op, issuer, str_of(text), out);
}

static bool parse(struct op *op, struct str text, const struct cJSON **out)
{
    if (json_parse(op, text, out) && json_is_object(*out))
        return true;
    op_forgive(op);
    return fail_because(op, E_PROVIDER_ERROR, "no JSON object from the issuer",
                        "The issuer did not answer as it should");
}

static bool fetch_keys(struct op *op, const void *url, const char **text)
{
    const struct cJSON *set;

    return fetch(op, url, text) && parse(op, str_of(*text), &set);
}

static bool find(struct op *op, const char *text, const struct id_token *t,
                 const struct cJSON **out)
{
    const struct cJSON *set;

    if (!parse(op, str_of(text), &set))
        return false;
    *out = jwk_find(set, t->alg, t->kid);
    return true;
}

bool oidc_issuer_key(struct op *op, const struct oidc_metadata *m, const struct id_token *t,
                     const struct cJSON **out)
{
    struct oidc_cache *keys = &op->app->oidc->keys;
    const char *text;

    *out = NULL;
    if (!oidc_cache_get(op, keys, fetch_keys, m->jwks_uri, &text) || !find(op, text, t, out))
        return false;
    /* A key that is not known may be one the issuer has just begun to sign with. */
    if (!*out
        && (!oidc_cache_get_anew(op, keys, fetch_keys, m->jwks_uri, &text)
            || (text && !find(op, text, t, out))))
        return false;
    return *out
           || fail_because(op, E_MALFORMED_REQUEST, "unknown key",
                           "The issuer's answer is not valid");
}

static void add_field(struct buf *b, const char *name, const char *value)
{
    buf_printf(b, "%s%s=", b->n ? "&" : "", name);
    http_query_escape(b, value);
}

/* RFC 6749, 2.3.1: both are form-encoded first. */
static const char *basic(struct op *op, const struct conf *conf)
{
    struct buf b = {0};

    http_query_escape(&b, conf->oidc_client_id);
    buf_char(&b, ':');
    http_query_escape(&b, conf->oidc_client_secret);
    size_t size = sodium_base64_encoded_len(b.n, sodium_base64_VARIANT_ORIGINAL);
    char *text = sodium_bin2base64(arena_alloc(&op->arena, size), size, (unsigned char *)b.p, b.n,
                                   sodium_base64_VARIANT_ORIGINAL);
    buf_free(&b);
    return arena_printf(&op->arena, "Authorization: Basic %s", text);
}

static const char *token_form(struct op *op, const struct oidc_metadata *m, const char *code,
                              const char *verifier)
{
    const struct conf *conf = op->app->conf;
    struct buf b = {0};

    add_field(&b, "grant_type", "authorization_code");
    add_field(&b, "code", code);
    add_field(&b, "redirect_uri", oidc_redirect_uri(op));
    add_field(&b, "code_verifier", verifier);
    if (!conf->oidc_client_secret || m->secret_in_body)
        add_field(&b, "client_id", conf->oidc_client_id);
    if (conf->oidc_client_secret && m->secret_in_body)
        add_field(&b, "client_secret", conf->oidc_client_secret);
    const char *form = arena_strndup(&op->arena, b.p, b.n);
    buf_free(&b);
    return form;
}

static bool is_bearer_text(const char *s)
{
    size_t n = 0;

    while (s[n] > ' ' && s[n] <= '~')
        n++;
    return n && n <= TOKEN_MAX && s[n] == '\0';
}

bool oidc_issuer_exchange(struct op *op, const struct oidc_metadata *m, const char *code,
                          const char *verifier, struct oidc_tokens *out)
{
    const struct conf *conf = op->app->conf;
    bool header = conf->oidc_client_secret && !m->secret_in_body;
    const struct cJSON *answer;
    struct http_reply reply;

    *out = (struct oidc_tokens){0};
    if (!ask(op,
             &(struct http_request){.method = "POST",
                                    .url = m->token_endpoint,
                                    .authorization = header ? basic(op, conf) : NULL,
                                    .body = token_form(op, m, code, verifier),
                                    .content_type =
                                        "Content-Type: application/x-www-form-urlencoded",
                                    .once = true},
             &reply))
        return false;
    if (reply.status == 400)
        return fail_because(op, E_MALFORMED_REQUEST, "the issuer refused the code",
                            "The issuer does not know this sign-in (any more); begin again");
    if (reply.status != 200)
        return unexpected(op, reply.status);
    if (!parse(op, reply.body, &answer))
        return false;
    out->id_token = json_get_string(answer, "id_token");
    out->access_token = json_get_string(answer, "access_token");
    if (!out->id_token || (out->access_token && !is_bearer_text(out->access_token)))
        return unexpected(op, reply.status);
    return true;
}

bool oidc_issuer_userinfo(struct op *op, const struct oidc_metadata *m, const char *access_token,
                          const struct cJSON **out)
{
    struct http_reply reply;

    if (!ask(op,
             &(struct http_request){.method = "GET",
                                    .url = m->userinfo_endpoint,
                                    .authorization = arena_printf(
                                        &op->arena, "Authorization: Bearer %s", access_token)},
             &reply))
        return false;
    return reply.status == 200 ? parse(op, reply.body, out) : unexpected(op, reply.status);
}
