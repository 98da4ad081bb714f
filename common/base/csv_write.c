/* csv_write.c - RFC 4180, and against formulas. */

#include "common/base/csv_write.h"

static bool is_phone(const char *text)
{
    const char *c = text + 1;

    while (*c >= '0' && *c <= '9')
        c++;
    return text[0] == '+' && c > text + 1 && *c == '\0';
}

/* Spaces before it do not stop a spreadsheet. */
static bool is_formula(const char *text)
{
    const char *c = text;

    while (*c == ' ')
        c++;
    return *c && strchr("=+-@\t\r\n", *c) && !is_phone(text);
}

void csv_write_cell(struct buf *b, const char *text, bool first)
{
    if (!first)
        buf_char(b, ',');
    if (!text)
        return;
    buf_char(b, '"');
    if (is_formula(text))
        buf_char(b, '\'');
    for (; *text; text++) {
        if (*text == '"')
            buf_char(b, '"');
        buf_char(b, *text);
    }
    buf_char(b, '"');
}

void csv_write_end(struct buf *b)
{
    buf_add(b, "\r\n", 2);
}
