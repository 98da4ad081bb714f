/* gate.c - one pass over the headers, then the few rules that need them all. */

#include "api/gate.h"

#include <strings.h>

enum { MAX_REQUEST_ID = 64, MAX_LENGTH_DIGITS = 18 };

/* Headers that mean something here; each may appear once. */
struct seen {
    const char *host, *content_length, *transfer_encoding, *connection, *upgrade, *expect;
};

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 9110, section 5.6.2. */
static bool is_token(const char *s)
{
    const char *p = s;

    while (is_alnum(*p) || (*p && strchr("!#$%&'*+-.^_`|~", *p)))
        p++;
    return p != s && *p == '\0';
}

/* civetweb leaves the blanks before a line's end. */
static struct str trimmed(const char *s)
{
    struct str t = str_of(s);

    while (t.n && t.p[t.n - 1] == ' ')
        t.n--;
    return t;
}

static bool read_length(const char *text, int64_t *out)
{
    struct str s = trimmed(text);

    *out = 0;
    if (s.n == 0 || s.n > MAX_LENGTH_DIGITS)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        *out = *out * 10 + (s.p[i] - '0');
    }
    return true;
}

static bool is_port(struct str s)
{
    int port = 0;

    if (s.n == 0 || s.n > 5)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        port = port * 10 + (s.p[i] - '0');
    }
    return port > 0 && port <= 65535;
}

/* A name or an address, perhaps with a port; nothing is ever built from it. */
static bool is_host(const char *text)
{
    struct str s = trimmed(text);
    size_t i = 0;

    if (s.n && s.p[0] == '[') {
        while (i < s.n && (is_alnum(s.p[i]) || strchr("[:.", s.p[i])))
            i++;
        if (i == s.n || s.p[i++] != ']')
            return false;
    } else {
        while (i < s.n && (is_alnum(s.p[i]) || s.p[i] == '-' || s.p[i] == '.' || s.p[i] == '_'))
            i++;
    }
    if (i == 0)
        return false;
    return i == s.n || (s.p[i] == ':' && is_port((struct str){s.p + i + 1, s.n - i - 1}));
}

static bool is_request_id(const char *s)
{
    size_t n = 0;

    while (is_alnum(s[n]) || s[n] == '-' || s[n] == '_' || s[n] == '.')
        n++;
    return n > 0 && n <= MAX_REQUEST_ID && s[n] == '\0';
}

/* Is word one of the comma-separated words of list? */
static bool lists(const char *list, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = list; *p;) {
        p += strspn(p, " \t,");
        size_t len = strcspn(p, " \t,");
        if (len == n && strncasecmp(p, word, n) == 0)
            return true;
        p += len;
    }
    return false;
}

static const char **place_of(const char *name, struct seen *s, struct gate_pass *out)
{
    const struct {
        const char *name;
        const char **place;
    } places[] = {
        {"Host", &s->host},
        {"Content-Length", &s->content_length},
        {"Content-Type", &out->content_type},
        {"Authorization", &out->authorization},
        {"X-API-Key", &out->api_key},
        {"Connection", &s->connection},
        {"Expect", &s->expect},
        {"Transfer-Encoding", &s->transfer_encoding},
        {"Content-Encoding", &out->content_encoding},
        {"Upgrade", &s->upgrade},
        {"X-Retell-Signature", &out->signature},
        {"Idempotency-Key", &out->idempotency_key},
        {"Cookie", &out->cookies},
    };

    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        if ((name[0] | 0x20) == (places[i].name[0] | 0x20) && strcasecmp(name, places[i].name) == 0)
            return places[i].place;
    return NULL;
}

static enum err_code read_headers(const struct gate_head *h, struct seen *s, struct gate_pass *out,
                                  const char **why)
{
    for (int i = 0; i < h->n; i++) {
        const struct gate_header *f = &h->headers[i];
        const char **place = place_of(f->name, s, out);

        if (!is_token(f->name)) {
            *why = "A header name is not a token";
            return E_MALFORMED_REQUEST;
        }
        if (place && *place) {
            *why = "A header that may appear once appears twice";
            return E_MALFORMED_REQUEST;
        }
        if (place)
            *place = f->value;
        else if (strcasecmp(f->name, "X-Request-Id") == 0 && is_request_id(f->value))
            out->request_id = f->value;
        else if (strcasecmp(f->name, "X-Forwarded-For") == 0)
            out->forwarded_for = f->value;
    }
    return E_NONE;
}

/* No route has any of these in it; a path that has is not one we could mean. */
static bool is_plain_path(const char *path)
{
    if (path[0] != '/')
        return false;
    for (const char *p = path; *p; p++) {
        if (*p < '!' || *p > '~' || strchr("%;\\", *p))
            return false;
        if (*p == '/' && (p[1] == '/' || (p[1] == '.' && (!p[2] || strchr("/.", p[2])))))
            return false;
    }
    return true;
}

static enum err_code check_target(const struct gate_head *h, const char **why)
{
    if (h->path[0] != '/') {
        *why = "The request target must be a path";
        return E_MALFORMED_REQUEST;
    }
    if (!is_plain_path(h->path)) {
        *why = "There is no resource at this path";
        return E_RESOURCE_NOT_FOUND;
    }
    return E_NONE;
}

