/* outcomes.c - the table of ends, and the choice among them. */

#include "tests/retell_sim/outcomes.h"

#include "tests/retell_sim/config.h"
#include "tests/retell_sim/json.h"

struct row {
    const char *name;
    enum sim_status status;
    enum sim_wait wait;
    enum sim_talk talk;
    enum sim_outcome as;
};

static const struct row rows[SIM_OUTCOMES] = {
#define OUTCOME(n, s, w, t, a) \
    [SIM_OUT_##n] = {#n, SIM_##s, SIM_WAIT_##w, SIM_TALK_##t, SIM_OUT_##a},
#define MAGIC(suffix, name)
#include "tests/retell_sim/outcomes.def"
#undef OUTCOME
#undef MAGIC
};

static const struct magic {
    const char *suffix;
    enum sim_outcome outcome;
} magics[] = {
#define OUTCOME(n, s, w, t, a)
#define MAGIC(s, name) {s, SIM_OUT_##name},
#include "tests/retell_sim/outcomes.def"
#undef OUTCOME
#undef MAGIC
};

const char *sim_status_name(enum sim_status status)
{
    static const char *const names[SIM_STATUSES] = {"registered", "not_connected", "ongoing",
                                                    "ended", "error"};
    return names[status];
}

const char *sim_outcome_name(enum sim_outcome o)
{
    return rows[o].name;
}

enum sim_status sim_outcome_status(enum sim_outcome o)
{
    return rows[o].status;
}

bool sim_outcome_connects(enum sim_outcome o)
{
    return rows[o].talk != SIM_TALK_NONE;
}

enum sim_outcome sim_outcome_named(struct str reason)
{
    for (size_t i = 0; i < SIM_OUTCOMES; i++)
        if (str_eq(reason, str_of(rows[i].name)))
            return (enum sim_outcome)i;
    return SIM_OUTCOMES;
}

enum sim_outcome sim_outcome_at_level(enum sim_outcome o, bool level_6)
{
    return level_6 ? o : rows[o].as;
}

static enum sim_outcome by_magic(struct str to)
{
    for (size_t i = 0; i < ARRAY_LEN(magics); i++) {
        struct str suffix = str_of(magics[i].suffix);
        if (to.n >= suffix.n && memcmp(to.p + to.n - suffix.n, suffix.p, suffix.n) == 0)
            return magics[i].outcome;
    }
    return SIM_OUTCOMES;
}

static enum sim_outcome by_directive(struct str directive)
{
    struct str named = sim_json_get(directive, "outcome");

    if (sim_json_type(named) != SJ_STRING)
        return SIM_OUTCOMES;
    return sim_outcome_named((struct str){named.p + 1, named.n - 2});
}

/* Chance is drawn even when it decides nothing, so that a directive in one call
 * does not shift the rest of its stream. */
static enum sim_outcome choose(const struct sim_config *c, struct sim_rng *r, struct str directive,
                               struct str to, int forced)
{
    size_t drawn = sim_rng_pick(r, c->outcomes, SIM_OUTCOMES);
    enum sim_outcome told = by_directive(directive), magic = by_magic(to);

    if (told != SIM_OUTCOMES)
        return told;
    if (forced >= 0)
        return (enum sim_outcome)forced;
    if (magic != SIM_OUTCOMES)
        return magic;
    return drawn < SIM_OUTCOMES ? (enum sim_outcome)drawn : SIM_OUT_user_hangup;
}

static double wait_ms(const struct sim_config *c, struct sim_rng *r, enum sim_wait wait,
                      double limit_ms)
{
    double ring = sim_rng_lognormal(r, c->ring.p50, c->ring.p95);

    switch (wait) {
    case SIM_WAIT_RING: return ring < limit_ms ? ring : limit_ms;
    case SIM_WAIT_FULL_RING: return limit_ms;
    case SIM_WAIT_BUSY: return sim_rng_between(r, c->busy_ms.lo, c->busy_ms.hi);
    case SIM_WAIT_INVALID: return sim_rng_between(r, c->invalid_ms.lo, c->invalid_ms.hi);
    case SIM_WAIT_JOIN: return 30e3;
    case SIM_WAIT_REGISTER: return 300e3;
    }
    return ring;
}

static double talk_ms(const struct sim_config *c, struct sim_rng *r, enum sim_talk talk,
                      double limit_ms)
{
    double ms = sim_rng_lognormal(r, c->talk.p50, c->talk.p95);
    double part = sim_rng_unit(r);

    ms = ms < limit_ms ? ms : limit_ms;
    switch (talk) {
    case SIM_TALK_NONE: return 0;
    case SIM_TALK_TALK: return ms;
    case SIM_TALK_MACHINE:
        return c->voicemail_ms.lo + part * (c->voicemail_ms.hi - c->voicemail_ms.lo);
    case SIM_TALK_LONGEST: return limit_ms;
    case SIM_TALK_BROKEN: return ms * part;
    case SIM_TALK_ENDLESS: return -1;
    }
    return ms;
}

static void override_ms(struct str directive, const char *key, double *ms)
{
    struct str v = sim_json_get(directive, key);

    if (sim_json_type(v) == SJ_NUMBER && sim_json_number(v) >= 0)
        *ms = sim_json_number(v);
}

struct sim_plan sim_plan_call(const struct sim_config *c, struct sim_rng *r, struct str directive,
                              struct str to_number, const struct sim_limits *limits)
{
    enum sim_outcome o = choose(c, r, directive, to_number, limits->forced);
    struct sim_plan plan = {
        .outcome = o,
        .wait_ms = wait_ms(c, r, rows[o].wait, limits->ring_ms),
        .talk_ms = talk_ms(c, r, rows[o].talk, limits->max_call_ms),
        .analysis_ms = sim_rng_lognormal(r, c->analysis_delay.p50, c->analysis_delay.p95),
        .analyzed = !sim_rng_chance(r, c->analysis_missing_rate),
    };

    override_ms(directive, "ring_ms", &plan.wait_ms);
    if (rows[o].talk != SIM_TALK_NONE && rows[o].talk != SIM_TALK_ENDLESS)
        override_ms(directive, "duration_ms", &plan.talk_ms);
    override_ms(directive, "analysis_ms", &plan.analysis_ms);
    return plan;
}
