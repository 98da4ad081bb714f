/*
 * dnc_columns.h - what the columns of a do-not-call file are, and the words in them.
 *
 * On top of lead_columns.h: where an entry comes from, whether a change list adds
 * or deletes it and since when, what a registry answered, and numbers in two columns
 * (area code and the rest).
 */
#ifndef AGORALIA_DNC_COLUMNS_H
#define AGORALIA_DNC_COLUMNS_H

#include "common/base/tstamp.h"
#include "common/lead/lead_columns.h"

/* Places + 1; 0 = the file has none. */
struct dnc_columns {
    struct lead_columns lead;
    size_t source, action, outcome, area, changed;
};

enum dnc_action { DNC_ADD, DNC_DELETE };
enum dnc_outcome { DNC_LISTED, DNC_NOT_LISTED, DNC_NO_NUMBER };

/* "A", "add", "+" ...; the meaning, or -1. */
int dnc_action_read(struct str cell);

/*
 * When a change was made, at the latest: a day without a time is over everywhere on earth then.
 * NULL with *out, or DATE_AMBIGUOUS, DATE_INVALID, or DATE_AFTER_SCRUBBED_AT for a day that begins
 * nowhere before the list was given.
 */
const char *dnc_change_read(struct str cell, struct tstamp given, struct tstamp *out);

/* What a registry says of a number sent to it: "Y", "N", "I" (no such number); or -1. */
int dnc_outcome_read(struct str cell);

/* Understand the first record; false when no column holds phones. */
bool dnc_columns_map(const struct csv_record *first, const char *default_country,
                     struct dnc_columns *out) MUSTCHECK;

/* A cell by its place + 1; empty when the file has no such column. */
struct str dnc_cell(const struct csv_record *r, size_t place);

/* The number as one text; joined from two columns in the caller's buffer. */
enum { DNC_JOINED_MAX = 32 };
struct str dnc_phone(const struct csv_record *r, const struct dnc_columns *c,
                     char joined[DNC_JOINED_MAX]);

#endif
