/* json_out.c - a comma goes before whatever does not follow an opening bracket. */

#include "tests/retell_sim/json_out.h"

#include <math.h>

void sim_key(struct buf *b, const char *key)
{
    char last = b->n ? b->p[b->n - 1] : '{';

    if (last != '{' && last != '[')
        buf_char(b, ',');
    if (!key)
        return;
    buf_char(b, '"');
    buf_str(b, key);
    buf_add(b, "\":", 2);
}

void sim_open(struct buf *b, const char *key, char bracket)
{
    if (b->n || key)
        sim_key(b, key);
    buf_char(b, bracket);
}

void sim_close(struct buf *b, char bracket)
{
    buf_char(b, bracket);
}

void sim_put_str(struct buf *b, const char *key, struct str text)
{
    sim_key(b, key);
    buf_json_string(b, text);
}

void sim_put_text(struct buf *b, const char *key, const char *text)
{
    sim_put_str(b, key, str_of(text));
}

void sim_put_i64(struct buf *b, const char *key, int64_t v)
{
    sim_key(b, key);
    buf_i64(b, v);
}

void sim_put_number(struct buf *b, const char *key, double v)
{
    int64_t tenthousandths = llround(v * 1e4), whole = tenthousandths / 10000;
    int part = (int)(tenthousandths % 10000);

    sim_key(b, key);
    if (part < 0) {
        part = -part;
        if (whole == 0)
            buf_char(b, '-');
    }
    buf_i64(b, whole);
    if (part) {
        char digits[] = {'.', (char)('0' + part / 1000), (char)('0' + part / 100 % 10),
                         (char)('0' + part / 10 % 10), (char)('0' + part % 10)};
        size_t n = sizeof(digits);
        while (digits[n - 1] == '0')
            n--;
        buf_add(b, digits, n);
    }
}

void sim_put_bool(struct buf *b, const char *key, bool v)
{
    sim_key(b, key);
    buf_str(b, v ? "true" : "false");
}

void sim_put_json(struct buf *b, const char *key, const char *json)
{
    if (!json)
        return;
    sim_key(b, key);
    buf_str(b, json);
}

void sim_put_if_text(struct buf *b, const char *key, const char *text)
{
    if (text && *text)
        sim_put_text(b, key, text);
}
