/* unit.c - the handler's transaction is left open until its answer is known. */

#include "api/unit.h"

#include "api/trail.h"
#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "common/tenant/mentions.h"

enum { KEY_MAX = 255, STREAM_SECONDS = 60, STREAM_STAY_US = 10 * 1000000, MARGIN_SECONDS = 10 };

static bool is_key(const char *s)
{
    size_t n = 0;

    while (s[n] > ' ' && s[n] <= '~')
        n++;
    return n > 0 && n <= KEY_MAX && s[n] == '\0';
}

/* The lengths are part of it: no two requests run together. */
static void write_fingerprint(const struct req *req, char *out)
{
    const struct str texts[] = {str_of(req->route->method), req->path, req->query, req->body};
    struct str parts[2 * ARRAY_LEN(texts)];
    uint64_t sizes[ARRAY_LEN(texts)];
    unsigned char sum[SHA256_BYTES];

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        sizes[i] = texts[i].n;
        parts[2 * i] = (struct str){(const char *)&sizes[i], sizeof(sizes[i])};
        parts[2 * i + 1] = texts[i];
    }
    sha256(parts, ARRAY_LEN(parts), sum);
    hex_write(out, sum, sizeof(sum));
}

static void end_digest(void *digest)
{
    digest_end(digest);
}

static void read_content(struct op *op, struct unit *u, struct req *req)
{
    u->content = (struct content){.digest = digest_begin(), .taken = unit_was_answered(u)};
    arena_defer(&op->arena, end_digest, u->content.digest);
    req->content = &u->content;
}

static bool hold_key(struct op *op, struct unit *u, struct req *req, const char *key)
{
    bool streams = req->route->kind == KIND_STREAM;

    if (!is_key(key))
        return fail(op, E_MALFORMED_REQUEST,
                    "Idempotency-Key must be 1 to %d visible ASCII characters", KEY_MAX);
    u->key.key = key;
    u->key.seconds = streams
                         ? STREAM_SECONDS
                         : (int)(op->app->conf->http_request_timeout_ms / 1000) + MARGIN_SECONDS;
    write_fingerprint(req, u->key.fingerprint);
    if (!request_key_take(op, &u->key, &u->answered)) {
        u->key.key = NULL; /* not ours */
        return false;
    }
    u->held_us = clock_mono_us();
    if (streams)
        read_content(op, u, req);
    return true;
}

/* The first transaction of several tells of them all; of an upload, that of its first batch. */
static bool tell_at_commit(struct op *op, struct at_commit *c)
{
    struct unit *u = (struct unit *)c;

    if (u->told)
        return true;
    u->told = true;
    return trail_record(op, u->req, u->before, NULL);
}

static bool begin(struct op *op, struct unit *u)
{
    if (u->kind == UNIT_STEPS) {
        u->at_commit.run = tell_at_commit;
        op->at_commit = &u->at_commit;
    }
    op->one_transaction = u->kind != UNIT_STEPS;
    bool whole = u->kind == UNIT_WHOLE || u->kind == UNIT_SHOWN;
    return (!whole || db_begin(op)) && trail_before(op, u->req, &u->before);
}

bool unit_open(struct op *op, struct unit *u, const struct gate_pass *pass, struct req *req)
{
    *u = (struct unit){.kind = req->route->manner.unit, .req = req};
    if (u->kind == UNIT_NONE)
        return true;
    if (pass->idempotency_key && u->kind == UNIT_SHOWN)
        return fail(op, E_MALFORMED_REQUEST,
                    "This answer is a secret that is not kept: send it without Idempotency-Key");
    if (pass->idempotency_key && !hold_key(op, u, req, pass->idempotency_key))
        return false;
    return unit_was_answered(u) || begin(op, u);
}

void unit_stay(struct op *op, struct unit *u)
{
    struct op part;

    if (!u->key.key || unit_was_answered(u) || clock_mono_us() - u->held_us < STREAM_STAY_US)
        return;
    u->held_us = clock_mono_us();
    part = op_part(op);
    if (!request_key_extend(&part, &u->key))
        log_failure(&part, "request_key.not_extended");
    op_end(&part);
}

static bool replay(struct op *op, const struct unit *u, struct reply *rep)
{
    char content[SHA256_HEX_SIZE];

    if (op->err.code != E_NONE)
        return false;
    if (u->content.digest) {
        digest_sum(u->content.digest, content);
        if (!u->answered.content || strcmp(u->answered.content, content) != 0)
            return fail(op, E_IDEMPOTENCY_MISMATCH,
                        "This Idempotency-Key was sent with another upload");
    }
    metric_add(M_HTTP_REPLAYED, 1, NULL);
    buf_reset(&rep->body);
    buf_str(&rep->body, u->answered.reply);
    rep->status = u->answered.status;
    rep->replayed = true;
    return true;
}

/* A refusal is an answer, and what it wrote stays. */
static bool stands(const struct op *op, bool ok)
{
    return ok || err_class(op->err.code) == EC_REFUSED;
}

static bool keep_answer(struct op *op, const struct unit *u, const struct reply *rep)
{
    char content[SHA256_HEX_SIZE];
    struct request_answer a = {.status = rep->status, .reply = buf_view(&rep->body).p};

    if (!u->key.key)
        return true;
    a.about = mentions(op, trail_subject(op, u->req, rep), buf_view(&rep->body));
    if (u->content.digest) {
        digest_sum(u->content.digest, content);
        a.content = content;
    }
    return request_key_done(op, &u->key, &a);
}

static bool keep(struct op *op, const struct unit *u, struct reply *rep)
{
    struct err refusal = op->err;

    if (rep->body.over)
        return false; /* it cannot be answered, so it is not done */
    if (refusal.code != E_NONE)
        reply_error(op, rep);
    op_forgive(op);
    if (!db_begin(op) || !trail_record(op, u->req, u->before, rep) || !keep_answer(op, u, rep))
        return false;
    op->one_transaction = false;
    if (!db_commit(op))
        return false;
    op->err = refusal;
    return true;
}

static void free_key(struct op *op, const struct unit *u)
{
    struct op part = op_part(op);

    if (!request_key_free(&part, &u->key))
        log_failure(&part, "request_key.not_freed");
    op_end(&part);
}

/* The work is done and cannot be undone; that its answer could not be kept is no reason to fail. */
static void keep_aside(struct op *op, const struct unit *u, struct reply *rep)
{
    struct op part = op_part(op);

    if (!keep_answer(&part, u, rep))
        log_failure(&part, "request_key.not_kept");
    op_end(&part);
}

static bool close_steps(struct op *op, const struct unit *u, bool ok, struct reply *rep)
{
    db_release(op);
    if (ok && !rep->body.over)
        keep_aside(op, u, rep);
    else if (u->key.key)
        free_key(op, u);
    return ok;
}

bool unit_close(struct op *op, struct unit *u, bool ok, struct reply *rep)
{
    if (u->kind == UNIT_NONE)
        return ok;
    if (unit_was_answered(u))
        return replay(op, u, rep);
    op->at_commit = NULL;
    if (u->kind == UNIT_STEPS)
        return close_steps(op, u, ok, rep);
    if (stands(op, ok) && keep(op, u, rep))
        return ok;
    op->one_transaction = false;
    db_rollback(op);
    db_release(op);
    if (u->key.key)
        free_key(op, u);
    return false;
}
