/* fake_provider.c - the vtable over a script. */

#include "tests/support/fake_provider.h"

#include <stdio.h>
#include <stdlib.h>

static struct fake_provider *self(const struct provider *p)
{
    return p->self;
}

/* From one thread at a time, as the tests that look at it do. */
static void note_asked(struct fake_provider *f, const struct provider *p)
{
    size_t n = strlen(f->asked);

    if (p->key)
        snprintf(f->asked + n, sizeof(f->asked) - n, "%s%s", n ? " " : "", p->account);
}

static bool is_here(const struct provider *p, const struct provider_call *c)
{
    return strcmp(p->account, c->account ? c->account : "fake") == 0;
}

static bool answers(struct op *op, const struct fake_provider *f)
{
    return f->fails_with == E_NONE || fail(op, f->fails_with, "The fake provider was told to fail");
}

static bool takes_keys(const struct provider *p)
{
    return self(p)->takes_keys;
}

static void create_phone_call(struct op *op, const struct provider *p, const struct dial_request *r,
                              struct dial_answer *out)
{
    struct fake_provider *f = self(p);
    int n = f->dials++;

    note_asked(f, p);

    snprintf(f->metadata, sizeof(f->metadata), "%s", r->metadata ? r->metadata : "");
    snprintf(f->key, sizeof(f->key), "%s", r->idempotency_key ? r->idempotency_key : "");
    if (f->answered < f->n_answers)
        *out = f->answers[f->answered++];
    else
        *out = (struct dial_answer){
            .result = DIAL_ACCEPTED,
            .http_status = 201,
            .provider_call_id = arena_printf(&op->arena, "fake_%d", n + 1),
        };
}

static bool get_call(struct op *op, const struct provider *p, const char *provider_call_id,
                     struct provider_call *out)
{
    struct fake_provider *f = self(p);

    f->gets++;
    note_asked(f, p);
    if (!answers(op, f))
        return false;
    for (int i = 0; i < f->n_calls; i++)
        if (is_here(p, &f->calls[i])
            && strcmp(f->calls[i].provider_call_id, provider_call_id) == 0) {
            *out = f->calls[i];
            return true;
        }
    return fail(op, E_RESOURCE_NOT_FOUND, "The provider has no such call");
}

static struct provider_call one_of_many(struct op *op, const struct fake_provider *f, int i)
{
    return (struct provider_call){
        .provider_call_id = arena_printf(&op->arena, "many_%d", i),
        .status = "ended",
        .started_at = {f->many_from_us + i * 10000LL},
        .metadata = {arena_printf(&op->arena, "{\"aga_attempt\":\"00000000-0000-4000-8000-%012d\"}",
                                  i)},
        .cost_cents = -1,
    };
}

static void find_many(struct op *op, const struct fake_provider *f, const struct provider_query *q,
                      struct provider_calls *out)
{
    for (size_t v = 0; q->key && v < q->n; v++) {
        int i = strncmp(q->values[v], "00000000-0000-4000-8000-", 24)
                    ? f->many
                    : (int)strtol(q->values[v] + 24, NULL, 10);
        if (i < f->many)
            out->items[out->n++] = one_of_many(op, f, i);
    }
}

static void list_many(struct op *op, const struct fake_provider *f, struct tstamp from,
                      struct tstamp to, size_t limit, struct provider_calls *out)
{
    for (int i = 0; i < f->many; i++) {
        int64_t at = f->many_from_us + i * 10000LL;
        if (at < from.us || at >= to.us)
            continue;
        if (out->n == limit)
            out->complete = false;
        else
            out->items[out->n++] = one_of_many(op, f, i);
    }
}

/* The values asked for are unique enough to be looked for as text. */
static bool is_asked_for(const struct provider_call *c, const struct provider_query *q)
{
    const char *metadata = c->metadata.text;

    if (q->key && !(metadata && strstr(metadata, q->key)))
        return false;
    for (size_t i = 0; i < q->n; i++)
        if (q->key ? strstr(metadata, q->values[i]) != NULL
                   : strcmp(c->provider_call_id, q->values[i]) == 0)
            return true;
    return false;
}

static bool find_calls(struct op *op, const struct provider *p, const struct provider_query *q,
                       size_t limit, struct provider_calls *out)
{
    struct fake_provider *f = self(p);

    f->finds++;
    note_asked(f, p);
    *out = (struct provider_calls){
        .items = arena_alloc(&op->arena, (FAKE_SCRIPT + q->n) * sizeof(*out->items)),
        .complete = !f->list_incomplete,
    };
    for (int i = 0; i < f->n_calls && out->n < limit; i++)
        if (is_here(p, &f->calls[i]) && is_asked_for(&f->calls[i], q))
            out->items[out->n++] = f->calls[i];
    find_many(op, f, q, out);
    return answers(op, f);
}

