/* compliance.c - /api/v1/compliance: rules, questions, the do-not-call list. */

#include "common/compliance/compliance.h"

#include "api/handlers.h"
#include "api/list.h"
#include "api/upload.h"
#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/page.h"
#include "common/campaign/campaign.h"
#include "common/compliance/dnc.h"
#include "common/compliance/dnc_import.h"
#include "common/number/country.h"
#include "common/number/e164.h"
#include "common/number/number.h"

struct check_query {
    const char *to_number;
    const char *country_iso; /* must be the number's, when given */
    struct opt_i64 campaign_id;
};
static const struct field check_query_fields[] = {
    FIELD(struct check_query, to_number, .flags = F_REQUIRED, .check = e164_complaint),
    FIELD(struct check_query, country_iso, .check = country_complaint),
    FIELD(struct check_query, campaign_id, .min = 1, .max = INT64_MAX),
};
static const struct type check_query_type = TYPE(struct check_query, check_query_fields);

static bool load_campaign(struct op *op, struct opt_i64 id, struct compliance_campaign *out)
{
    struct campaign c = {0};

    if (!id.set)
        return true;
    if (!campaign_get(op, id.v, &c))
        return false;
    *out = campaign_compliance(&c);
    return true;
}

static void write_check(struct buf *b, const char *name, enum check value)
{
    buf_printf(b, "\"%s\":\"%s\"", name, check_names[value]);
}

/* The last members of both answers. */
static void write_refusal(struct op *op, struct buf *b, const struct compliance_verdict *v)
{
    buf_str(b, ",\"rejection_code\":");
    buf_json_text(b, compliance_code_name(v->code));
    buf_str(b, ",\"next_allowed_at\":");
    buf_json_text(b, tstamp_format(&op->arena, v->next_allowed_at));
    buf_char(b, '}');
}

static void write_verdict(struct op *op, struct buf *b, const struct compliance_answer *a)
{
    const struct compliance_verdict *v = &a->verdict;

    buf_printf(b, "{\"status\":\"%s\",\"checks\":{", verdict_status_names[v->status]);
    write_check(b, "dnc", v->dnc);
    buf_char(b, ',');
    write_check(b, "quiet_hours", v->quiet_hours);
    buf_char(b, ',');
    write_check(b, "consent", v->consent);
    buf_char(b, ',');
    write_check(b, "disclosure", v->disclosure);
    buf_str(b, "},\"warnings\":");
    compliance_warnings_json(b, v->warnings);
    buf_str(b, ",\"required_actions\":");
    compliance_actions_json(b, a);
    write_refusal(op, b, v);
}

bool handle_compliance_check(struct op *op, const struct req *req, struct reply *rep)
{
    struct check_query in = {0};
    struct compliance_question q = {.advisory = true, .at = {clock_now_us()}};
    struct compliance_answer a;

    if (!req_query(op, req, &check_query_type, &in)
        || !load_campaign(op, in.campaign_id, &q.campaign))
        return false;
    q.to_number = in.to_number;
    q.country_iso = in.country_iso;
    if (!compliance_ask(op, &q, &a))
        return false;
    rep->status = 200;
    write_verdict(op, &rep->body, &a);
    return true;
}

struct pre_call {
    const char *to_number;
    struct opt_i64 campaign_id;
    struct opt_i64 lead_id;
    struct tstamp scheduled_time;
};
static const struct field pre_call_fields[] = {
    FIELD(struct pre_call, to_number, .flags = F_REQUIRED, .max = 16, .check = e164_complaint),
    FIELD(struct pre_call, campaign_id, .min = 1, .max = INT64_MAX),
    FIELD(struct pre_call, lead_id, .min = 1, .max = INT64_MAX),
    FIELD(struct pre_call, scheduled_time, .flags = F_REQUIRED),
};
static const struct type pre_call_type = TYPE(struct pre_call, pre_call_fields);

