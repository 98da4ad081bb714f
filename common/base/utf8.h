/* utf8.h - well-formed UTF-8 (Unicode 15, table 3-7): no overlongs, no surrogates. */
#ifndef AGORALIA_UTF8_H
#define AGORALIA_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the well-formed character at p (1-4), or 0. */
size_t utf8_len(const char *p, size_t n);

bool utf8_valid(const char *p, size_t n);

/* Write code point c (<= 0x10FFFF, not a surrogate) to out; returns 1-4. */
size_t utf8_put(char *out, unsigned c);

#endif
