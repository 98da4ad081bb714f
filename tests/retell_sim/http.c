/* http.c - heads, chunks, queries. */

#include "tests/retell_sim/http.h"

#include <stdlib.h>
#include <strings.h>

static bool next_line(struct str *in, struct str *line)
{
    const char *end = memchr(in->p, '\n', in->n);

    if (!end)
        return false;
    *line = (struct str){in->p, (size_t)(end - in->p)};
    in->n -= line->n + 1;
    in->p = end + 1;
    return true;
}

static bool strip_cr(struct str *line)
{
    if (!line->n || line->p[line->n - 1] != '\r')
        return false;
    line->n--;
    return true;
}

static struct str word(struct str *line)
{
    const char *space = memchr(line->p, ' ', line->n);
    struct str w = {line->p, space ? (size_t)(space - line->p) : line->n};
    size_t skip = w.n + (space ? 1 : 0);

    line->p += skip;
    line->n -= skip;
    return w;
}

static bool version(struct str v, struct sim_head *head)
{
    head->keep_alive = str_eq(v, STR("HTTP/1.1"));
    return head->keep_alive || str_eq(v, STR("HTTP/1.0"));
}

static bool first_line(struct str line, bool response, struct sim_head *head)
{
    if (response) {
        if (!version(word(&line), head) || line.n < 3)
            return false;
        for (int i = 0; i < 3; i++) {
            if (line.p[i] < '0' || line.p[i] > '9')
                return false;
            head->status = head->status * 10 + (line.p[i] - '0');
        }
        return head->status >= 100;
    }
    head->method = word(&line);
    head->target = word(&line);
    return head->method.n && head->target.n && head->target.p[0] == '/' && version(line, head);
}

static bool same(struct str s, const char *lower)
{
    return s.n == strlen(lower) && strncasecmp(s.p, lower, s.n) == 0;
}

static bool read_length(struct str v, struct sim_head *head)
{
    size_t n = 0;

    if (head->has_length || !v.n || v.n > 15)
        return false;
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < '0' || v.p[i] > '9')
            return false;
        n = n * 10 + (size_t)(v.p[i] - '0');
    }
    head->length = n;
    head->has_length = true;
    return true;
}

static bool header(struct str name, struct str value, struct sim_head *head)
{
    if (same(name, "content-length"))
        return read_length(value, head);
    if (same(name, "transfer-encoding")) {
        head->chunked = same(value, "chunked");
        return head->chunked;
    }
    if (same(name, "connection")) {
        if (same(value, "close"))
            head->keep_alive = false;
        else if (same(value, "keep-alive"))
            head->keep_alive = true;
    } else if (same(name, "expect")) {
        head->expects_continue = same(value, "100-continue");
    } else if (same(name, "authorization")) {
        head->authorization = value;
    } else if (same(name, "x-stainless-retry-count")) {
        head->retry_count = value;
    }
    return true;
}

static bool header_line(struct str line, struct sim_head *head)
{
    const char *colon = memchr(line.p, ':', line.n);

    if (!colon || colon == line.p || line.p[0] == ' ' || line.p[0] == '\t')
        return false;
    struct str name = {line.p, (size_t)(colon - line.p)};
    struct str value = {colon + 1, line.n - name.n - 1};
    while (value.n && (*value.p == ' ' || *value.p == '\t')) {
        value.p++;
        value.n--;
    }
    while (value.n && (value.p[value.n - 1] == ' ' || value.p[value.n - 1] == '\t'))
        value.n--;
    return !memchr(name.p, ' ', name.n) && header(name, value, head);
}

enum sim_parse sim_head_parse(struct str in, bool response, struct sim_head *head)
{
    struct str rest = in, line;
    bool first = true;

    *head = (struct sim_head){0};
    while (next_line(&rest, &line)) {
        if (!strip_cr(&line))
            return SIM_PARSE_BAD;
        if (first && !first_line(line, response, head))
            return SIM_PARSE_BAD;
        if (!first && !line.n) {
            head->size = (size_t)(rest.p - in.p);
            return head->chunked && head->has_length ? SIM_PARSE_BAD : SIM_PARSE_OK;
        }
        if (!first && !header_line(line, head))
            return SIM_PARSE_BAD;
        first = false;
    }
    return in.n > SIM_HEAD_MAX ? SIM_PARSE_BAD : SIM_PARSE_MORE;
}

