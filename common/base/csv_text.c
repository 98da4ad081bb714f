/* csv_text.c - three encodings, decoded chunk by chunk. */

#include "common/base/csv_text.h"

#include "common/base/utf8.h"

enum { REPLACEMENT = 0xFFFD };

const char *csv_encoding_name(enum csv_encoding encoding)
{
    switch (encoding) {
    case CSV_ASCII:
    case CSV_UTF8: return "utf-8";
    case CSV_UTF16LE: return "utf-16le";
    case CSV_UTF16BE: return "utf-16be";
    case CSV_WINDOWS_1252: return "windows-1252";
    }
    return "";
}

static void put(struct buf *out, unsigned c)
{
    char utf8[4];

    buf_add(out, utf8, utf8_put(utf8, c));
}

/* Where Windows-1252 differs from Latin-1; 0 = no character there. */
static void put_windows_1252(struct buf *out, unsigned char byte)
{
    static const unsigned short upper[32] = {
        0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
        0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
    };
    unsigned c = byte >= 0x80 && byte < 0xA0 ? upper[byte - 0x80] : byte;

    put(out, c || byte == 0 ? c : REPLACEMENT);
}

/* How many bytes a character beginning with this byte would have; 1 for what begins none. */
static size_t promised_len(unsigned char first)
{
    return first < 0xC2 || first > 0xF4 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/* Whether the head is UTF-8; a character cut by its end counts as one unless the file ends there.
 */
static bool is_utf8(struct str head, bool whole)
{
    size_t i = 0;

    while (i < head.n) {
        size_t len = utf8_len(head.p + i, head.n - i);
        if (len == 0)
            return !whole && promised_len((unsigned char)head.p[i]) > head.n - i;
        i += len;
    }
    return true;
}

static bool has_high_byte(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return true;
    return false;
}

size_t csv_text_detect(struct csv_text *t, struct str head, bool whole)
{
    if (str_starts(head, STR("\xEF\xBB\xBF"))) {
        t->encoding = CSV_UTF8;
        return 3;
    }
    if (str_starts(head, STR("\xFF\xFE")) || str_starts(head, STR("\xFE\xFF"))) {
        t->encoding = head.p[0] == '\xFF' ? CSV_UTF16LE : CSV_UTF16BE;
        return 2;
    }
    if (has_high_byte(head))
        t->encoding = is_utf8(head, whole) ? CSV_UTF8 : CSV_WINDOWS_1252;
    return 0;
}

static size_t ascii_run(struct str s)
{
    size_t n = 0;

    while (n < s.n && (unsigned char)s.p[n] < 0x80)
        n++;
    return n;
}

/* One character beyond ASCII, complete or never to be completed; returns its bytes. */
static size_t take_high(struct csv_text *t, struct str s, struct buf *out)
{
    size_t len = utf8_len(s.p, s.n);

    if (t->encoding == CSV_ASCII)
        t->encoding = len ? CSV_UTF8 : CSV_WINDOWS_1252;
    if (len && t->encoding == CSV_UTF8) {
        buf_add(out, s.p, len);
        return len;
    }
    t->strays += t->encoding == CSV_UTF8;
    put_windows_1252(out, (unsigned char)s.p[0]);
    return 1;
}

static void keep(struct csv_text *t, struct str rest)
{
    memcpy(t->carry, rest.p, rest.n);
    t->ncarry = rest.n;
}

static void feed_bytes(struct csv_text *t, struct str s, bool last, struct buf *out)
{
    size_t i = 0;

    while (i < s.n) {
        size_t run = ascii_run((struct str){s.p + i, s.n - i});
        buf_add(out, s.p + i, run);
        i += run;
        if (i == s.n)
            return;
        struct str rest = {s.p + i, s.n - i};
        if (!last && t->encoding != CSV_WINDOWS_1252
            && promised_len((unsigned char)rest.p[0]) > rest.n) {
            keep(t, rest);
            return;
        }
        i += take_high(t, rest, out);
    }
}

static void put_utf16(struct csv_text *t, unsigned unit, struct buf *out)
{
    bool low = unit >= 0xDC00 && unit <= 0xDFFF;

    if (t->high && low) {
        put(out, 0x10000 + ((t->high - 0xD800) << 10) + (unit - 0xDC00));
        t->high = 0;
        return;
    }
    if (t->high)
        put(out, REPLACEMENT);
    t->high = unit >= 0xD800 && unit <= 0xDBFF ? unit : 0;
    if (!t->high)
        put(out, low ? REPLACEMENT : unit);
}

static void feed_utf16(struct csv_text *t, struct str s, struct buf *out)
{
    int big = t->encoding == CSV_UTF16BE;
    size_t i = 0;

    for (; i + 2 <= s.n; i += 2) {
        unsigned first = (unsigned char)s.p[i], second = (unsigned char)s.p[i + 1];
        put_utf16(t, big ? first << 8 | second : second << 8 | first, out);
    }
    keep(t, (struct str){s.p + i, s.n - i});
}

static void feed(struct csv_text *t, struct str s, bool last, struct buf *out)
{
    if (t->encoding == CSV_UTF16LE || t->encoding == CSV_UTF16BE)
        feed_utf16(t, s, out);
    else
        feed_bytes(t, s, last, out);
}

void csv_text_feed(struct csv_text *t, struct str bytes, struct buf *out)
{
    /* A carried character is completed byte by byte: at most three times. */
    while (t->ncarry && bytes.n) {
        char joined[sizeof(t->carry)];
        size_t n = t->ncarry;

        memcpy(joined, t->carry, n);
        joined[n++] = *bytes.p++;
        bytes.n--;
        t->ncarry = 0;
        feed(t, (struct str){joined, n}, false, out);
    }
    if (bytes.n)
        feed(t, bytes, false, out);
}

void csv_text_finish(struct csv_text *t, struct buf *out)
{
    char rest[sizeof(t->carry)];
    size_t n = t->ncarry;
    bool utf16 = t->encoding == CSV_UTF16LE || t->encoding == CSV_UTF16BE;

    memcpy(rest, t->carry, n);
    t->ncarry = 0;
    if (utf16 && (n || t->high))
        put(out, REPLACEMENT);
    else if (!utf16)
        feed(t, (struct str){rest, n}, true, out);
    t->high = 0;
}
