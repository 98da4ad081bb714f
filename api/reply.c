/* reply.c - how an operation's outcome becomes an HTTP answer. */

#include "api/reply.h"

#include <time.h>

/* The one place that knows what a class of failure is in HTTP. */
static int http_status(enum err_class class)
{
    switch (class) {
    case EC_NONE: return 200;
    case EC_INVALID: return 422;
    case EC_MALFORMED: return 400;
    case EC_ANONYMOUS: return 401;
    case EC_DENIED: return 403;
    case EC_MISSING: return 404;
    case EC_NO_METHOD: return 405;
    case EC_TOO_LARGE: return 413;
    case EC_URI_TOO_LONG: return 414;
    case EC_HEADERS_TOO_LARGE: return 431;
    case EC_LENGTH_REQUIRED: return 411;
    case EC_MEDIA_TYPE: return 415;
    case EC_TIMEOUT: return 408;
    case EC_CONFLICT: return 409;
    case EC_REFUSED: return 409;
    case EC_UNPAID: return 402;
    case EC_THROTTLED: return 429;
    case EC_UPSTREAM: return 502;
    case EC_BUSY: return 503;
    case EC_FAULT: return 500;
    }
    return 500;
}

static const char *reason(int status)
{
    switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 303: return "See Other";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    default: return "Status";
    }
}

bool reply_with(struct reply *rep, int status, const struct type *t, const void *v)
{
    rep->status = status;
    to_json(&rep->body, t, v);
    return true;
}

static void write_details(struct buf *b, const struct detail *d)
{
    buf_char(b, '{');
    for (const char *comma = ""; d; d = d->next, comma = ",") {
        buf_str(b, comma);
        buf_json_string(b, str_of(d->key));
        buf_char(b, ':');
        buf_str(b, d->json);
    }
    buf_char(b, '}');
}

static int retry_after(const struct err *e)
{
    enum err_class class = err_class(e->code);

    if (e->retry_after == 0 && (class == EC_THROTTLED || class == EC_BUSY))
        return 1;
    return e->retry_after;
}

void reply_error(struct op *op, struct reply *rep)
{
    const struct err *e = &op->err;

    buf_reset(&rep->body);
    rep->content_type = rep->filename = rep->location = rep->cookie = NULL;
    rep->more = NULL;
    rep->status = http_status(err_class(e->code));
    rep->retry_after = retry_after(e);
    buf_str(&rep->body, "{\"error\":{\"code\":\"");
    buf_str(&rep->body, err_name(e->code));
    buf_str(&rep->body, "\",\"message\":");
    buf_json_string(&rep->body, str_of(e->message));
    buf_str(&rep->body, ",\"details\":");
    write_details(&rep->body, e->details);
    buf_str(&rep->body, ",\"request_id\":");
    buf_json_string(&rep->body, str_of(op->request_id));
    buf_str(&rep->body, "}}");
}

/* Formatted once a second and thread. */
static void write_date(struct buf *out)
{
    static _Thread_local time_t formatted;
    static _Thread_local char text[32];
    time_t now = time(NULL);
    struct tm tm;

    if (now != formatted) {
        gmtime_r(&now, &tm);
        strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
        formatted = now;
    }
    buf_str(out, text);
}

static void write_header(struct buf *out, const char *name, const char *value)
{
    buf_str(out, name);
    buf_add(out, ": ", 2);
    buf_str(out, value);
    buf_add(out, "\r\n", 2);
}

static void write_number(struct buf *out, const char *name, int64_t value)
{
    buf_str(out, name);
    buf_add(out, ": ", 2);
    buf_i64(out, value);
    buf_add(out, "\r\n", 2);
}

void reply_head(struct buf *out, const struct reply *rep, const char *request_id, bool close)
{
    buf_str(out, "HTTP/1.1 ");
    buf_i64(out, rep->status);
    buf_char(out, ' ');
    buf_str(out, reason(rep->status));
    buf_str(out, "\r\nDate: ");
    write_date(out);
    buf_str(out, "\r\nX-Content-Type-Options: nosniff\r\n"
                 "Cache-Control: no-store\r\n"
                 "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n");
    write_header(out, "X-Request-Id", request_id);
    if (rep->status != 204) {
        write_header(out, "Content-Type",
                     rep->content_type ? rep->content_type : "application/json");
        if (!rep->more)
            write_number(out, "Content-Length", (int64_t)rep->body.n);
        else if (rep->chunked)
            write_header(out, "Transfer-Encoding", "chunked");
    }
    if (rep->filename) {
        buf_str(out, "Content-Disposition: attachment; filename=\"");
        buf_str(out, rep->filename);
        buf_str(out, "\"\r\n");
    }
    if (rep->allow)
        write_header(out, "Allow", rep->allow);
    if (rep->location)
        write_header(out, "Location", rep->location);
    if (rep->cookie)
        write_header(out, "Set-Cookie", rep->cookie);
    if (rep->status == 401)
        write_header(out, "WWW-Authenticate", "Bearer realm=\"agoralia\"");
    if (rep->retry_after > 0)
        write_number(out, "Retry-After", rep->retry_after);
    if (rep->rate.limit) {
        write_number(out, "RateLimit-Limit", rep->rate.limit);
        write_number(out, "RateLimit-Remaining", rep->rate.left);
        write_number(out, "RateLimit-Reset", rep->rate.full_seconds);
    }
    if (rep->replayed)
        write_header(out, "Idempotent-Replayed", "true");
    if (close)
        write_header(out, "Connection", "close");
    buf_add(out, "\r\n", 2);
}
