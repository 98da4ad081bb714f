/* oidc.c - /api/v1/auth/oidc: a browser's way to the issuer and back. */

#include "common/identity/oidc.h"
#include "api/handlers.h"
#include "common/base/conf.h"
#include "common/identity/oidc_ticket.h"

static const struct field oidc_answer_fields[] = {
    FIELD(struct oidc_answer, code, .max = 4096),
    FIELD(struct oidc_answer, state, .max = 64),
    FIELD(struct oidc_answer, iss, .max = 2048),
    FIELD(struct oidc_answer, error, .max = 64),
};
static const struct type oidc_answer_type = TYPE(struct oidc_answer, oidc_answer_fields);

static bool go(struct reply *rep, const char *location)
{
    rep->status = 303;
    rep->location = location;
    buf_str(&rep->body, "{}");
    return true;
}

bool handle_oidc_start(struct op *op, const struct req *req, struct reply *rep)
{
    const char *url;

    return req_nothing(op, req) && oidc_begin(op, &url, &rep->cookie) && go(rep, url);
}

bool handle_oidc_callback(struct op *op, const struct req *req, struct reply *rep)
{
    struct oidc_answer a = {0};

    return req_query_of_others(op, req, &oidc_answer_type, &a)
           && oidc_finish(op, &a, req->cookies, req->client)
           && go(rep, arena_printf(&op->arena, "%s/signed-in", op->app->conf->console_url));
}

bool handle_oidc_session(struct op *op, const struct req *req, struct reply *rep)
{
    struct session_tokens t;

    if (!req_nothing(op, req) || !oidc_collect(op, req->cookies, &t))
        return false;
    rep->cookie = oidc_ticket_no_cookie();
    return reply_with(rep, 200, &session_tokens_type, &t);
}
