/* trail.c - the route says what was done, the path to what; of what was made, the answer says the
 * id. */

#include "api/trail.h"

#include "api/router.h"
#include "common/base/json.h"
#include "common/tenant/audit.h"

#include <inttypes.h>

static const char *kind_of(const struct route *route)
{
    static const struct {
        const char *parameter, *kind;
    } kinds[] = {{"{lead_id}/erase", NULL}, /* what is forgotten is not written down for that */
                 {"{campaign_id}", "campaigns"}, {"{user_id}", "users"},     {"{key_id}", "keys"},
                 {"{lead_id}", "leads"},         {"{number_id}", "numbers"}, {"{entry_id}", "dnc"},
                 {"{halt_id}", "halts"}};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strstr(route->path, kinds[i].parameter))
            return kinds[i].kind;
    return NULL;
}

bool trail_before(struct op *op, const struct req *req, const char **before)
{
    const char *kind = kind_of(req->route);

    *before = NULL;
    return !kind || audit_state(op, kind, req->ids[0], before);
}

/* "id" of what a 201 gives back, or 0. */
static int64_t made_id(const struct op *op, const struct reply *rep)
{
    struct op aside = {.request_id = op->request_id};
    const struct cJSON *answer;
    int64_t id = 0;

    if (rep->status == 201 && json_parse(&aside, buf_view(&rep->body), &answer))
        json_get_i64(answer, "id", &id);
    op_end(&aside);
    return id;
}

const char *trail_subject(struct op *op, const struct req *req, const struct reply *rep)
{
    const char *path = arena_strndup(&op->arena, req->path.p, req->path.n);
    int64_t id = rep ? made_id(op, rep) : 0;

    return id ? arena_printf(&op->arena, "%s/%" PRId64, path, id) : path;
}

bool trail_record(struct op *op, const struct req *req, const char *before, const struct reply *rep)
{
    return audit_record(
        op, &(struct audit_event){
                .action = arena_printf(&op->arena, "%s %s", req->route->method, req->route->path),
                .subject = trail_subject(op, req, rep),
                .status = rep ? rep->status : 200,
                .from = req->client,
                .before = before,
                .sent = req->body,
                .after = rep ? buf_view(&rep->body) : (struct str){"", 0},
            });
}
