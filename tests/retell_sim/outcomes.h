/*
 * outcomes.h - what becomes of a call: decided when it is placed, from the
 * directive in its metadata, else the last digits of the number, else chance.
 */
#ifndef AGORALIA_SIM_OUTCOMES_H
#define AGORALIA_SIM_OUTCOMES_H

#include "common/base/str.h"
#include "tests/retell_sim/rng.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_config;

enum sim_status {
    SIM_REGISTERED,
    SIM_NOT_CONNECTED,
    SIM_ONGOING,
    SIM_ENDED,
    SIM_ERROR,
    SIM_STATUSES,
};

enum sim_outcome {
#define OUTCOME(name, status, wait, talk, as) SIM_OUT_##name,
#define MAGIC(suffix, name)
#include "tests/retell_sim/outcomes.def"
#undef OUTCOME
#undef MAGIC
    SIM_OUTCOMES,
};

enum sim_wait {
    SIM_WAIT_RING,
    SIM_WAIT_FULL_RING,
    SIM_WAIT_BUSY,
    SIM_WAIT_INVALID,
    SIM_WAIT_JOIN,     /* a web call nobody joins: 30 s */
    SIM_WAIT_REGISTER, /* a registered call nobody dials: 5 min */
};

enum sim_talk {
    SIM_TALK_NONE, /* never connects */
    SIM_TALK_TALK,
    SIM_TALK_MACHINE, /* until a voicemail or a menu is recognised */
    SIM_TALK_LONGEST,
    SIM_TALK_BROKEN, /* fails somewhere in the conversation */
    SIM_TALK_ENDLESS,
};

/* Where a call's fate does not come from its number or from chance. */
struct sim_limits {
    double ring_ms;     /* the agent's ring_duration_ms */
    double max_call_ms; /* the agent's max_call_duration_ms */
    int forced;         /* an enum sim_outcome, or -1: capacity, web calls, registered calls */
};

struct sim_plan {
    enum sim_outcome outcome;
    double wait_ms; /* from registration to connection or failure */
    double talk_ms; /* from connection to end; < 0 = it never ends by itself */
    double analysis_ms;
    bool analyzed; /* will call_analyzed come at all? */
};

const char *sim_status_name(enum sim_status status);
const char *sim_outcome_name(enum sim_outcome o);
enum sim_status sim_outcome_status(enum sim_outcome o);
bool sim_outcome_connects(enum sim_outcome o);

/* SIM_OUTCOMES when there is no such reason. */
enum sim_outcome sim_outcome_named(struct str reason);

/* The reason as this enum level spells it. */
enum sim_outcome sim_outcome_at_level(enum sim_outcome o, bool level_6);

/* directive: the "sim" object of the call's metadata, or absent. */
struct sim_plan sim_plan_call(const struct sim_config *c, struct sim_rng *r, struct str directive,
                              struct str to_number, const struct sim_limits *limits);

#endif
