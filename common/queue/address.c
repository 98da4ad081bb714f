/* address.c - a URL taken apart from the left. */

#include "common/queue/address.h"

#include "common/base/str.h"

#include <stdlib.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decoded copy. */
static const char *decoded(struct arena *a, struct str s)
{
    char *text = arena_alloc(a, s.n + 1), *out = text;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '%' && i + 2 < s.n && hex_digit(s.p[i + 1]) >= 0
            && hex_digit(s.p[i + 2]) >= 0) {
            *out++ = (char)(hex_digit(s.p[i + 1]) << 4 | hex_digit(s.p[i + 2]));
            i += 2;
        } else {
            *out++ = s.p[i];
        }
    }
    *out = '\0';
    return text;
}

/* What stands before the first c; *rest moves behind it.  Without c: everything. */
static struct str until(struct str *rest, char c, bool *found)
{
    const char *at = rest->n ? memchr(rest->p, c, rest->n) : NULL;
    struct str head = {rest->p, at ? (size_t)(at - rest->p) : rest->n};

    *found = at != NULL;
    rest->p += head.n + *found;
    rest->n -= head.n + *found;
    return head;
}

static bool read_int(struct str s, int max, int *out)
{
    long v = 0;

    if (s.n == 0 || s.n > 6)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        v = v * 10 + (s.p[i] - '0');
    }
    *out = (int)v;
    return v <= max;
}

static const char *read_db(struct arena *a, struct str s, struct redis_address *out)
{
    int db;

    if (!read_int(s, 65535, &db))
        return "the database must be a number";
    out->db = arena_printf(a, "%d", db);
    return NULL;
}

static const char *read_query(struct arena *a, struct str query, struct redis_address *out)
{
    const char *wrong = NULL;
    bool more = query.n > 0, named;

    while (more && !wrong) {
        struct str value = until(&query, '&', &more);
        struct str name = until(&value, '=', &named);
        if (str_eq(name, STR("db"))) {
            wrong = read_db(a, value, out);
        } else if (str_eq(name, STR("password"))) {
            out->password = decoded(a, value);
        } else {
            wrong = "only db and password may follow the question mark";
        }
    }
    return wrong;
}

static void read_credentials(struct arena *a, struct str s, struct redis_address *out)
{
    bool colon;
    struct str user = until(&s, ':', &colon);

    /* "secret@" without a colon: what else could it be than the password? */
    if (!colon) {
        out->password = decoded(a, user);
        return;
    }
    out->user = user.n ? decoded(a, user) : NULL;
    out->password = decoded(a, s);
}

static const char *read_host(struct arena *a, struct str s, struct redis_address *out)
{
    bool found;
    struct str host;

    out->port = 6379;
    if (s.n && s.p[0] == '[') {
        s.p++, s.n--;
        host = until(&s, ']', &found);
        if (!found)
            return "the IPv6 address is not closed";
        until(&s, ':', &found);
    } else {
        host = until(&s, ':', &found);
    }
    if (found && !read_int(s, 65535, &out->port))
        return "the port must be a number up to 65535";
    out->host = host.n ? decoded(a, host) : "127.0.0.1";
    return NULL;
}

static const char *read_tcp(struct arena *a, struct str s, struct redis_address *out)
{
    bool found;
    struct str before_query = until(&s, '?', &found);
    struct str authority = until(&before_query, '/', &found);
    const char *at = authority.n ? memrchr(authority.p, '@', authority.n) : NULL;

    const char *wrong = before_query.n ? read_db(a, before_query, out) : NULL;
    if (wrong)
        return wrong;
    if (at) {
        size_t n = (size_t)(at - authority.p);
        read_credentials(a, (struct str){authority.p, n}, out);
        authority = (struct str){at + 1, authority.n - n - 1};
    }
    wrong = read_host(a, authority, out);
    return wrong ? wrong : read_query(a, s, out);
}

static const char *read_unix(struct arena *a, struct str s, struct redis_address *out)
{
    bool found;
    struct str path = until(&s, '?', &found);

    if (path.n == 0 || path.p[0] != '/')
        return "a socket needs an absolute path: unix:///run/redis.sock";
    out->path = decoded(a, path);
    return read_query(a, s, out);
}

const char *redis_address_parse(struct arena *a, const char *url, struct redis_address *out)
{
    struct str s = str_of(url);

    *out = (struct redis_address){.db = "0"};
    if (str_starts(s, STR("redis://")))
        return read_tcp(a, (struct str){s.p + 8, s.n - 8}, out);
    if (str_starts(s, STR("unix://")))
        return read_unix(a, (struct str){s.p + 7, s.n - 7}, out);
    return "the URL must begin with redis:// or unix://";
}