static bool list_calls(struct op *op, const struct provider *p, struct tstamp from,
                       struct tstamp to, size_t limit, struct provider_calls *out)
{
    struct fake_provider *f = self(p);
    size_t room = FAKE_SCRIPT + (size_t)f->many;

    *out = (struct provider_calls){
        .items = arena_alloc(&op->arena, (room < limit ? room : limit) * sizeof(*out->items)),
        .complete = !f->list_incomplete,
    };
    for (int i = 0; i < f->n_calls && out->n < limit; i++)
        if (is_here(p, &f->calls[i]) && f->calls[i].started_at.us >= from.us
            && f->calls[i].started_at.us < to.us)
            out->items[out->n++] = f->calls[i];
    list_many(op, f, from, to, limit, out);
    f->most_listed = out->n > f->most_listed ? out->n : f->most_listed;
    return answers(op, f);
}

static bool stop_call(struct op *op, const struct provider *p, const char *provider_call_id)
{
    struct fake_provider *f = self(p);

    f->stops++;
    for (int i = 0; i < f->n_calls; i++)
        if (strcmp(f->calls[i].provider_call_id, provider_call_id) == 0
            && strcmp(f->calls[i].status, "ongoing") == 0) {
            f->calls[i].status = "ended";
            return answers(op, f);
        }
    return fail(op, E_RESOURCE_NOT_FOUND, "The call is not ongoing");
}

static bool delete_call(struct op *op, const struct provider *p, const char *provider_call_id)
{
    struct fake_provider *f = self(p);

    (void)provider_call_id;
    note_asked(f, p);
    f->deletes++;
    return answers(op, f);
}

static bool get_concurrency(struct op *op, const struct provider *p,
                            struct provider_concurrency *out)
{
    struct fake_provider *f = self(p);

    f->concurrency_asked++;
    note_asked(f, p);
    *out = f->concurrency;
    return answers(op, f);
}

static bool get_agent(struct op *op, const struct provider *p, const char *agent_id,
                      struct provider_agent *out)
{
    struct fake_provider *f = self(p);

    f->agents_asked++;
    note_asked(f, p);
    if (!answers(op, f))
        return false;
    if (strcmp(agent_id, FAKE_AGENT) != 0)
        return fail(op, E_RESOURCE_NOT_FOUND, "The provider has no such agent");
    *out = (struct provider_agent){.agent_id = FAKE_AGENT, .name = "fake", .published = true};
    return true;
}

static bool list_numbers(struct op *op, const struct provider *p, struct provider_numbers *out)
{
    out->items = ARENA_NEW(&op->arena, struct provider_number);
    out->items[0] = (struct provider_number){.e164 = FAKE_NUMBER, .provider_number_id = "fake"};
    out->n = 1;
    return answers(op, self(p));
}

static bool verify_webhook(struct op *op, const struct provider *p, struct str body,
                           const char *signature, int64_t now_us)
{
    const struct provider *retell = self(p)->retell;

    return retell->verify_webhook(op, retell, body, signature, now_us);
}

static bool read_webhook(struct op *op, const struct provider *p, struct str body,
                         const char **event, struct provider_call *out)
{
    const struct provider *retell = self(p)->retell;

    return retell->read_webhook(op, retell, body, event, out);
}

struct fake_provider *fake_provider_open(const struct conf *conf)
{
    struct fake_provider *f = calloc(1, sizeof(*f));

    if (!f || !(f->retell = provider_open("retell", conf)))
        abort();
    f->provider = (struct provider){
        .name = "retell",
        .self = f,
        .account = "fake",
        .takes_keys = takes_keys,
        .create_phone_call = create_phone_call,
        .get_call = get_call,
        .find_calls = find_calls,
        .list_calls = list_calls,
        .stop_call = stop_call,
        .delete_call = delete_call,
        .get_concurrency = get_concurrency,
        .get_agent = get_agent,
        .list_numbers = list_numbers,
        .verify_webhook = verify_webhook,
        .read_webhook = read_webhook,
    };
    return f;
}

void fake_provider_close(struct fake_provider *f)
{
    f->retell->close(f->retell);
    free(f);
}

void fake_answer(struct fake_provider *f, struct dial_answer a)
{
    if (f->n_answers == FAKE_SCRIPT)
        abort();
    f->answers[f->n_answers++] = a;
}

void fake_call(struct fake_provider *f, struct provider_call pc)
{
    if (f->n_calls == FAKE_SCRIPT)
        abort();
    f->calls[f->n_calls++] = pc;
}