static bool chunk_size(struct str line, size_t *out)
{
    size_t n = 0, digits = 0;

    for (; digits < line.n && digits < 8; digits++) {
        char c = line.p[digits];
        int d = c >= '0' && c <= '9'                     ? c - '0'
                : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                         : -1;
        if (d < 0)
            break;
        n = n << 4 | (size_t)d;
    }
    *out = n;
    return digits && (digits == line.n || line.p[digits] == ';');
}

/* Walk the chunks; with `to`, gather their data there. */
static enum sim_parse walk_chunks(char *p, size_t n, char *to, size_t *body, size_t *used)
{
    struct str rest = {p, n}, line;
    size_t size;

    *body = 0;
    for (;;) {
        if (!next_line(&rest, &line))
            return rest.n > 256 ? SIM_PARSE_BAD : SIM_PARSE_MORE;
        if (!strip_cr(&line) || !chunk_size(line, &size))
            return SIM_PARSE_BAD;
        if (size == 0)
            break;
        if (rest.n < size + 2)
            return SIM_PARSE_MORE;
        if (rest.p[size] != '\r' || rest.p[size + 1] != '\n')
            return SIM_PARSE_BAD;
        if (to)
            memmove(to + *body, rest.p, size);
        *body += size;
        rest.p += size + 2;
        rest.n -= size + 2;
    }
    do { /* trailers, then the empty line */
        if (!next_line(&rest, &line))
            return SIM_PARSE_MORE;
        if (!strip_cr(&line))
            return SIM_PARSE_BAD;
    } while (line.n);
    *used = (size_t)(rest.p - p);
    return SIM_PARSE_OK;
}

enum sim_parse sim_chunked_read(char *p, size_t n, size_t *body, size_t *used)
{
    enum sim_parse parse = walk_chunks(p, n, NULL, body, used);

    return parse == SIM_PARSE_OK ? walk_chunks(p, n, p, body, used) : parse;
}

const char *sim_http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {402, "Payment Required"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {412, "Precondition Failed"},
        {413, "Payload Too Large"},
        {422, "Unprocessable Entity"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };

    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Other";
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (c | 0x20) - 'a' + 10;
    return -1;
}

bool sim_percent_decode(struct str s, char *out, size_t cap)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            if (i + 2 >= s.n || hex(s.p[i + 1]) < 0 || hex(s.p[i + 2]) < 0)
                return false;
            c = (char)(hex(s.p[i + 1]) << 4 | hex(s.p[i + 2]));
            i += 2;
        }
        if (n + 1 >= cap || c == '\0')
            return false;
        out[n++] = c;
    }
    out[n] = '\0';
    return true;
}

bool sim_query_get(struct str query, const char *name, char *out, size_t cap)
{
    struct str wanted = str_of(name);

    while (query.n) {
        const char *amp = memchr(query.p, '&', query.n);
        struct str pair = {query.p, amp ? (size_t)(amp - query.p) : query.n};
        if (str_starts(pair, wanted) && pair.n > wanted.n && pair.p[wanted.n] == '=')
            return sim_percent_decode((struct str){pair.p + wanted.n + 1, pair.n - wanted.n - 1},
                                      out, cap);
        query.p += pair.n + (amp ? 1 : 0);
        query.n -= pair.n + (amp ? 1 : 0);
    }
    return false;
}

bool sim_url_split(const char *url, char *host, size_t cap, char *port, size_t port_cap,
                   const char **path)
{
    if (strncmp(url, "http://", 7) != 0 || strpbrk(url, " \t\r\n"))
        return false;
    const char *p = url + 7;
    size_t n = strcspn(p, ":/?");
    if (!n || n >= cap)
        return false;
    memcpy(host, p, n);
    host[n] = '\0';
    p += n;
    n = 2;
    const char *digits = "80";
    if (*p == ':') {
        digits = ++p;
        n = strspn(p, "0123456789");
        p += n;
    }
    if (!n || n >= port_cap || (*p && *p != '/'))
        return false;
    memcpy(port, digits, n);
    port[n] = '\0';
    *path = *p ? p : "/";
    return true;
}
