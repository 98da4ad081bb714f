/*
 * buf.h - a growing byte buffer with a ceiling.
 *
 * Zero-initialise (max 0 = BUF_MAX) and append; the text is always followed by
 * a NUL that n does not count.  Passing the ceiling sets `over` and drops the
 * append: check it once at the end.  Owner calls buf_free().
 */
#ifndef AGORALIA_BUF_H
#define AGORALIA_BUF_H

#include "common/base/compiler.h"
#include "common/base/str.h"

#include <stdint.h>

#define BUF_MAX ((size_t)64 * 1024 * 1024)

struct buf {
    char *p;
    size_t n;
    size_t cap;
    size_t max;
    bool over;
};

void buf_free(struct buf *b);
void buf_reset(struct buf *b);                /* empty, keeping the memory */
bool buf_reserve(struct buf *b, size_t more); /* room for `more` bytes at p + n */
void buf_add_slow(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_i64(struct buf *b, int64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);

/* s as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void buf_json_string(struct buf *b, struct str s);

/* The same of a C string; null for NULL. */
void buf_json_text(struct buf *b, const char *s);

static inline void buf_add(struct buf *b, const void *p, size_t n)
{
    if (n >= b->cap - b->n) { /* no room for it and the NUL; cap and n are 0 at first */
        buf_add_slow(b, p, n);
        return;
    }
    if (n)
        memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = '\0';
}

static inline struct str buf_view(const struct buf *b)
{
    return (struct str){b->p ? b->p : "", b->n};
}

#endif
