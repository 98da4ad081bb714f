/*
 * trial.h - one decision being made: what its checks share.  Private to common/compliance.
 *
 * The laws that apply, each with what the campaign's override does to it, which of its
 * territories the person may be in, and in which zones.
 */
#ifndef AGORALIA_COMPLIANCE_TRIAL_H
#define AGORALIA_COMPLIANCE_TRIAL_H

#include "common/compliance/engine.h"

enum { TRIAL_MAX_SUBS = 8 };

struct trial_law {
    const struct law *law;
    bool tenant, of_lead;
    struct override_effect effect;
    const struct sub_law *subs[TRIAL_MAX_SUBS];
    int n_subs;
    bool too_many_subs;
    const struct tz **zones; /* where the called person may be, by this country's law */
    int n_zones;
};

struct zone_set {
    const struct tz *items[VERDICT_MAX_ZONES];
    int n;
};

struct trial {
    const struct compliance_facts *f;
    struct compliance_verdict *v;
    struct trial_law laws[FACTS_MAX_LAWS];
    int n;
    struct zone_set here, theirs; /* by the number's country's law, and by the lead's */
    uint64_t cured;               /* codes that do not count */
};

/* Keep the laws that count, with everything about them that the instant decides. */
void trial_open(struct trial *t, const struct compliance_facts *f, struct compliance_verdict *v);

/* The zones of every law; which territories' laws touch it. */
void trial_find_subs(struct trial *t);
void trial_find_zones(struct trial *t);

/* Is it law where it is already that day, or still that day, in any of the zones? */
bool trial_in_force(const struct trial_law *l, const struct in_force *when, int64_t us);

/* Each check adds what it finds to t->v. */
void check_lists(struct trial *t);
void check_caller_id(struct trial *t);
void check_sector(struct trial *t);
void check_disclosure(struct trial *t);

struct consent_finding {
    uint64_t codes, warnings;
    bool asked; /* some law wants consent, and there was somebody to look at */
};
struct consent_finding consent_judge(const struct trial *t, int64_t us);

/* Is there a consent that stands against an entry in this law's registry, given after listed_us? */
bool consent_outweighs(const struct trial *t, const struct trial_law *l, int64_t listed_us);

/* Does consent law, and not only a switch, ask this person's consent? */
bool consent_regime_demands(const struct compliance_facts *f, const struct law *law);

struct opening;

/* Every window, cap and cooldown into the opening; false when a window cannot be read. */
bool quiet_collect(const struct trial *t, struct opening *o) MUSTCHECK;
void frequency_collect(const struct trial *t, struct opening *o);

#endif
