/* retell_exchange.c - one exchange with Retell, from the request to its verdict. */

#include "common/provider/retell.h"

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/secret_box.h"
#include "common/base/utf8.h"

enum {
    WORDS_BYTES = 500,
    WRITE_REPLY_BYTES = 1 << 20,
    READ_REPLY_BYTES = 8 << 20, /* an hour's transcript, word by word, three times over */
};

enum kind { READ, WRITE };

static const struct {
    const char *name, *method, *current, *seed;
    enum kind kind;
} ops[] = {
#define RETELL_OP(name, method, current, seed, kind) {#name, method, current, seed, kind},
#include "common/provider/retell_paths.def"
#undef RETELL_OP
};

static const char *url_of(struct op *op, const struct retell *r, const struct retell_ask *ask)
{
    struct buf b = {0};

    buf_str(&b, r->base_url);
    buf_str(&b, r->seed ? ops[ask->op].seed : ops[ask->op].current);
    if (ask->id)
        http_path_escape(&b, ask->id);
    if (ask->query)
        buf_str(&b, ask->query);
    return retell_finish(op, &b);
}

static void count(struct op *op, const struct retell_ask *ask, const struct http_reply *reply,
                  int64_t began_us)
{
    const char *status = reply->status ? arena_printf(&op->arena, "%d", reply->status)
                         : reply->sent ? "no_answer"
                                       : "never_sent";

    metric_add(M_PROVIDER_REQUESTS, 1, LABELS(ops[ask->op].name, status));
    metric_observe_us(M_PROVIDER_SECONDS, clock_mono_us() - began_us);
    if (reply->status < 200 || reply->status > 299)
        log_warning(op, "provider.request_failed", F("operation", ops[ask->op].name),
                    F("status", status), F("problem", reply->problem));
}

/* Wherever the request was made, the key goes to nobody else. */
static bool is_ours(const struct retell *r, const char *url)
{
    size_t n = strlen(r->base_url);

    return strncmp(url, r->base_url, n) == 0 && url[n] == '/';
}

void retell_exchange_here(struct op *op, const struct provider *p, const struct http_request *r,
                          struct http_reply *out)
{
    const struct retell *retell = p->self;
    struct http_request request = *r;
    char *own = NULL;
    size_t n;

    if (!is_ours(retell, r->url)) {
        *out = (struct http_reply){.body = STR(""), .problem = "the URL is not the provider's"};
        return;
    }
    if (p->key && !(own = secret_open(op, p->ring, p->key, "Authorization: Bearer ", &n))) {
        *out = (struct http_reply){.body = STR(""), .problem = "the workspace's key does not open"};
        return;
    }
    request.authorization = own ? own : retell->authorization;
    request.ca_file = retell->ca_file;
    http_exchange(op, &request, out);
    secret_wipe(own);
}

void retell_exchange(struct op *op, const struct provider *p, const struct retell_ask *ask,
                     struct http_reply *reply)
{
    const struct retell *r = p->self;
    bool once = ops[ask->op].kind == WRITE;
    int64_t began_us = clock_mono_us();
    struct http_request request = {
        .method = ops[ask->op].method,
        .url = url_of(op, r, ask),
        .body = ask->body,
        .once = once,
        .timeout_ms = op_time_left_ms(op, r->timeout_ms),
        .send_before_us = ask->send_before_us,
        .max_reply = once ? WRITE_REPLY_BYTES : READ_REPLY_BYTES,
    };

    p->exchange(op, p, &request, reply);
    count(op, ask, reply, began_us);
}

const struct cJSON *retell_json(struct op *op, struct str body)
{
    struct err before = op->err;
    const struct cJSON *tree = NULL;

    op_forgive(op);
    if (!json_parse(op, body, &tree))
        tree = NULL;
    op->err = before;
    return tree;
}

/* Valid UTF-8 without NUL, because it ends in a text column. */
static const char *cut(struct op *op, struct str raw)
{
    struct buf b = {.max = WORDS_BYTES};

    while (raw.n && !b.over) {
        size_t n = raw.p[0] ? utf8_len(raw.p, raw.n) : 0;
        if (n)
            buf_add(&b, raw.p, n);
        else
            buf_char(&b, '?');
        n += n == 0;
        raw = (struct str){raw.p + n, raw.n - n};
    }
    return retell_finish(op, &b);
}

const char *retell_words(struct op *op, struct str body)
{
    const struct cJSON *json = retell_json(op, body);
    const char *words = json_get_string(json, "message");

    if (!words)
        words = json_get_string(json, "error_message");
    return cut(op, words ? str_of(words) : body);
}

/* Phone numbers in the provider's words, masked: an error's message reaches the log. */
static const char *mask_numbers(struct op *op, const char *words)
{
    struct buf b = {0};

    for (const char *p = words; *p; p++) {
        size_t digits = *p == '+' ? strspn(p + 1, "0123456789") : 0;
        if (digits >= 7) {
            phone_mask(&b, arena_strndup(&op->arena, p, digits + 1));
            p += digits;
        } else {
            buf_char(&b, *p);
        }
    }
    return retell_finish(op, &b);
}

static bool fail_unanswered(struct op *op, const struct retell_ask *ask,
                            const struct http_reply *reply)
{
    if (!reply->sent)
        return fail_because(op, E_SERVICE_UNAVAILABLE, reply->problem, "Retell cannot be reached");
    if (ops[ask->op].kind == READ)
        return fail_because(op, E_SERVICE_UNAVAILABLE, reply->problem,
                            "Retell did not answer in time or not readably");
    return fail_because(op, E_PROVIDER_ERROR, reply->problem,
                        "Retell did not answer; the request may have been carried out");
}

static bool fail_refused(struct op *op, const struct retell_ask *ask,
                         const struct http_reply *reply)
{
    const char *words = mask_numbers(op, retell_words(op, reply->body));
    bool first = op->err.code == E_NONE;
    enum err_code code = E_PROVIDER_ERROR;

    if (ask->id && (reply->status == 404 || reply->status == 422))
        code = E_RESOURCE_NOT_FOUND; /* Retell says "not found" with either */
    if (reply->status == 429 || reply->status == 503)
        code = E_SERVICE_UNAVAILABLE;
    fail(op, code, "Retell answered %d: %s", reply->status, words);
    if (first)
        op->err.retry_after = reply->retry_after_seconds;
    return false;
}

/* What would name another resource, or none, is not sent. */
static bool check_id(struct op *op, const char *id)
{
    if (!id || (*id && strcmp(id, ".") != 0 && strcmp(id, "..") != 0))
        return true;
    return fail(op, E_RESOURCE_NOT_FOUND, "Retell has no resource named \"%s\"", id);
}

bool retell_ask(struct op *op, const struct provider *p, const struct retell_ask *ask,
                const struct cJSON **out)
{
    struct http_reply reply;

    *out = NULL;
    if (!check_id(op, ask->id))
        return false;
    retell_exchange(op, p, ask, &reply);
    if (reply.status == 0)
        return fail_unanswered(op, ask, &reply);
    if (reply.status < 200 || reply.status > 299)
        return fail_refused(op, ask, &reply);
    if (reply.body.n == 0)
        return true;
    *out = retell_json(op, reply.body);
    if (!*out)
        return fail(op, E_PROVIDER_ERROR, "Retell's answer to %s is not JSON", ops[ask->op].name);
    return true;
}
