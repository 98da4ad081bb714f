/* retell_numbers.c - the workspace's phone numbers. */

#include "common/base/json.h"
#include "common/provider/retell.h"

enum { NUMBERS_MAX = 10000 };

static bool read_number(const struct cJSON *number, struct provider_number *out)
{
    const struct cJSON *agents = json_get(number, "outbound_agents");
    const char *e164 = json_get_string(number, "phone_number");

    *out = (struct provider_number){
        .e164 = e164,
        .provider_number_id = e164, /* Retell knows a number by nothing else */
        .nickname = json_get_string(number, "nickname"),
        .kind = json_get_string(number, "phone_number_type"),
        .outbound_agent_id = json_get_string(json_first(agents), "agent_id"),
    };
    return e164 && *e164;
}

static bool take_number(struct op *op, const struct cJSON *item, void *ctx)
{
    struct provider_numbers *numbers = ctx;
    struct provider_number number;

    if (!read_number(item, &number))
        return true; /* not one that we could use */
    numbers->items = retell_grow(op, numbers->items, numbers->n, sizeof(number));
    numbers->items[numbers->n++] = number;
    return true;
}

bool retell_list_numbers(struct op *op, const struct provider *p, struct provider_numbers *out)
{
    bool complete;
    struct retell_list list = {
        .op = RETELL_list_numbers, .limit = NUMBERS_MAX, .take = take_number, .ctx = out};

    *out = (struct provider_numbers){0};
    if (!retell_follow(op, p, &list, &complete))
        return false;
    if (!complete)
        return fail(op, E_PROVIDER_ERROR, "Retell lists more than %d numbers", NUMBERS_MAX);
    return true;
}

/* What buying, importing and updating have in common. */
static void put_settings(struct buf *b, const struct provider_number_request *r)
{
    if (r->agent_id) {
        buf_str(b, "\"outbound_agents\":[{");
        retell_put(b, "agent_id", r->agent_id);
        buf_str(b, "\"weight\":1}],");
    }
    retell_put(b, "nickname", r->nickname);
    retell_put(b, "inbound_webhook_url", r->inbound_webhook_url);
    retell_put(b, "fallback_number", r->fallback_number);
    retell_put(b, "termination_uri", r->termination_uri);
}

static bool send(struct op *op, const struct provider *p, struct retell_ask ask, struct buf *body,
                 struct provider_number *out)
{
    const struct cJSON *reply;

    retell_end_object(body);
    ask.body = retell_finish(op, body);
    if (!retell_ask(op, p, &ask, &reply))
        return false;
    if (!read_number(reply, out))
        return fail(op, E_PROVIDER_ERROR, "Retell's answer names no number");
    return true;
}

bool retell_buy_number(struct op *op, const struct provider *p,
                       const struct provider_number_request *r, struct provider_number *out)
{
    const struct retell *retell = p->self;
    struct buf b = {0};

    buf_char(&b, '{');
    retell_put(&b, "phone_number", r->e164);
    if (retell->seed)
        retell_put(&b, "e164", r->e164);
    retell_put(&b, "country_code", r->country);
    if (r->area_code)
        buf_printf(&b, "\"area_code\":%d,", (int)r->area_code);
    put_settings(&b, r);
    return send(op, p, (struct retell_ask){.op = RETELL_buy_number}, &b, out);
}

bool retell_import_number(struct op *op, const struct provider *p,
                          const struct provider_number_request *r, struct provider_number *out)
{
    struct buf b = {0};

    buf_char(&b, '{');
    retell_put(&b, "phone_number", r->e164);
    retell_put(&b, "sip_trunk_auth_username", r->sip_user);
    retell_put(&b, "sip_trunk_auth_password", r->sip_password);
    put_settings(&b, r);
    return send(op, p, (struct retell_ask){.op = RETELL_import_number}, &b, out);
}

bool retell_update_number(struct op *op, const struct provider *p, const char *e164,
                          const struct provider_number_request *r, struct provider_number *out)
{
    struct buf b = {0};

    buf_char(&b, '{');
    retell_put(&b, "auth_username", r->sip_user);
    retell_put(&b, "auth_password", r->sip_password);
    put_settings(&b, r);
    return send(op, p, (struct retell_ask){.op = RETELL_update_number, .id = e164}, &b, out);
}

bool retell_release_number(struct op *op, const struct provider *p, const char *e164)
{
    const struct cJSON *nothing;

    return retell_ask(op, p, &(struct retell_ask){.op = RETELL_release_number, .id = e164},
                      &nothing);
}
