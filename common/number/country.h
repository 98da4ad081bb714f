/* country.h - countries and languages by their ISO codes. */
#ifndef AGORALIA_COUNTRY_H
#define AGORALIA_COUNTRY_H

#include "common/base/str.h"

/* NULL when s is an ISO 3166-1 alpha-2 code in use (or XK, which +383 needs): "IT". */
const char *country_complaint(const char *s);

/* The same code with the life of the program; NULL when it is none. */
const char *country_code(const char *s);

/* NULL when s is an ISO 639-1 code: "it". */
const char *language_complaint(const char *s);

/*
 * The country whose rules govern a territory: Puerto Rico -> US, Jersey -> GB,
 * the Vatican -> IT.  Itself for everything else.
 */
const char *country_of_rules(const char *country_iso);

/*
 * What a spreadsheet has in its country or language column, as the code: "it",
 * "IT ", "Italia" -> "IT"; "it-IT", "IT" -> "it".  NULL when it is not known.
 */
const char *country_read(struct str text);
const char *language_read(struct str text);

#endif
