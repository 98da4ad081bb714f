/* schema.h - request bodies against a table of fields, refused in the vendor's words. */
#ifndef AGORALIA_SIM_SCHEMA_H
#define AGORALIA_SIM_SCHEMA_H

#include "tests/retell_sim/json.h"
#include "tests/retell_sim/server.h"

enum sim_field_type {
    SF_STRING,
    SF_INTEGER,
    SF_NUMBER,
    SF_BOOLEAN,
    SF_OBJECT,
    SF_ARRAY,
    SF_STRING_MAP, /* an object whose values are all strings */
    SF_VERSION,    /* a string or an integer */
    SF_AGENTS,     /* [{agent_id, weight, agent_version?}], weights adding up to 1 */
};

enum { SF_REQUIRED = 1, SF_NULLABLE = 2, SF_FILLED = 4 /* strings and arrays: not empty */ };

struct sim_field {
    const char *name;
    enum sim_field_type type;
    unsigned flags;
    const char *labels; /* SF_STRING: "a|b", the allowed values */
};

/* The body as a JSON object ("{}" when there is none), or a 400 in r. */
bool sim_body(const struct sim_request *q, struct sim_reply *r, struct str *body) MUSTCHECK;

/* Each field of `object`, which the client knows as `where`; the first wrong one is a 400. */
bool sim_schema(struct str object, const char *where, const struct sim_field *fields, size_t n,
                struct sim_reply *r) MUSTCHECK;

/* Is v one of the strings "a|b"? */
bool sim_is_label(struct str v, const char *labels);

/* Is it '+' and 7 to 15 digits, the first not 0? */
bool sim_is_e164(const char *s);

#endif
