/*
 * index.h - hash to calls: by id, by metadata entry, by number.
 *
 * A key is a 64-bit hash; its postings are call ordinals, newest first.  Two
 * keys may share a hash, so whoever reads a posting checks the call itself.
 */
#ifndef AGORALIA_SIM_INDEX_H
#define AGORALIA_SIM_INDEX_H

#include "common/base/str.h"

#include <stdint.h>

#define SIM_NONE UINT32_MAX

struct sim_posting {
    uint32_t ordinal;
    uint32_t next; /* in postings, or SIM_NONE */
};

struct sim_index {
    struct sim_index_slot *slots; /* a power of two of them, at most 3/4 taken */
    size_t nslots, taken;
    struct sim_posting *postings;
    size_t npostings, cap;
};

/* Of a kind of key, an owner (workspace) and up to two texts. */
uint64_t sim_index_hash(char kind, unsigned owner, struct str a, struct str b);

void sim_index_add(struct sim_index *x, uint64_t hash, uint32_t ordinal);

/* The newest posting's place in x->postings, or SIM_NONE; how many there are in *count. */
uint32_t sim_index_find(const struct sim_index *x, uint64_t hash, uint32_t *count);

void sim_index_clear(struct sim_index *x);

#endif
