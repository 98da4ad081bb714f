/* index.c - open addressing over hashes, chains over postings; nothing is ever removed. */

#include "tests/retell_sim/index.h"

#include <stdlib.h>

struct sim_index_slot {
    uint64_t hash;
    uint32_t head;
    uint32_t count; /* 0 = free */
};

static uint64_t absorb(uint64_t h, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)p[i]) * 0x100000001b3u;
    return h;
}

uint64_t sim_index_hash(char kind, unsigned owner, struct str a, struct str b)
{
    uint64_t h = (0xcbf29ce484222325u ^ (unsigned char)kind) * 0x100000001b3u ^ owner;

    h = absorb(h, a.p, a.n);
    h = absorb(h, "\xff", 1); /* in no UTF-8 text: {"ab","c"} is not {"a","bc"} */
    h = absorb(h, b.p, b.n);
    h ^= h >> 32;
    return h * 0x9e3779b97f4a7c15u;
}

static struct sim_index_slot *slot_of(const struct sim_index *x, uint64_t hash)
{
    size_t at = (size_t)(hash >> 20) & (x->nslots - 1);

    while (x->slots[at].count && x->slots[at].hash != hash)
        at = (at + 1) & (x->nslots - 1);
    return &x->slots[at];
}

static void grow_slots(struct sim_index *x)
{
    struct sim_index old = *x;

    x->nslots = old.nslots ? old.nslots * 2 : 1024;
    x->slots = calloc(x->nslots, sizeof(*x->slots));
    if (!x->slots)
        abort();
    for (size_t i = 0; i < old.nslots; i++)
        if (old.slots[i].count)
            *slot_of(x, old.slots[i].hash) = old.slots[i];
    free(old.slots);
}

static uint32_t new_posting(struct sim_index *x, uint32_t ordinal, uint32_t next)
{
    if (x->npostings == x->cap) {
        x->cap = x->cap ? x->cap * 2 : 1024;
        x->postings = reallocarray(x->postings, x->cap, sizeof(*x->postings));
        if (!x->postings)
            abort();
    }
    x->postings[x->npostings] = (struct sim_posting){ordinal, next};
    return (uint32_t)x->npostings++;
}

void sim_index_add(struct sim_index *x, uint64_t hash, uint32_t ordinal)
{
    if (x->taken * 4 >= x->nslots * 3)
        grow_slots(x);
    struct sim_index_slot *s = slot_of(x, hash);
    if (!s->count)
        x->taken++;
    s->head = new_posting(x, ordinal, s->count ? s->head : SIM_NONE);
    s->hash = hash;
    s->count++;
}

uint32_t sim_index_find(const struct sim_index *x, uint64_t hash, uint32_t *count)
{
    struct sim_index_slot *s = x->nslots ? slot_of(x, hash) : NULL;

    *count = s ? s->count : 0;
    return *count ? s->head : SIM_NONE;
}

void sim_index_clear(struct sim_index *x)
{
    free(x->slots);
    free(x->postings);
    *x = (struct sim_index){0};
}
