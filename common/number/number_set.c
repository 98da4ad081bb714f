/* number_set.c - open addressing, at most half full. */

#include "common/number/number_set.h"

#include <stdlib.h>
#include <sys/random.h>

enum { FIRST_SIZE = 1024 };

/* The finaliser of a 64-bit mixer: every bit of the key moves every bit of the place. */
static size_t place(const struct number_set *set, uint64_t key)
{
    uint64_t h = key ^ set->seed;

    h ^= h >> 33;
    h *= 0xFF51AFD7ED558CCDu;
    h ^= h >> 33;
    h *= 0xC4CEB9FE1A85EC53u;
    h ^= h >> 33;
    return (size_t)h & (set->size - 1);
}

/* The key's own slot, or the free one where it belongs. */
static uint64_t *find(const struct number_set *set, uint64_t key)
{
    size_t i = place(set, key);

    while (set->slots[i] && set->slots[i] != key)
        i = (i + 1) & (set->size - 1);
    return &set->slots[i];
}

static void grow(struct number_set *set)
{
    struct number_set larger = {.size = set->size ? 2 * set->size : FIRST_SIZE, .n = set->n};

    if (getrandom(&larger.seed, sizeof(larger.seed), 0) != (ssize_t)sizeof(larger.seed))
        abort();
    larger.slots = calloc(larger.size, sizeof(*larger.slots));
    if (!larger.slots)
        abort();
    for (size_t i = 0; i < set->size; i++)
        if (set->slots[i])
            *find(&larger, set->slots[i]) = set->slots[i];
    free(set->slots);
    *set = larger;
}

enum number_set_answer number_set_add(struct number_set *set, uint64_t key)
{
    if (2 * (set->n + 1) > set->size)
        grow(set);
    uint64_t *slot = find(set, key);
    if (*slot)
        return NUMBER_SET_KNOWN;
    if (set->n == NUMBER_SET_MAX)
        return NUMBER_SET_FULL;
    *slot = key;
    set->n++;
    return NUMBER_SET_NEW;
}

void number_set_free(struct number_set *set)
{
    free(set->slots);
    *set = (struct number_set){0};
}
