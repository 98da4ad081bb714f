/* multipart.c - one state per place in the body, one byte or one run at a time. */

#include "api/multipart.h"

#include "api/multipart_head.h"

#include <strings.h>

enum state {
    AT_DELIMITER, /* the body's first bytes: a delimiter without its CRLF */
    BEHIND_DELIMITER,
    BEHIND_DASH,
    BEHIND_PADDING,
    BEHIND_CR, /* of the delimiter's own line end */
    IN_HEAD,
    IN_DATA,
    IN_EPILOGUE,
    STOPPED,
};

static void go(struct multipart *m, enum state state)
{
    m->state = (int)state;
}

static bool stop(struct multipart *m, const char *wrong)
{
    m->wrong = wrong;
    go(m, STOPPED);
    return false;
}

void multipart_init(struct multipart *m, struct str boundary, const struct multipart_events *events)
{
    *m = (struct multipart){.events = *events, .matched = 2};
    memcpy(m->delimiter, "\r\n--", 4);
    memcpy(m->delimiter + 4, boundary.p, boundary.n);
    m->delimiter_n = boundary.n + 4;
    go(m, AT_DELIMITER);
}

static bool begin_part(struct multipart *m)
{
    struct multipart_part part;
    const char *wrong = multipart_read_head(m->head, m->head_n, &part);

    if (wrong)
        return stop(m, wrong);
    if (++m->parts > MULTIPART_MAX_PARTS)
        return stop(m, "has too many parts");
    go(m, IN_DATA);
    /* The head's last CRLF may be the delimiter's first: an empty part. */
    m->matched = m->borrowed = 2;
    return m->events.begin(m->events.ctx, &part) || stop(m, NULL);
}

static bool head_is_complete(const struct multipart *m)
{
    if (m->head_n == 2)
        return memcmp(m->head, "\r\n", 2) == 0;
    return m->head_n >= 4 && memcmp(m->head + m->head_n - 4, "\r\n\r\n", 4) == 0;
}

static bool take_head(struct multipart *m, char c)
{
    if (m->head_n == sizeof(m->head))
        return stop(m, "has a part with headers too large");
    m->head[m->head_n++] = c;
    return !head_is_complete(m) || begin_part(m);
}

static bool take_delimiter(struct multipart *m, char c)
{
    if (c != m->delimiter[m->matched])
        return stop(m, "does not begin with its boundary");
    if (++m->matched == m->delimiter_n)
        go(m, BEHIND_DELIMITER);
    return true;
}

static bool take_line_end(struct multipart *m, char c)
{
    switch (c) {
    case ' ':
    case '\t': go(m, BEHIND_PADDING); return true;
    case '\r': go(m, BEHIND_CR); return true;
    default: return stop(m, "has a boundary that is not a line of its own");
    }
}

static bool take_dash(struct multipart *m, char c)
{
    if (c != '-')
        return stop(m, "has a boundary that is not a line of its own");
    go(m, IN_EPILOGUE);
    return true;
}

static bool take_lf(struct multipart *m, char c)
{
    if (c != '\n')
        return stop(m, "has a boundary that is not a line of its own");
    m->head_n = 0;
    go(m, IN_HEAD);
    return true;
}

static bool take_epilogue(struct multipart *m, char c)
{
    return c == '\r' || c == '\n' || stop(m, "goes on after its last boundary");
}

static bool take_behind(struct multipart *m, char c)
{
    if (c != '-')
        return take_line_end(m, c);
    go(m, BEHIND_DASH);
    return true;
}

/* Every state but the one of data, which goes by runs. */
static bool take(struct multipart *m, char c)
{
    switch ((enum state)m->state) {
    case AT_DELIMITER: return take_delimiter(m, c);
    case BEHIND_DELIMITER: return take_behind(m, c);
    case BEHIND_DASH: return take_dash(m, c);
    case BEHIND_PADDING: return take_line_end(m, c);
    case BEHIND_CR: return take_lf(m, c);
    case IN_HEAD: return take_head(m, c);
    case IN_EPILOGUE: return take_epilogue(m, c);
    case IN_DATA:
    case STOPPED: break;
    }
    return false;
}

