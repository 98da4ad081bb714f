/*
 * csv_text.h - the bytes of a text file of unknown origin, as UTF-8.
 *
 * A byte order mark decides.  Without one the first character beyond ASCII
 * does: well-formed UTF-8, or Windows-1252.  A byte that is not UTF-8 in a
 * UTF-8 file is read as Windows-1252 and counted.
 */
#ifndef AGORALIA_CSV_TEXT_H
#define AGORALIA_CSV_TEXT_H

#include "common/base/buf.h"

enum csv_encoding {
    CSV_ASCII, /* nothing beyond ASCII so far */
    CSV_UTF8,
    CSV_UTF16LE,
    CSV_UTF16BE,
    CSV_WINDOWS_1252,
};

/* "utf-8" (also for CSV_ASCII), "utf-16le", "utf-16be", "windows-1252". */
const char *csv_encoding_name(enum csv_encoding encoding);

struct csv_text {
    enum csv_encoding encoding;
    int64_t strays; /* single bytes read as Windows-1252 in a UTF-8 file */
    size_t ncarry;  /* the beginning of a character cut by the end of a chunk */
    unsigned char carry[4];
    unsigned high; /* the first half of a UTF-16 pair, 0 = none */
};

/*
 * Decide by the file's first bytes, all of it when whole is true.  Returns how
 * many of them are a byte order mark: feed what follows.
 */
size_t csv_text_detect(struct csv_text *t, struct str head, bool whole);

/* Append bytes to out as UTF-8. */
void csv_text_feed(struct csv_text *t, struct str bytes, struct buf *out);

/* The file has ended: append what a cut character leaves. */
void csv_text_finish(struct csv_text *t, struct buf *out);

#endif