static enum err_code check_framing(const struct gate_head *h, const struct seen *s,
                                   struct gate_pass *out, const char **why)
{
    *why = NULL;
    if (s->transfer_encoding && strcasecmp(s->transfer_encoding, "chunked") == 0
        && !s->content_length && strcmp(h->version, "1.1") == 0) {
        *why = "A body must come with a Content-Length";
        return E_LENGTH_REQUIRED;
    }
    if (s->transfer_encoding)
        *why = "A transfer coding is not accepted";
    else if (s->content_length && !read_length(s->content_length, &out->content_length))
        *why = "Content-Length must be a number";
    else if (out->content_length && strcmp(h->method, "GET") == 0)
        *why = "A GET request takes no body";
    else if (s->host ? !is_host(s->host) : strcmp(h->version, "1.0") != 0)
        *why = "There must be one valid Host header";
    else if (s->expect && strcasecmp(s->expect, "100-continue") != 0)
        *why = "Expect can only be 100-continue";
    return *why ? E_MALFORMED_REQUEST : E_NONE;
}

static size_t uri_size(const struct gate_head *h)
{
    return strlen(h->path) + (h->query ? strlen(h->query) : 0);
}

static size_t head_size(const struct gate_head *h)
{
    size_t n = uri_size(h);

    for (int i = 0; i < h->n; i++)
        n += strlen(h->headers[i].name) + strlen(h->headers[i].value) + 4;
    return n;
}

enum err_code gate_check(const struct gate_head *h, struct gate_pass *out, const char **why)
{
    struct seen s = {0};
    enum err_code code;

    *out = (struct gate_pass){0};
    if (uri_size(h) > GATE_MAX_URI) {
        *why = "The request target is too long";
        return E_URI_TOO_LONG;
    }
    if (h->n > GATE_MAX_HEADERS || head_size(h) > GATE_MAX_HEAD) {
        *why = "The request head is too large";
        return E_HEADERS_TOO_LARGE;
    }
    if ((code = read_headers(h, &s, out, why)) != E_NONE)
        return code;
    if ((code = check_framing(h, &s, out, why)) != E_NONE)
        return code;
    out->expects_continue = s.expect && strcmp(h->version, "1.1") == 0;
    out->keep_alive =
        strcmp(h->version, "1.1") == 0 && !s.upgrade
        && (!s.connection || (lists(s.connection, "keep-alive") && !lists(s.connection, "close")));
    return check_target(h, why);
}

static const char *end_of(const char *s)
{
    return s + strlen(s);
}

/* "Name:" became "Name" NUL; more NULs before the value were blanks before the colon. */
static bool is_tight(const struct gate_header *f)
{
    for (const char *p = end_of(f->name) + 1; p < f->value; p++)
        if (*p != ' ')
            return false;
    return true;
}

bool gate_layout_is_strict(const struct gate_head *h)
{
    const char *end = h->query ? h->query : h->path;
    char third = h->n ? '\r' : '\0';

    if (h->path != end_of(h->method) + 1 || h->version != end_of(end) + 1 + strlen("HTTP/"))
        return false;
    end = end_of(h->version);
    for (int i = 0; i < h->n; i++) {
        if (h->headers[i].name != end + 2 || !is_tight(&h->headers[i]))
            return false;
        end = end_of(h->headers[i].value);
    }
    /* CRLF CRLF, as civetweb cuts it behind a header and behind the request line. */
    return end[1] == '\0' && end[2] == third && end[3] == '\0';
}

/* application/json, alone or with charset=utf-8. */
static bool is_json(const char *type)
{
    const char *p = type;

    if (strncasecmp(p, "application/json", 16) != 0)
        return false;
    p += 16;
    p += strspn(p, " ");
    if (*p == ';') {
        p++;
        p += strspn(p, " ");
        if (strncasecmp(p, "charset=utf-8", 13) == 0)
            p += 13;
        else if (strncasecmp(p, "charset=\"utf-8\"", 15) == 0)
            p += 15;
        p += strspn(p, " ");
    }
    return *p == '\0';
}

static int64_t limit_of(enum route_kind kind, const struct gate_limits *limits)
{
    switch (kind) {
    case KIND_NONE:
    case KIND_OPTIONAL:
    case KIND_JSON: return limits->json_bytes;
    case KIND_RAW: return GATE_MAX_RAW_BODY;
    case KIND_STREAM: return limits->upload_bytes;
    }
    return 0;
}

enum err_code gate_check_body(const struct gate_pass *pass, enum route_kind kind,
                              const struct gate_limits *limits, const char **why)
{
    if (pass->content_length > limit_of(kind, limits)) {
        *why = "The request body is too large";
        return E_PAYLOAD_TOO_LARGE;
    }
    if (pass->content_encoding) {
        *why = "A content coding is not accepted";
        return E_UNSUPPORTED_MEDIA_TYPE;
    }
    if (kind != KIND_RAW && kind != KIND_STREAM && pass->content_length
        && (!pass->content_type || !is_json(pass->content_type))) {
        *why = "The request body must be application/json";
        return E_UNSUPPORTED_MEDIA_TYPE;
    }
    return E_NONE;
}
