/* csv_sniff.h - what kind of file this is, by its beginning. */
#ifndef AGORALIA_CSV_SNIFF_H
#define AGORALIA_CSV_SNIFF_H

#include "common/base/str.h"

/* Archives, spreadsheets, PDF: by their first bytes, before any decoding. */
bool csv_is_binary_format(struct str head);

/* HTML, XML and JSON: by their first character that is no space. */
bool csv_is_other_text(struct str text);

/* The delimiter a first line "sep=;" names, with the line's length incl. its end; else '\0'. */
char csv_sep_line(struct str text, size_t *length);

/* , ; tab or |: whichever divides the first records as it divides the first one. */
char csv_guess_delimiter(struct str text);

#endif
