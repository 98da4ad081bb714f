/*
 * words.h - sentences as their words, so that one can be looked for in another.
 *
 * Case, accents and punctuation do not count.  Characters of scripts that write no
 * spaces are words by themselves.
 */
#ifndef AGORALIA_WORDS_H
#define AGORALIA_WORDS_H

#include "common/base/arena.h"
#include "common/base/str.h"

/*
 * " one two three ", in the arena: strstr() of a folded phrase in a folded text finds whole words
 * only.  "" when the text has no word, or is no UTF-8.
 */
const char *words_fold(struct arena *arena, struct str text);

#endif
