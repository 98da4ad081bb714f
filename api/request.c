/* request.c - a request's JSON body into a struct. */

#include "api/http.h"

#include "common/base/json.h"

static const struct type nothing = {.name = "nothing"};

/* Whoever sends a parameter nobody reads believes that it does something. */
static bool refuse_query(struct op *op, const struct req *req)
{
    return req_query(op, req, &nothing, NULL);
}

static bool parse(struct op *op, const struct req *req, const struct cJSON **out)
{
    if (req->body.n == 0)
        return fail(op, E_VALIDATION_ERROR, "The request body must be a JSON object");
    return json_parse(op, req->body, out);
}

bool req_body(struct op *op, const struct req *req, const struct type *t, void *out)
{
    const struct cJSON *body = NULL;

    return refuse_query(op, req) && parse(op, req, &body) && from_json(op, body, t, out);
}

bool req_body_if_any(struct op *op, const struct req *req, const struct type *t, void *out)
{
    return req->body.n ? req_body(op, req, t, out) : refuse_query(op, req);
}

bool req_patch(struct op *op, const struct req *req, const struct type *t, void *inout)
{
    const struct cJSON *body = NULL;

    return refuse_query(op, req) && parse(op, req, &body) && patch_json(op, body, t, inout);
}

bool req_nothing(struct op *op, const struct req *req)
{
    const struct cJSON *body = NULL;

    if (!refuse_query(op, req))
        return false;
    return req->body.n == 0 || (parse(op, req, &body) && from_json(op, body, &nothing, NULL));
}
