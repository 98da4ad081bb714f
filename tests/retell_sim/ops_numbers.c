/* ops_numbers.c - numbers: bought (US and Canada only), imported, changed, released. */

#include "tests/retell_sim/json.h"
#include "tests/retell_sim/json_out.h"
#include "tests/retell_sim/paging.h"
#include "tests/retell_sim/schema.h"
#include "tests/retell_sim/sim.h"

#include <stdio.h>
#include <stdlib.h>

#define NUMBER_FIELDS \
    {"inbound_agents", SF_AGENTS, SF_NULLABLE, NULL}, \
        {"outbound_agents", SF_AGENTS, SF_NULLABLE, NULL}, \
        {"inbound_sms_agents", SF_AGENTS, SF_NULLABLE, NULL}, \
        {"outbound_sms_agents", SF_AGENTS, SF_NULLABLE, NULL}, \
        {"nickname", SF_STRING, SF_NULLABLE, NULL}, \
        {"inbound_webhook_url", SF_STRING, SF_NULLABLE, NULL}, \
        {"inbound_sms_webhook_url", SF_STRING, SF_NULLABLE, NULL}, \
        {"allowed_inbound_country_list", SF_ARRAY, SF_NULLABLE, NULL}, \
        {"allowed_outbound_country_list", SF_ARRAY, SF_NULLABLE, NULL}, \
        {"fallback_number", SF_STRING, SF_NULLABLE, NULL}, \
    { \
        "transport", SF_STRING, SF_NULLABLE, "TLS|TCP|UDP" \
    }

static const struct sim_field create_fields[] = {
    {"area_code", SF_INTEGER, 0, NULL},
    {"country_code", SF_STRING, 0, "US|CA"},
    {"number_provider", SF_STRING, 0, "twilio|telnyx"},
    {"phone_number", SF_STRING, SF_FILLED, NULL},
    {"toll_free", SF_BOOLEAN, 0, NULL},
    NUMBER_FIELDS,
};

static const struct sim_field import_fields[] = {
    {"phone_number", SF_STRING, SF_REQUIRED | SF_FILLED, NULL},
    {"termination_uri", SF_STRING, SF_REQUIRED | SF_FILLED, NULL},
    {"sip_trunk_auth_username", SF_STRING, 0, NULL},
    {"sip_trunk_auth_password", SF_STRING, 0, NULL},
    {"ignore_e164_validation", SF_BOOLEAN, 0, NULL},
    NUMBER_FIELDS,
};

static const struct sim_field update_fields[] = {
    {"termination_uri", SF_STRING, 0, NULL},
    {"auth_username", SF_STRING, 0, NULL},
    {"auth_password", SF_STRING, 0, NULL},
    NUMBER_FIELDS,
};

static const char *const deprecated[] = {"inbound_agent_id", "outbound_agent_id",
                                         "inbound_agent_version", "outbound_agent_version"};

static bool read_body(const struct sim_request *q, struct sim_reply *r,
                      const struct sim_field *fields, size_t n, struct str *body)
{
    if (!sim_body(q, r, body))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(deprecated); i++)
        if (sim_json_get(*body, deprecated[i]).n) {
            sim_reply_error(r, 400, "Deprecated API usage is no longer supported");
            return false;
        }
    return sim_schema(*body, "request/body", fields, n, r);
}

static void put_trunk(struct buf *b, const struct sim_number *n)
{
    sim_open(b, "sip_outbound_trunk_config", '{');
    sim_put_json(b, "termination_uri", n->fields[SIM_NF_termination_uri]);
    sim_put_json(b, "auth_username", n->fields[SIM_NF_auth_username]);
    sim_put_json(b, "transport", n->fields[SIM_NF_transport]);
    sim_close(b, '}');
}

static void put_number(struct buf *b, const struct sim_number *n)
{
    static const char *const types[SIM_TRUNKS] = {"retell-twilio", "retell-telnyx", "custom"};

    sim_open(b, NULL, '{');
    sim_put_text(b, "phone_number", n->e164);
    sim_put_text(b, "phone_number_type", types[n->trunk]);
    sim_put_text(b, "phone_number_pretty", n->e164);
    if (n->area_code)
        sim_put_i64(b, "area_code", n->area_code);
    for (size_t i = 0; i < SIM_NF_termination_uri; i++)
        sim_put_json(b, sim_number_fields[i], n->fields[i]);
    if (n->trunk == SIM_CUSTOM)
        put_trunk(b, n);
    sim_put_i64(b, "last_modification_timestamp", n->modified_ms);
    sim_close(b, '}');
}

static void reply_number(struct sim_reply *r, int status, const struct sim_number *n)
{
    put_number(sim_reply_json(r, status), n);
}

static struct sim_number *find_number(struct sim *s, const struct sim_request *q,
                                      struct sim_reply *r)
{
    struct sim_number *n = sim_number_find(q->ws, str_of(q->param));

    if (!n)
        sim_reply_error(r, s->config.not_found_call,
                        "Cannot find requested asset under given api key.");
    return n;
}

/* A number nobody in the workspace has yet, in the area asked for. */
static void invent(const struct sim *s, const struct sim_workspace *ws, int area, char *out,
                   size_t cap)
{
    unsigned line = 100 + s->world.nnumbers;

    do {
        snprintf(out, cap, "+1%03d555%04u", area, line++ % 10000);
    } while (sim_number_find(ws, str_of(out)));
}

