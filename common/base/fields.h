/*
 * fields.h - one table per struct; every direction from it.
 *
 *   from_json()   JSON object -> struct, every complaint at once, unknown fields refused
 *   patch_json()  the same over a loaded struct: only what is present changes
 *   to_json()     struct -> JSON text
 *   field_read_text() / field_write_text()   one field <-> text: Postgres rows
 *                 and parameters, query strings
 *
 * A struct is plain C; its table lists the fields that cross a boundary.  The
 * type of each is taken from the C declaration, so a table cannot lie about it.
 */
#ifndef AGORALIA_FIELDS_H
#define AGORALIA_FIELDS_H

#include "common/base/buf.h"
#include "common/base/op.h"
#include "common/base/tstamp.h"

#include <stddef.h>

struct cJSON;

struct json_text {
    const char *text;
}; /* a JSON document kept to the letter; NULL = null */
struct opt_i64 {
    bool set;
    int64_t v;
}; /* a nullable integer */
struct opt_bool {
    bool set;
    bool v;
}; /* a nullable boolean: filters */

enum field_type {
    FT_STR,
    FT_I32,
    FT_I64,
    FT_F64,
    FT_BOOL,
    FT_TSTAMP,
    FT_JSON,
    FT_OPT_I64,
    FT_OPT_BOOL,
    FT_ENUM,
};

enum field_flags {
    F_REQUIRED = 1 << 0, /* from_json() complains when absent, null or empty */
    F_NOT_NULL = 1 << 1, /* may be absent (the default stands), never null */
    F_READONLY = 1 << 2, /* refused in a body: ids, timestamps, status */
    F_HIDDEN = 1 << 3,   /* unknown to JSON in both directions: tenant_id, secrets */
    F_OBJECT = 1 << 4,   /* FT_JSON: must be an object */
    F_ARRAY = 1 << 5,    /* FT_JSON: must be an array */
};

struct field {
    const char *name; /* in the struct, in JSON and in the table: always the same */
    struct str key;   /* ,"name": as it stands between two members */
    enum field_type type;
    size_t offset;
    unsigned flags;
    int64_t min, max;                    /* integers: range; text: bytes; 0,0 = any */
    const char *const *labels;           /* enums, and text that filters by one: NULL-terminated */
    const char *(*check)(const char *s); /* text: NULL or a complaint ("must be ...") */
};

struct type {
    const char *name;
    size_t size;
    const struct field *fields;
    size_t nfields;
};

#define FIELD_TYPE(T, f) \
    _Generic(((T *)0)->f,                                                                 \
        const char *: FT_STR, int32_t: FT_I32, int64_t: FT_I64, double: FT_F64,           \
        bool: FT_BOOL, struct tstamp: FT_TSTAMP, struct json_text: FT_JSON,               \
        struct opt_i64: FT_OPT_I64, struct opt_bool: FT_OPT_BOOL)

#define FIELD_KEY(f) \
    { \
        ",\"" #f "\":", sizeof(",\"" #f "\":") - 1 \
    }
#define FIELD(T, f, ...) \
    { \
        .name = #f, .key = FIELD_KEY(f), .type = FIELD_TYPE(T, f), .offset = offsetof(T, f), \
        __VA_ARGS__ \
    }
#define FIELD_ENUM(T, f, labels_, ...) \
    { \
        .name = #f, .key = FIELD_KEY(f), .type = FT_ENUM, .offset = offsetof(T, f), \
        .labels = labels_, __VA_ARGS__ \
    }
#define TYPE(T, table) \
    { \
        .name = #T, .size = sizeof(T), .fields = table, .nfields = ARRAY_LEN(table) \
    }

/* Fail with VALIDATION_ERROR, details holding one complaint per field path. */
bool from_json(struct op *op, const struct cJSON *in, const struct type *t, void *out) MUSTCHECK;
bool patch_json(struct op *op, const struct cJSON *in, const struct type *t, void *inout) MUSTCHECK;

void to_json(struct buf *b, const struct type *t, const void *in);

/* The members of to_json() without the braces, so that a caller may add its own. */
void to_json_members(struct buf *b, const struct type *t, const void *in);

/* "name": of a field; the first of an object has no comma before it. */
void field_write_key(struct buf *b, const struct field *f, bool first);

/* NULL when taken, else a complaint.  Text is copied into op's arena. */
const char *field_read_text(struct op *op, const struct field *f, struct str text, void *at);

/* The field as Postgres reads it; NULL for null.  In op's arena or static. */
const char *field_write_text(struct op *op, const struct field *f, const void *at);

/* The place of text among labels; -1 when it is none of them. */
int label_find(const char *const *labels, struct str text);

/* An integer of any width, nullable or not: NULL when taken, else a complaint. */
const char *field_take_integer(struct op *op, const struct field *f, int64_t v, void *at);

/* What a value of a field with a range or labels must be: the complaint about any other. */
const char *field_complaint(struct op *op, const struct field *f);

/* Bounds and check of f for a text, whatever it came from; NULL or a complaint. */
const char *field_check_text(const struct field *f, struct str text);

const struct field *type_field(const struct type *t, struct str name);

#endif
