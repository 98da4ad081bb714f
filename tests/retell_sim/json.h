/*
 * json.h - reading JSON where it lies.
 *
 * sim_json_check() accepts a whole document, as strictly as common/base does; after
 * that every value is a `struct str` pointing into it, verbatim.  Nothing is
 * allocated, so metadata comes back byte for byte as it was sent, and a million
 * calls cost what their text costs.  The other functions trust a checked text
 * that a NUL follows.
 */
#ifndef AGORALIA_SIM_JSON_H
#define AGORALIA_SIM_JSON_H

#include "common/base/buf.h"
#include "common/base/str.h"

enum sim_json_type { SJ_ABSENT, SJ_NULL, SJ_BOOL, SJ_NUMBER, SJ_STRING, SJ_ARRAY, SJ_OBJECT };

struct sim_json_iter {
    const char *p;
    bool object;
    struct str key; /* objects: without quotes, escapes as written */
    struct str value;
};

bool sim_json_check(struct str text) MUSTCHECK;
enum sim_json_type sim_json_type(struct str v);

/* The member of an object, or an absent value ({NULL, 0}); the first of two equal keys. */
struct str sim_json_get(struct str object, const char *key);

/* for (struct sim_json_iter i = sim_json_items(v); sim_json_next(&i);) over array or object. */
struct sim_json_iter sim_json_items(struct str container);
bool sim_json_next(struct sim_json_iter *i);

bool sim_json_true(struct str v);
double sim_json_number(struct str v);
size_t sim_json_count(struct str array);

/* The text of a string with escapes undone, or of any other scalar as written. */
void sim_json_text(struct buf *out, struct str v);

/* The same into a C string of `cap` bytes; false when it does not fit or holds a NUL. */
bool sim_json_cstr(struct str v, char *out, size_t cap) MUSTCHECK;

/* Is v the string `s`? */
bool sim_json_is(struct str v, const char *s);

/* v without the white space between its tokens: one line. */
void sim_json_compact(struct buf *out, struct str v);

/* A kept text, or an empty object when there is none. */
static inline struct str sim_json_or_empty(const char *text)
{
    return text ? str_of(text) : STR("{}");
}

#endif
