/*
 * law_cache.h - the platform's laws of a process, each read once.
 *
 * A law is a version of a rule, known by the row's id and the row's own version; it
 * stays for the life of the cache, and any thread may hold on to it.  No cache
 * (NULL) is allowed: everything is then read anew.
 */
#ifndef AGORALIA_COMPLIANCE_LAW_CACHE_H
#define AGORALIA_COMPLIANCE_LAW_CACHE_H

#include "common/compliance/law.h"

struct law_cache;

struct law_cache *law_cache_open(void);
void law_cache_close(struct law_cache *cache);

/* NULL when it is not there. */
const struct law *law_cache_find(struct law_cache *cache, int64_t id, int64_t version);

/* Read into the cache, or into op's arena when there is none. */
const struct law *law_cache_add(struct op *op, struct law_cache *cache, const struct law_row *row,
                                int64_t version);

#endif
