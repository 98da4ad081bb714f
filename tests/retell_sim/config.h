/*
 * config.h - what the simulated world is like.
 *
 * Settings arrive as JSON, from defaults, a file and the control port alike,
 * and are merged by one table of dotted paths; what is not named keeps its
 * value.  Workspaces are the world's own matter (world.h).
 */
#ifndef AGORALIA_SIM_CONFIG_H
#define AGORALIA_SIM_CONFIG_H

#include "common/base/buf.h"
#include "tests/retell_sim/ops.h"
#include "tests/retell_sim/outcomes.h"

struct sim_dist {
    double p50, p95, max; /* ms; max 0 = none */
};

struct sim_pair {
    double lo, hi;
};

enum sim_retry_after { SIM_RETRY_SECONDS, SIM_RETRY_MS, SIM_RETRY_NONE };
/* What idempotency_key means: the first answer again, nothing, or a property nobody knows. */
enum sim_idempotency { SIM_KEY_REPLAYS, SIM_KEY_IGNORED, SIM_KEY_REFUSED };
enum sim_over { SIM_OVER_429, SIM_OVER_ENDED_CALL };

/* Chances per request, in the order they are tried. */
struct sim_api_faults {
    double http_500, http_503, http_429, http_402, reset, reset_after_commit, hang, html_502;
};

/* Chances per event. */
struct sim_hook_faults {
    double duplicate, out_of_order, lost, bad_signature, stale_signature, truncated, slow_loris;
    double delay_p, delay_ms;
};

struct sim_config {
    char listen[64], control[64];
    uint64_t seed;
    double time_scale;

    struct sim_dist latency;
    struct sim_dist per_op[SIM_OPS]; /* p50 < 0 = as `latency`; giving the table replaces it */
    double rate_requests, rate_window_ms;
    int retry_after; /* enum sim_retry_after */
    struct sim_api_faults faults;
    int not_found_call, not_found_from_number;
    int over_concurrency; /* enum sim_over */

    struct sim_dist ring, talk;
    struct sim_pair busy_ms, invalid_ms, voicemail_ms;
    double max_call_ms;

    double outcomes[SIM_OUTCOMES]; /* weights; giving the table replaces all of them */

    struct sim_dist analysis_delay;
    double analysis_success_rate, analysis_missing_rate;
    struct buf analysis_custom; /* {"field": {"value": chance}} */

    double cents_per_sec;
    struct buf cents_per_min; /* {"+39": cents} by prefix of the number called */

    double hook_timeout_ms, hook_retry_gap_ms[8];
    int hook_retries, hook_connections; /* connections at once to one receiver */
    struct sim_hook_faults hook_faults;
    bool transcript_updates;

    bool seed_paths;
    int enum_level;  /* 0 = 5.66, 1 = 6.x */
    int idempotency; /* enum sim_idempotency */
};

/* The defaults, workspaces included, as the JSON they are. */
extern const char sim_config_defaults[];

void sim_config_init(struct sim_config *c);

/*
 * Merge a JSON object over *c.  False with one line per complaint in `why`;
 * *c is then half changed, so merge into a copy (sim_config_copy).
 */
bool sim_config_merge(struct sim_config *c, struct str json, struct buf *why) MUSTCHECK;

void sim_config_copy(struct sim_config *to, const struct sim_config *from);
void sim_config_free(struct sim_config *c);

#endif
