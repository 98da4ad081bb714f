/*
 * fuzz_http_gate.c - whatever the gate lets pass is what a strict reader of RFC
 * 9112 would have read: same method, target, length, nothing folded or dropped.
 */

#include "tests/support/cut_head.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { TEXT_MAX = 32 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(what) \
    do { \
        if (!(what)) { \
            fprintf(stderr, "not true: %s\n", #what); \
            abort(); \
        } \
    } while (0)

/* The next line without its CRLF; a line that ends otherwise is fatal. */
static struct str next_line(struct str *rest)
{
    const char *eol = memmem(rest->p, rest->n, "\r\n", 2);

    REQUIRE(eol);
    struct str line = {rest->p, (size_t)(eol - rest->p)};
    REQUIRE(!memchr(line.p, '\n', line.n) && !memchr(line.p, '\r', line.n));
    *rest = (struct str){eol + 2, rest->n - line.n - 2};
    return line;
}

/* civetweb wipes the blanks behind the version, so others may pass for its CRLF. */
static struct str check_request_line(struct str raw, const struct gate_head *h)
{
    char want[TEXT_MAX];
    int n = snprintf(want, sizeof(want), "%s %s%s%s HTTP/%s", h->method, h->path,
                     h->query ? "?" : "", h->query ? h->query : "", h->version);
    struct str line = {want, (size_t)n};

    REQUIRE(str_starts(raw, line) && raw.n >= line.n + 2);
    REQUIRE(isspace((unsigned char)raw.p[line.n]) && isspace((unsigned char)raw.p[line.n + 1]));
    return (struct str){raw.p + line.n + 2, raw.n - line.n - 2};
}

static int64_t length_in(struct str value)
{
    int64_t n = 0;

    while (value.n && value.p[value.n - 1] == ' ')
        value.n--;
    REQUIRE(value.n > 0);
    for (size_t i = 0; i < value.n; i++) {
        REQUIRE(value.p[i] >= '0' && value.p[i] <= '9');
        n = n * 10 + (value.p[i] - '0');
    }
    return n;
}

static bool is_named(struct str name, const char *want)
{
    return name.n == strlen(want) && strncasecmp(name.p, want, name.n) == 0;
}

static void check_headers(struct str rest, const struct gate_head *h, const struct gate_pass *pass)
{
    int n = 0, hosts = 0, lengths = 0;

    for (struct str line = next_line(&rest); line.n; line = next_line(&rest), n++) {
        const char *colon = memchr(line.p, ':', line.n);
        REQUIRE(colon && n < h->n);
        struct str name = {line.p, (size_t)(colon - line.p)};
        struct str value = {colon + 1, line.n - name.n - 1};
        REQUIRE(name.n && !memchr(name.p, ' ', name.n));
        REQUIRE(str_eq(name, str_of(h->headers[n].name)));
        while (value.n && *value.p == ' ')
            value = (struct str){value.p + 1, value.n - 1};
        REQUIRE(str_eq(value, str_of(h->headers[n].value)));
        REQUIRE(!is_named(name, "Transfer-Encoding"));
        hosts += is_named(name, "Host");
        if (is_named(name, "Content-Length")) {
            REQUIRE(length_in(value) == pass->content_length);
            lengths++;
        }
    }
    REQUIRE(n == h->n && hosts <= 1 && lengths <= 1);
    REQUIRE(hosts == 1 || strcmp(h->version, "1.0") == 0);
    REQUIRE(lengths == 1 || pass->content_length == 0);
}

/* The one bare line end that cannot be seen: see gate.h. */
static bool is_disguised(struct str raw)
{
    const char *p = memmem(raw.p, raw.n, "\n\n\r", 3);

    return p && !memmem(raw.p, (size_t)(p - raw.p) + 2, "\r\n\r\n", 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char raw[TEXT_MAX], text[TEXT_MAX + CUT_HEAD_SLACK];
    static struct cut_head cut;
    struct gate_pass pass;
    const char *why = NULL;

    if (size >= TEXT_MAX)
        return 0;
    memcpy(raw, data, size);
    memset(text, 0, sizeof(text));
    memcpy(text, data, size);
    if (!cut_head(text, size, &cut))
        return 0;
    if (gate_check(&cut.head, &pass, &why) != E_NONE) {
        REQUIRE(why);
        return 0;
    }
    if (!gate_layout_is_strict(&cut.head) || is_disguised((struct str){raw, size}))
        return 0;
    struct str headers = check_request_line((struct str){raw, size}, &cut.head);
    if (cut.head.n)
        check_headers(headers, &cut.head, &pass);
    else
        REQUIRE(pass.content_length == 0 && strcmp(cut.head.version, "1.0") == 0);
    return 0;
}
