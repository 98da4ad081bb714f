/*
 * filters.h - filter_criteria of list-calls: read once, then asked of each call.
 */
#ifndef AGORALIA_SIM_FILTERS_H
#define AGORALIA_SIM_FILTERS_H

#include "tests/retell_sim/call_json.h"
#include "tests/retell_sim/server.h"

#define SIM_CONDITIONS_MAX 64

enum sim_shape {
    SIM_SHAPE_STRING,
    SIM_SHAPE_ENUM,
    SIM_SHAPE_NUMBER,
    SIM_SHAPE_RANGE,
    SIM_SHAPE_BOOLEAN,
    SIM_SHAPE_PRESENT,
    SIM_SHAPE_AGENTS,     /* [{agent_id, version[]}], any of them */
    SIM_SHAPE_TOOL_CALLS, /* the simulated agents call no tools: matches nothing */
};

struct sim_condition {
    const struct sim_filter_field *field;
    enum sim_shape shape;
    char op[3];
    struct str value; /* as given */
    struct buf text;  /* SIM_SHAPE_STRING: the value with escapes undone */
    double lo, hi;    /* numbers and ranges */
    char key[128];    /* keyed fields */
};

struct sim_filter {
    struct sim_condition conditions[SIM_CONDITIONS_MAX];
    size_t n;
    struct buf scratch;
};

/* Read criteria (absent: matches all), or answer 400 in r. */
bool sim_filter_read(struct sim_filter *f, struct str criteria, struct sim_reply *r) MUSTCHECK;
void sim_filter_free(struct sim_filter *f);

bool sim_filter_match(struct sim_filter *f, const struct sim_config *c,
                      const struct sim_call *call);

/*
 * The fewest calls that can match, from the index: ordinals into *out (malloc'd,
 * unsorted, may repeat).  False when only a walk over all calls will do.
 */
bool sim_filter_candidates(const struct sim_filter *f, const struct sim_world *w,
                           const struct sim_workspace *ws, uint32_t **out, size_t *n);

#endif
