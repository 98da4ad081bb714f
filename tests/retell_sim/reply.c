/* reply.c - bodies of answers: JSON, and the vendor's two kinds of error. */

#include "tests/retell_sim/server.h"

#include <stdarg.h>
#include <stdio.h>

struct buf *sim_reply_json(struct sim_reply *r, int status)
{
    r->status = status;
    r->type = "application/json; charset=utf-8";
    buf_reset(&r->body);
    return &r->body;
}

static void reply_text(struct sim_reply *r, int status, const char *before, const char *text)
{
    struct buf *b = sim_reply_json(r, status);

    buf_str(b, before);
    buf_json_string(b, str_of(text));
    buf_char(b, '}');
}

void sim_reply_error(struct sim_reply *r, int status, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    reply_text(r, status, "{\"status\":\"error\",\"message\":", text);
}

void sim_reply_schema(struct sim_reply *r, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    reply_text(r, 400, "{\"error_message\":", text);
}