static bool emit(struct multipart *m, const char *p, size_t n)
{
    return n == 0 || m->events.data(m->events.ctx, (struct str){p, n}) || stop(m, NULL);
}

static bool end_part(struct multipart *m)
{
    go(m, BEHIND_DELIMITER);
    return m->events.end(m->events.ctx) || stop(m, NULL);
}

/* How far p goes on with the delimiter from byte `from` of it. */
static size_t agree(const struct multipart *m, size_t from, const char *p, size_t n)
{
    size_t k = 0;

    while (k < n && from + k < m->delimiter_n && p[k] == m->delimiter[from + k])
        k++;
    return k;
}

/* A match begun in an earlier piece goes on, or what was held back is data after all. */
static size_t resume_match(struct multipart *m, const char *p, size_t n)
{
    size_t k = agree(m, m->matched, p, n);

    m->matched += k;
    if (m->matched == m->delimiter_n) {
        end_part(m);
    } else if (k < n) {
        emit(m, m->delimiter + m->borrowed, m->matched - m->borrowed);
        m->matched = m->borrowed = 0;
    }
    return k;
}

/*
 * Data up to the next delimiter or the end of the piece; returns the bytes used.
 * CR stands in a delimiter only at its beginning, so a match that breaks never
 * hides the beginning of another.
 */
static size_t take_data(struct multipart *m, const char *p, size_t n)
{
    const char *cr;
    size_t at = 0, k;

    if (m->matched)
        return resume_match(m, p, n);
    while ((cr = memchr(p + at, '\r', n - at))) {
        at = (size_t)(cr - p);
        k = agree(m, 0, cr, n - at);
        if (k == m->delimiter_n)
            return emit(m, p, at) && end_part(m) ? at + k : n;
        if (at + k == n) {
            m->matched = k;
            emit(m, p, at);
            return n;
        }
        at += k;
    }
    emit(m, p, n);
    return n;
}

bool multipart_feed(struct multipart *m, struct str bytes)
{
    while (bytes.n && m->state != STOPPED) {
        size_t used = 1;
        if (m->state == IN_DATA)
            used = take_data(m, bytes.p, bytes.n);
        else
            take(m, *bytes.p);
        bytes.p += used;
        bytes.n -= used;
    }
    return m->state != STOPPED;
}

bool multipart_finish(struct multipart *m)
{
    if (m->state == IN_EPILOGUE)
        return true;
    return m->state == STOPPED ? false : stop(m, "ended before its last boundary");
}

static bool is_boundary_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c && strchr("'()+_,-./:=? ", c));
}

static bool is_boundary(struct str s)
{
    if (s.n == 0 || s.n > MULTIPART_MAX_BOUNDARY || s.p[s.n - 1] == ' ')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_boundary_char(s.p[i]))
            return false;
    return true;
}

bool multipart_boundary(const char *content_type, char out[MULTIPART_MAX_BOUNDARY + 1])
{
    static const char type[] = "multipart/form-data";
    char text[MULTIPART_MAX_TYPE + 1];
    char *p = text;
    size_t n = strlen(content_type);
    struct str name, value, found = {0};

    if (n > MULTIPART_MAX_TYPE || strncasecmp(content_type, type, sizeof(type) - 1) != 0)
        return false;
    memcpy(text, content_type, n + 1);
    p += sizeof(type) - 1;
    p += strspn(p, " ");
    if (*p++ != ';')
        return false;
    while (p < text + n) {
        if (!multipart_read_param(&p, text + n, &name, &value))
            return false;
        if (name.n != 8 || strncasecmp(name.p, "boundary", 8) != 0)
            continue;
        if (found.p)
            return false;
        found = value;
    }
    if (!is_boundary(found))
        return false;
    memcpy(out, found.p, found.n);
    out[found.n] = '\0';
    return true;
}
