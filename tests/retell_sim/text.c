/* text.c - blocks of bytes, and a table of shared words. */

#include "tests/retell_sim/text.h"

#include <stdint.h>
#include <stdlib.h>

#define BLOCK_BYTES ((size_t)256 * 1024)
#define BUCKETS ((size_t)4096)

struct sim_text_block {
    struct sim_text_block *next;
    size_t used, size;
    char bytes[];
};

struct sim_text_word {
    struct sim_text_word *next;
    size_t n;
    const char *p;
};

static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

const char *sim_text_keep(struct sim_text *t, struct str s)
{
    struct sim_text_block *b = t->block;

    if (!b || b->size - b->used <= s.n) {
        size_t size = s.n < BLOCK_BYTES ? BLOCK_BYTES : s.n + 1;
        b = must(malloc(sizeof(*b) + size));
        *b = (struct sim_text_block){.next = t->block, .size = size};
        t->block = b;
    }
    char *at = b->bytes + b->used;
    if (s.n)
        memcpy(at, s.p, s.n);
    at[s.n] = '\0';
    b->used += s.n + 1;
    return at;
}

const char *sim_text_intern(struct sim_text *t, struct str s)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
    if (!t->words) {
        t->words = must(calloc(BUCKETS, sizeof(*t->words)));
        t->nbuckets = BUCKETS;
    }
    struct sim_text_word **bucket = &t->words[(h >> 32) & (t->nbuckets - 1)];
    for (struct sim_text_word *w = *bucket; w; w = w->next)
        if (str_eq((struct str){w->p, w->n}, s))
            return w->p;
    struct sim_text_word *w = must(malloc(sizeof(*w)));
    *w = (struct sim_text_word){.next = *bucket, .n = s.n, .p = sim_text_keep(t, s)};
    *bucket = w;
    return w->p;
}

void sim_text_free(struct sim_text *t)
{
    for (size_t i = 0; i < t->nbuckets; i++)
        for (struct sim_text_word *w = t->words[i], *next; w; w = next) {
            next = w->next;
            free(w);
        }
    free(t->words);
    for (struct sim_text_block *b = t->block, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    *t = (struct sim_text){0};
}
