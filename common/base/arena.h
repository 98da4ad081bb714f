/*
 * arena.h - memory that lives exactly as long as one operation.
 *
 * An operation (a request, a job) allocates and never frees; arena_end() gives
 * everything back at once, running deferred cleanups in reverse order first.
 * Allocation never fails: what is unbounded is bounded where it enters the
 * process (body size, page size, row count), so running out here is a bug and
 * aborts.
 */
#ifndef AGORALIA_ARENA_H
#define AGORALIA_ARENA_H

#include "common/base/compiler.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct arena {
    struct arena_block *block;
    struct arena_defer *defers;
};

void arena_end(struct arena *a);

void *arena_alloc(struct arena *a, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_i64(struct arena *a, int64_t v); /* in decimal */
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) PRINTF(2, 0);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);

/* Run fn(ptr) when the arena ends: how a PGresult or a cJSON tree joins it. */
void arena_defer(struct arena *a, void (*fn)(void *), void *ptr);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))

#endif
