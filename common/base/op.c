/* op.c - the life and the error of one operation. */

#include "common/base/op.h"

#include "common/base/buf.h"
#include "common/base/clock.h"

#include <inttypes.h>
#include <stdio.h>

PRINTF(4, 0)
static bool vfail(struct op *op, enum err_code code, const char *cause, const char *fmt, va_list ap)
{
    if (op->err.code != E_NONE)
        return false;
    op->err.code = code;
    op->err.message = arena_vprintf(&op->arena, fmt, ap);
    op->err.cause = cause ? arena_strdup(&op->arena, cause) : NULL;
    return false;
}

bool fail(struct op *op, enum err_code code, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vfail(op, code, NULL, fmt, ap);
    va_end(ap);
    return false;
}

bool fail_because(struct op *op, enum err_code code, const char *cause, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vfail(op, code, cause, fmt, ap);
    va_end(ap);
    return false;
}

/* Bounded, as a body may hold a hundred thousand unknown fields: each is compared with all. */
void err_detail_json(struct op *op, const char *key, const char *json)
{
    struct detail **end = &op->err.details;
    int n = 0;

    for (; *end; end = &(*end)->next, n++)
        if (n == ERR_DETAILS_MAX || strcmp((*end)->key, key) == 0)
            return;
    *end = ARENA_NEW(&op->arena, struct detail);
    **end = (struct detail){arena_strdup(&op->arena, key), arena_strdup(&op->arena, json), NULL};
}

void err_detail(struct op *op, const char *key, const char *text)
{
    struct buf quoted = {0};

    buf_json_string(&quoted, str_of(text));
    err_detail_json(op, key, quoted.p);
    buf_free(&quoted);
}

void err_detail_i64(struct op *op, const char *key, int64_t value)
{
    err_detail_json(op, key, arena_printf(&op->arena, "%" PRId64, value));
}

bool err_detail_drop(struct op *op, const char *key)
{
    struct detail **d = &op->err.details;

    while (*d && strcmp((*d)->key, key) != 0)
        d = &(*d)->next;
    if (!*d)
        return false;
    *d = (*d)->next;
    return true;
}

void err_details_under(struct op *op, const char *prefix, const struct op *part)
{
    for (const struct detail *d = part->err.details; d; d = d->next)
        err_detail_json(op, arena_printf(&op->arena, "%s.%s", prefix, d->key), d->json);
}

int op_time_left_ms(const struct op *op, int limit_ms)
{
    if (op->deadline_us == 0)
        return limit_ms;
    int64_t left = (op->deadline_us - clock_mono_us()) / 1000;
    if (left < 0)
        return 0;
    return left < limit_ms ? (int)left : limit_ms;
}

void op_forgive(struct op *op)
{
    op->err = (struct err){0};
}

void op_end(struct op *op)
{
    arena_end(&op->arena);
    op->db = NULL;
}

struct op op_part(const struct op *op)
{
    return (struct op){
        .app = op->app,
        .request_id = op->request_id,
        .tenant_id = op->tenant_id,
        .user_id = op->user_id,
        .session_id = op->session_id,
        .campaigns = op->campaigns,
        .principal = op->principal,
        .deadline_us = op->deadline_us,
        .at_commit = op->at_commit,
    };
}

bool op_fail_like(struct op *op, const struct op *part)
{
    return fail_because(op, part->err.code, part->err.cause, "%s", part->err.message);
}

bool op_may_see_campaign(const struct op *op, int64_t campaign_id)
{
    if (!op->campaigns)
        return true;
    for (int i = 0; i < op->campaigns->n; i++)
        if (op->campaigns->ids[i] == campaign_id)
            return true;
    return false;
}
