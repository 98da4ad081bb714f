/* arena.c - blocks in a list, handed out from the newest, freed together. */

#include "common/base/arena.h"

#include "common/base/decimal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)16 * 1024)
#define ALIGNMENT _Alignof(max_align_t)

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t size;
    _Alignas(max_align_t) unsigned char data[];
};

struct arena_defer {
    struct arena_defer *next;
    void (*fn)(void *);
    void *ptr;
};

static struct arena_block *block_new(size_t at_least)
{
    size_t size = at_least > BLOCK_SIZE ? at_least : BLOCK_SIZE;
    struct arena_block *b = calloc(1, sizeof(*b) + size);

    if (!b)
        abort();
    b->size = size;
    return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
    size_t need = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    struct arena_block *b = a->block;

    if (!b || b->size - b->used < need) {
        b = block_new(need);
        b->next = a->block;
        a->block = b;
    }
    void *p = b->data + b->used;
    b->used += need;
    return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    char *copy = arena_alloc(a, n + 1);

    if (n)
        memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

char *arena_i64(struct arena *a, int64_t v)
{
    char space[DECIMAL_SIZE];
    struct str text = decimal_write(space, v);

    return arena_strndup(a, text.p, text.n);
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
    va_list again;

    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    if (n < 0)
        abort();
    char *s = arena_alloc(a, (size_t)n + 1);
    vsnprintf(s, (size_t)n + 1, fmt, again);
    va_end(again);
    return s;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *s = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return s;
}

void arena_defer(struct arena *a, void (*fn)(void *), void *ptr)
{
    struct arena_defer *d = ARENA_NEW(a, struct arena_defer);

    *d = (struct arena_defer){.next = a->defers, .fn = fn, .ptr = ptr};
    a->defers = d;
}

void arena_end(struct arena *a)
{
    for (struct arena_defer *d = a->defers; d; d = d->next)
        d->fn(d->ptr);
    for (struct arena_block *b = a->block, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    *a = (struct arena){0};
}
