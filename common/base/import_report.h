/*
 * import_report.h - what became of every line of an uploaded file.
 *
 * The reply of a bulk import: counts, the first errors by line and column with
 * their values masked, and notices, each once with how often it applied.
 */
#ifndef AGORALIA_IMPORT_REPORT_H
#define AGORALIA_IMPORT_REPORT_H

#include "common/base/csv.h"
#include "common/base/op.h"

enum {
    IMPORT_ERRORS_MAX = 1000,
    IMPORT_NOTICES_MAX = 64,
};

struct import_notice {
    const char *code;
    const char *column; /* NULL = about the file or the row */
    int64_t count;
    int64_t first_line;  /* 0 = no line */
    const char *message; /* NULL = the code says it all */
};

struct import_report {
    int64_t imported, updated, skipped, failed;
    struct buf errors; /* JSON objects with commas between them */
    int64_t nerrors;   /* written there; failed may be more */
    size_t nnotices;
    struct import_notice notices[IMPORT_NOTICES_MAX];
};

struct import_error {
    int64_t line;
    const char *column; /* NULL = the whole record */
    const char *code;
    struct str value; /* as it stood in the file; masked here */
};

/* Count a failed row and list it while there is room. */
void import_error(struct import_report *r, const struct import_error *e);

/* Its texts must outlive the report; count = how many rows it stands for. */
void import_notice(struct import_report *r, const struct import_notice *n);

void import_report_write(const struct import_report *r, const struct csv_summary *s,
                         struct buf *json);
void import_report_free(struct import_report *r);

/*
 * Fail because the file as a whole cannot be read, with details that say why,
 * where, and how many rows had already been taken.
 */
bool import_fault(struct op *op, const struct import_report *r, const char *code, int64_t line);

/* The reader has stopped: as import_fault() for a fault of the file, unless op has failed already.
 */
bool import_stopped(struct op *op, const struct import_report *r, const struct csv_reader *reader);

#endif
