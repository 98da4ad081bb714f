/*
 * number_set.h - which numbers a file has already had.
 *
 * Exact: an E.164 number is its own 64-bit key.  16 to 32 bytes a number: 2 MB
 * for 100,000, 32 MB (48 while growing) for the most it takes.
 */
#ifndef AGORALIA_NUMBER_SET_H
#define AGORALIA_NUMBER_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NUMBER_SET_MAX = 2000000 };

struct number_set {
    uint64_t *slots; /* 0 = free */
    size_t size;     /* a power of two, or 0 */
    size_t n;
    uint64_t seed; /* nobody outside may choose where numbers collide */
};

enum number_set_answer { NUMBER_SET_NEW, NUMBER_SET_KNOWN, NUMBER_SET_FULL };

/* Initialise to {0}.  key is never 0. */
enum number_set_answer number_set_add(struct number_set *set, uint64_t key);
void number_set_free(struct number_set *set);

#endif
