/* auth.c - /api/v1/auth: signing in and out, passwords, invitations. */

#include "api/handlers.h"
#include "common/identity/link.h"
#include "common/identity/login.h"
#include "common/identity/token_keys.h"

static bool nothing(struct reply *rep, int status)
{
    rep->status = status;
    if (status != 204)
        buf_str(&rep->body, "{}");
    return true;
}

bool handle_jwks(struct op *op, const struct req *req, struct reply *rep)
{
    if (!req_nothing(op, req))
        return false;
    token_keys_write(op, &rep->body);
    return true;
}

bool handle_auth_login(struct op *op, const struct req *req, struct reply *rep)
{
    struct login l = {0};
    struct session_tokens t;

    return req_body(op, req, &login_type, &l) && login(op, &l, req->client, &t)
           && reply_with(rep, 200, &session_tokens_type, &t);
}

struct refresh_request {
    const char *refresh_token;
};
static const struct field refresh_request_fields[] = {
    FIELD(struct refresh_request, refresh_token, .flags = F_REQUIRED, .max = 64),
};
static const struct type refresh_request_type =
    TYPE(struct refresh_request, refresh_request_fields);

bool handle_auth_refresh(struct op *op, const struct req *req, struct reply *rep)
{
    struct refresh_request r = {0};
    struct session_tokens t;

    return req_body(op, req, &refresh_request_type, &r) && session_refresh(op, r.refresh_token, &t)
           && reply_with(rep, 200, &session_tokens_type, &t);
}

bool handle_auth_logout(struct op *op, const struct req *req, struct reply *rep)
{
    return req_nothing(op, req) && session_end(op) && nothing(rep, 204);
}

bool handle_auth_logout_all(struct op *op, const struct req *req, struct reply *rep)
{
    return req_nothing(op, req) && session_end_all(op) && nothing(rep, 204);
}

bool handle_auth_password(struct op *op, const struct req *req, struct reply *rep)
{
    struct password_change c = {0};

    return req_body(op, req, &password_change_type, &c)
           && login_change_password(op, &c, req->client) && nothing(rep, 204);
}

bool handle_auth_forgot(struct op *op, const struct req *req, struct reply *rep)
{
    struct reset_request r = {0};

    return req_body(op, req, &reset_request_type, &r) && password_forgotten(op, &r, req->client)
           && nothing(rep, 202);
}

bool handle_auth_reset(struct op *op, const struct req *req, struct reply *rep)
{
    struct password_reset r = {0};

    return req_body(op, req, &password_reset_type, &r) && password_reset(op, &r)
           && nothing(rep, 204);
}

bool handle_invitation_create(struct op *op, const struct req *req, struct reply *rep)
{
    struct invitation i = {.role = USER_VIEWER};

    return req_body(op, req, &invitation_type, &i) && invitation_send(op, &i)
           && reply_with(rep, 201, &invitation_type, &i);
}

bool handle_invitation_accept(struct op *op, const struct req *req, struct reply *rep)
{
    struct acceptance a = {0};
    struct user u;

    return req_body(op, req, &acceptance_type, &a) && invitation_accept(op, &a, &u)
           && reply_with(rep, 201, &user_type, &u);
}
