/* text.h - text that lives until the world is reset: appended, never freed one by one. */
#ifndef AGORALIA_SIM_TEXT_H
#define AGORALIA_SIM_TEXT_H

#include "common/base/str.h"

struct sim_text {
    struct sim_text_block *block;
    struct sim_text_word **words; /* the interned ones, a power of two of buckets */
    size_t nbuckets;
};

/* A copy with a NUL after it. */
const char *sim_text_keep(struct sim_text *t, struct str s);

/* The one copy of this text: for what many calls share. */
const char *sim_text_intern(struct sim_text *t, struct str s);

void sim_text_free(struct sim_text *t);

#endif
