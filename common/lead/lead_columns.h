/* lead_columns.h - which column of a file is what, by its header in whatever language. */
#ifndef AGORALIA_LEAD_COLUMNS_H
#define AGORALIA_LEAD_COLUMNS_H

#include "common/base/csv.h"

enum lead_column {
    LEAD_IGNORED,
    LEAD_PHONE,
    LEAD_NUMBER, /* a phone where nothing else is: files have other numbers too */
    LEAD_NAME,
    LEAD_FIRST_NAME,
    LEAD_LAST_NAME,
    LEAD_EMAIL,
    LEAD_COMPANY,
    LEAD_ROLE,
    LEAD_COUNTRY,
    LEAD_LANGUAGE,
    LEAD_CONSENT_STATUS,
    LEAD_CONSENT_BASIS,
    LEAD_CONSENT_DATE,
    LEAD_CONSENT_SOURCE,
    LEAD_DO_NOT_CALL,
    LEAD_CAMPAIGN_ID,
    LEAD_TENANT_ID,
    LEAD_COLUMN_COUNT,
};

/* What a header says; LEAD_IGNORED when it says nothing to us. */
enum lead_column lead_column_of(struct str header);

enum { LEAD_PHONE_COLUMNS = 4 };

struct lead_columns {
    bool headed;                  /* the first record is a header, not a lead */
    size_t at[LEAD_COLUMN_COUNT]; /* place of the column + 1; 0 = the file has none */
    size_t nphones;               /* several phone columns: the first one filled in counts */
    size_t phones[LEAD_PHONE_COLUMNS];
};

/*
 * Understand the first record.  Without a header, the first cell that reads as
 * a number (in default_country) is the phone column; a file of one column is
 * a list of numbers whatever its header says.  False: no column holds phones.
 */
bool lead_columns_map(const struct csv_record *first, const char *default_country,
                      struct lead_columns *out) MUSTCHECK;

/* The cell of a column, trimmed; empty when the file has no such column. */
struct str lead_cell(const struct csv_record *r, const struct lead_columns *c,
                     enum lead_column column);

/* The first phone cell that has something in it. */
struct str lead_phone_cell(const struct csv_record *r, const struct lead_columns *c);

#endif
