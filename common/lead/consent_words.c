/* consent_words.c - the vocabulary of consent_words.def. */

#include "common/lead/consent_words.h"

#include "common/base/compiler.h"
#include "common/base/csv_words.h"

enum word { SAYS_YES, SAYS_NO, SAYS_GRANTED, SAYS_DENIED, SAYS_UNKNOWN, SAYS_EXPIRED };

static const struct csv_meaning words[] = {
#define WORD(meaning, word) {word, SAYS_##meaning},
#include "common/lead/consent_words.def"
#undef WORD
};

bool consent_read(struct str cell, enum consent_status *out)
{
    static const enum consent_status status_of[] = {
        [SAYS_YES] = CONSENT_GRANTED,     [SAYS_NO] = CONSENT_DENIED,
        [SAYS_GRANTED] = CONSENT_GRANTED, [SAYS_DENIED] = CONSENT_DENIED,
        [SAYS_UNKNOWN] = CONSENT_UNKNOWN, [SAYS_EXPIRED] = CONSENT_EXPIRED,
    };
    int word = csv_meaning(words, ARRAY_LEN(words), cell);

    *out = word < 0 ? CONSENT_UNKNOWN : status_of[word];
    return word >= 0 || cell.n == 0;
}

bool objection_read(struct str cell)
{
    return cell.n && csv_meaning(words, ARRAY_LEN(words), cell) != SAYS_NO;
}
