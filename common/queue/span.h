/*
 * span.h - JSON as Python's json module reads and writes it, as pieces of the text itself.
 *
 * A queue message is forwarded to the letter, so nothing here builds a tree: a
 * value is the span of bytes that spells it.  The grammar is Python's, wider
 * than RFC 8259: NaN, Infinity and -Infinity are numbers, a \u escape may be
 * a lone surrogate or U+0000, numbers have any length, a key may come twice.
 */
#ifndef AGORALIA_SPAN_H
#define AGORALIA_SPAN_H

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/json_scan.h"
#include "common/base/str.h"

/* Python gives up at 989 levels of args; the message itself is one more. */
enum { SPAN_MAX_DEPTH = JSON_SCAN_MAX_DEPTH };

/* NULL when text is one well-formed document; everything below wants such text. */
const char *span_complaint(struct str text);

/* The document without the white space around it. */
struct str span_trim(struct str text);

/* Walk the members or items of an object or array span: start with {.rest = span}. */
struct span_walk {
    struct str rest;
};
bool span_member(struct span_walk *w, struct str *key,
                 struct str *value); /* key: with its quotes */
bool span_item(struct span_walk *w, struct str *value);

/* The last member of that name, as Python reads duplicates. */
bool span_get(struct str object, const char *key, struct str *value);

/* Is this key, quotes and escapes and all, that name? */
bool span_is(struct str key, const char *name);

/* The text of a string span in UTF-8; a lone surrogate becomes U+FFFD. */
struct str span_text(struct arena *a, struct str string);

/* A number, NaN, infinity, true (1) or false (0). */
bool span_number(struct str value, double *out);

/* Python's truth: not null, false, 0, "", [] or {}. */
bool span_truth(struct str value);

/* s as a JSON string the way Python spells it: ASCII only. */
void span_write_string(struct buf *b, struct str s);

/* JSON text with every non-ASCII character escaped. */
void span_write_ascii(struct buf *b, struct str json);

#endif
