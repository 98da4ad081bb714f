/*
 * query.h - named text values into a struct through its field table: the query
 * string, and the text fields of a form.
 */
#ifndef AGORALIA_QUERY_H
#define AGORALIA_QUERY_H

#include "api/http.h"

enum { PARAMS_MAX = 64 };

struct params {
    struct op *op;
    const struct type *type; /* at most 64 fields */
    void *out;
    uint64_t seen; /* one bit per field */
    int n;
    bool others; /* names that the table has not are somebody else's business */
};

/* Take one value; what is wrong with it is noted under its name in op's error details. */
void params_take(struct params *p, struct str name, struct str value);

/* name=value&...: percent-decoded, '+' is a blank. */
void params_take_query(struct params *p, struct str query);

/* Fails with VALIDATION_ERROR when anything was noted or a required one is missing. */
bool params_finish(struct params *p) MUSTCHECK;

#endif