static bool load_lead(struct op *op, const struct pre_call *in, struct lead *l,
                      struct compliance_question *q)
{
    if (!in->lead_id.set)
        return true;
    q->lead = l;
    return lead_get(op, in->lead_id.v, l);
}

static void write_pre_call(struct op *op, struct buf *b, const struct compliance_answer *a,
                           int64_t check_id)
{
    const struct compliance_verdict *v = &a->verdict;

    buf_printf(b, "{\"approved\":%s,\"compliance_check_id\":%lld,\"warnings\":",
               v->status == VERDICT_REJECTED ? "false" : "true", (long long)check_id);
    compliance_warnings_json(b, v->warnings);
    buf_str(b, ",\"required_disclosures\":");
    compliance_actions_json(b, a);
    write_refusal(op, b, v);
}

bool handle_compliance_pre_call(struct op *op, const struct req *req, struct reply *rep)
{
    struct pre_call in = {0};
    struct compliance_question q = {.guard_seconds = (int)op->app->conf->dial_guard_seconds};
    struct lead lead = {0};
    struct compliance_answer a;
    int64_t check_id;

    if (!req_body(op, req, &pre_call_type, &in) || !load_campaign(op, in.campaign_id, &q.campaign)
        || !load_lead(op, &in, &lead, &q))
        return false;
    q.to_number = in.to_number;
    q.at = in.scheduled_time;
    if (!compliance_ask(op, &q, &a)
        || !compliance_record(op,
                              &(struct compliance_subject){.to_number = in.to_number,
                                                           .campaign_id = in.campaign_id.v,
                                                           .lead_id = in.lead_id.v,
                                                           .scheduled_time = in.scheduled_time},
                              &a, &check_id))
        return false;
    rep->status = 200;
    write_pre_call(op, &rep->body, &a, check_id);
    return true;
}

bool handle_dnc_list(struct op *op, const struct req *req, struct reply *rep)
{
    struct dnc_query q = {.limit = PAGE_LIMIT_DEFAULT};
    struct dnc_entry *items;
    int64_t total;
    int n;

    return req_query(op, req, &dnc_query_type, &q) && dnc_list(op, &q, &items, &n, &total)
           && reply_page(rep, (struct list){&dnc_entry_type, items, n}, total, q.limit, q.offset);
}

bool handle_dnc_create(struct op *op, const struct req *req, struct reply *rep)
{
    struct dnc_entry e = {0};

    return req_body(op, req, &dnc_entry_type, &e) && dnc_add(op, &e)
           && reply_with(rep, 201, &dnc_entry_type, &e);
}

bool handle_dnc_delete(struct op *op, const struct req *req, struct reply *rep)
{
    struct dnc_removal r = {0};
    struct req bare = *req;

    bare.query = STR("");
    if (!req_nothing(op, &bare) || !req_query(op, req, &dnc_removal_type, &r)
        || !dnc_remove(op, req->ids[0], r.reason))
        return false;
    rep->status = 204;
    return true;
}

/* The import is opened by the first piece of the file: only then is the form complete. */
struct dnc_upload {
    struct dnc_import_options options;
    struct dnc_import *import;
};

static struct dnc_import *opened(struct op *op, struct dnc_upload *u)
{
    if (!u->import)
        u->import = dnc_import_open(op, &u->options);
    return u->import;
}

static bool feed_import(struct op *op, void *ctx, struct str bytes)
{
    struct dnc_import *import = opened(op, ctx);

    return import && dnc_import_feed(op, import, bytes);
}

bool handle_dnc_import(struct op *op, const struct req *req, struct reply *rep)
{
    struct dnc_upload u = {0};

    rep->status = 200;
    return req_upload(op, req,
                      &(struct upload){.type = &dnc_import_options_type,
                                       .form = &u.options,
                                       .data = feed_import,
                                       .ctx = &u})
           && opened(op, &u) && dnc_import_finish(op, u.import, &rep->body);
}
