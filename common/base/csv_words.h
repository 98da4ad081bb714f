/*
 * csv_words.h - words in spreadsheets, compared as people mean them.
 *
 * Case, accents, spaces and punctuation do not count: "Tél. ", "TEL" and "tel"
 * are one word; so are full-width and ordinary letters.
 */
#ifndef AGORALIA_CSV_WORDS_H
#define AGORALIA_CSV_WORDS_H

#include "common/base/str.h"

enum { CSV_WORD_MAX = 63 };

/* Fold text into out, NUL-terminated; returns its length, 0 when nothing is left or it is too long.
 */
size_t csv_word(struct str text, char out[CSV_WORD_MAX + 1]);

/* Closed vocabularies: a folded word and what it means. */
struct csv_meaning {
    const char *word;
    int meaning;
};

/* The meaning of text among n words, or -1. */
int csv_meaning(const struct csv_meaning *words, size_t n, struct str text);

#endif
