/* import_row.h - one record of a file as a lead.  Private to common/lead. */
#ifndef AGORALIA_IMPORT_ROW_H
#define AGORALIA_IMPORT_ROW_H

#include "common/base/import_report.h"
#include "common/lead/lead.h"
#include "common/lead/lead_columns.h"
#include "common/number/phone_cell.h"

struct import_rules {
    struct lead_columns columns;
    const char *default_country; /* NULL = none */
    int64_t campaign_id;         /* 0 = none */
    int64_t now_us;              /* consent cannot have been given later */
};

struct import_row {
    struct lead lead; /* texts in the arena given */
    struct e164 phone;
};

/* False when the record is no lead: the report says why, or counts it as skipped. */
bool import_row_read(struct arena *a, const struct import_rules *rules, const struct csv_record *r,
                     struct import_report *report, struct import_row *out) MUSTCHECK;

#endif
