/*
 * call_json.h - a call as the API shows it.
 *
 * What a call "said" and how it went is not stored: it is drawn again, the same
 * each time, from the call's own random stream.
 */
#ifndef AGORALIA_SIM_CALL_JSON_H
#define AGORALIA_SIM_CALL_JSON_H

#include "common/base/buf.h"
#include "tests/retell_sim/config.h"
#include "tests/retell_sim/world.h"

enum sim_view {
    SIM_VIEW_FULL, /* get-call, call_started, call_ended, call_analyzed: all that is due */
    SIM_VIEW_LIST, /* list-calls: neither transcripts nor recordings */
    SIM_VIEW_LIVE, /* transcript_updated: the turns told so far */
};

/* What filters and replies derive from a call. */
struct sim_facts {
    double cost_cents; /* 0 while it lasts */
    double e2e_p50_ms; /* 0 when nobody spoke */
    bool successful, voicemail;
    const char *sentiment;
};

struct sim_facts sim_call_facts(const struct sim_config *c, const struct sim_call *call);

void sim_call_json(struct buf *b, const struct sim_config *c, const struct sim_call *call,
                   enum sim_view view);

/* The custom_analysis_data object of an analyzed call. */
void sim_call_custom(struct buf *b, const struct sim_config *c, const struct sim_call *call);

/* The reason as the configured enum level names it. */
const char *sim_call_reason(const struct sim_config *c, const struct sim_call *call);

/* How many turns this call's conversation has. */
int sim_call_turns(const struct sim_call *call);

extern const char *const sim_storage_names[]; /* data_storage_setting; NULL-terminated */

#endif
