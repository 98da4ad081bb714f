/* decimal.h - integers as text, without printf. */
#ifndef AGORALIA_DECIMAL_H
#define AGORALIA_DECIMAL_H

#include "common/base/str.h"

#include <stdint.h>

enum { DECIMAL_SIZE = 21 }; /* -9223372036854775808 and a NUL */

/* The decimal text of v, at the end of space, NUL-terminated. */
static inline struct str decimal_write(char space[DECIMAL_SIZE], int64_t v)
{
    char *end = space + DECIMAL_SIZE - 1, *p = end;
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

    *end = '\0';
    do {
        *--p = (char)('0' + u % 10);
        u /= 10;
    } while (u);
    if (v < 0)
        *--p = '-';
    return (struct str){p, (size_t)(end - p)};
}

#endif