static void settings_of(struct sim *s, struct sim_number *n, struct str body)
{
    struct str user = sim_json_get(body, "sip_trunk_auth_username");

    sim_number_update(&s->world, n, body);
    if (user.n)
        n->fields[SIM_NF_auth_username] = sim_text_keep(&s->world.text, user);
}

void sim_op_create_phone_number(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    char e164[64] = "";
    struct str body;

    if (!read_body(q, r, create_fields, ARRAY_LEN(create_fields), &body))
        return;
    if (!q->ws->card_on_file) {
        sim_reply_error(r, 402, "This item requires a card on file");
        return;
    }
    struct str wanted = sim_json_get(body, q->seed ? "e164" : "phone_number");
    struct str area = sim_json_get(body, "area_code");
    int code = area.n ? (int)sim_json_number(area) : 415;
    if (wanted.n
        && (!sim_json_cstr(wanted, e164, sizeof(e164)) || !sim_is_e164(e164)
            || strncmp(e164, "+1", 2) != 0 || sim_number_find(q->ws, str_of(e164)))) {
        sim_reply_error(r, 400, "Phone number %s is not available.", e164);
        return;
    }
    if (code < 200 || code > 999) {
        sim_reply_error(r, 400, "No phone numbers of area code %d available.", code);
        return;
    }
    if (!wanted.n)
        invent(s, q->ws, sim_json_true(sim_json_get(body, "toll_free")) ? 800 : code, e164,
               sizeof(e164));
    bool telnyx = sim_json_is(sim_json_get(body, "number_provider"), "telnyx");
    struct sim_number *n =
        sim_number_add(&s->world, q->ws, str_of(e164), telnyx ? SIM_TELNYX : SIM_TWILIO);
    n->area_code = (e164[2] - '0') * 100 + (e164[3] - '0') * 10 + (e164[4] - '0');
    settings_of(s, n, body);
    reply_number(r, 201, n);
}

void sim_op_import_phone_number(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    char e164[64] = "";
    struct str body;

    if (!read_body(q, r, import_fields, ARRAY_LEN(import_fields), &body))
        return;
    struct str lenient = sim_json_get(body, "ignore_e164_validation");
    bool strict = lenient.n && !sim_json_true(lenient);
    if (!sim_json_cstr(sim_json_get(body, "phone_number"), e164, sizeof(e164))
        || (strict && !sim_is_e164(e164))) {
        sim_reply_error(r, 400, "Phone number is not valid E.164.");
        return;
    }
    if (sim_number_find(q->ws, str_of(e164))) {
        sim_reply_error(r, 400, "Phone number %s already exists.", e164);
        return;
    }
    struct sim_number *n = sim_number_add(&s->world, q->ws, str_of(e164), SIM_CUSTOM);
    settings_of(s, n, body);
    reply_number(r, 201, n);
}

/* Seed clients expect a bare array, by country. */
static void reply_seed_list(const struct sim_request *q, struct sim_reply *r)
{
    char country[8] = "";
    const char *prefix = "";
    struct buf *b = sim_reply_json(r, 200);

    if (sim_query_get(q->query, "country", country, sizeof(country)))
        prefix = strcmp(country, "IT") == 0 ? "+39" : strcmp(country, "FR") == 0 ? "+33" : "+1";
    sim_open(b, NULL, '[');
    for (const struct sim_number *n = q->ws->numbers; n; n = n->next)
        if (str_starts(str_of(n->e164), str_of(prefix)))
            put_number(b, n);
    sim_close(b, ']');
}

/* The workspace keeps its numbers in order of arrival; a page may want the reverse. */
static void list_numbers(const struct sim_request *q, struct sim_page *page, struct sim_reply *r)
{
    const struct sim_number **all;
    size_t n = 0, i = 0;
    bool put;

    for (const struct sim_number *p = q->ws->numbers; p; p = p->next)
        n++;
    all = calloc(n + 1, sizeof(*all));
    if (!all)
        abort();
    for (const struct sim_number *p = q->ws->numbers; p; p = p->next, i++)
        all[page->ascending ? i : n - 1 - i] = p;
    struct buf *b = sim_page_open(r);
    for (i = 0; i < n; i++) {
        if (!sim_page_reaches(page, all[i]->ordinal))
            continue;
        if (!sim_page_take(page, all[i]->ordinal, &put))
            break;
        put_number(b, all[i]);
    }
    sim_page_close(b, page);
    free(all);
}

void sim_op_list_phone_numbers(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    struct sim_page page;

    (void)s;
    if (q->seed)
        reply_seed_list(q, r);
    else if (sim_page_from_query(q->query, &page, r))
        list_numbers(q, &page, r);
}

void sim_op_get_phone_number(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    struct sim_number *n = find_number(s, q, r);

    if (n)
        reply_number(r, 200, n);
}

void sim_op_update_phone_number(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    struct sim_number *n = find_number(s, q, r);
    struct str body;

    if (!n || !read_body(q, r, update_fields, ARRAY_LEN(update_fields), &body))
        return;
    sim_number_update(&s->world, n, body);
    reply_number(r, 200, n);
}

void sim_op_delete_phone_number(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    struct sim_number *n = find_number(s, q, r);

    if (!n)
        return;
    sim_number_remove(q->ws, n);
    r->status = 204;
}
