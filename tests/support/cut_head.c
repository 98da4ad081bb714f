/* cut_head.c - civetweb's leniency, described once more. */

#include "tests/support/cut_head.h"

#include <ctype.h>

static bool is_head_byte(char c)
{
    unsigned char u = (unsigned char)c;

    return u >= 0x80 || (u >= 0x20 && u < 0x7f) || u == '\r' || u == '\n';
}

/* Where the head ends, whichever kind of empty line comes first. */
static size_t head_size(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_head_byte(p[i]))
            return 0;
        if (i + 1 < n && memcmp(p + i, "\n\n", 2) == 0)
            return i + 2;
        if (i + 3 < n && memcmp(p + i, "\r\n\r\n", 4) == 0)
            return i + 4;
    }
    return 0;
}

static char *cut_word(char *p, bool at_line_end)
{
    while (isgraph((unsigned char)*p))
        p++;
    if (at_line_end ? *p != '\r' && *p != '\n' : *p != ' ')
        return NULL;
    do
        *p++ = '\0';
    while (isspace((unsigned char)*p));
    return at_line_end || isgraph((unsigned char)*p) ? p : NULL;
}

static char *cut_value(char *p)
{
    while (*p && *p != '\r' && *p != '\n')
        p++;
    if (*p == '\r') {
        *p++ = '\0';
        if (*p != '\n')
            return NULL;
    }
    if (*p)
        *p++ = '\0';
    return p;
}

/* NULL when the line is no header; p itself when the headers end here. */
static char *cut_header(char *p, struct gate_header *out)
{
    char *start = p;

    while (*p != ':' && *p >= 33 && *p <= 126)
        p++;
    if (p == start)
        return start;
    while (*p == ' ')
        *p++ = '\0';
    if (*p != ':')
        return NULL;
    *p++ = '\0';
    while (*p == ' ' || *p == '\t')
        p++;
    *out = (struct gate_header){start, p};
    return cut_value(p);
}

static bool cut_headers(char *p, struct cut_head *out)
{
    while (out->head.n <= GATE_MAX_HEADERS) {
        char *next = cut_header(p, &out->headers[out->head.n]);
        if (!next)
            return false;
        if (next == p)
            return true;
        out->head.n++;
        if (*next == '\r' || *next == '\n')
            return true;
        p = next;
    }
    return true;
}

static bool is_known_method(const char *method)
{
    static const char *const known[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"};

    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strcmp(known[i], method) == 0)
            return true;
    return false;
}

bool cut_head(char *text, size_t n, struct cut_head *out)
{
    char *version, *path, *rest;

    *out = (struct cut_head){.head = {.method = text, .headers = out->headers}};
    size_t size = head_size(text, n);
    if (size == 0 || isspace((unsigned char)*text))
        return false;
    text[size - 1] = '\0';
    if (!(path = cut_word(text, false)) || !(version = cut_word(path, false))
        || !(rest = cut_word(version, true)))
        return false;
    if (strncmp(version, "HTTP/", 5) != 0 || !is_known_method(text) || *path != '/')
        return false;
    out->head.version = version + 5;
    if (strcmp(out->head.version, "1.0") != 0 && strcmp(out->head.version, "1.1") != 0)
        return false;
    out->head.path = path;
    char *mark = strchr(path, '?');
    if (mark) {
        *mark = '\0';
        out->head.query = mark + 1;
    }
    return cut_headers(rest, out);
}
