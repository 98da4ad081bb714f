/*
 * str.h - a borrowed piece of text: a pointer and its length, never a terminator.
 *
 * What comes from a socket, a file or a message is held as a str until it has
 * been checked; only then is it copied into an arena as a C string.
 */
#ifndef AGORALIA_STR_H
#define AGORALIA_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})

static inline struct str str_of(const char *s)
{
    return (struct str){s, s ? strlen(s) : 0};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && memcmp(s.p, prefix.p, prefix.n) == 0;
}

#endif
