/*
 * generation.h - a campaign's leads, and what is decided of each.  Private to common/campaign.
 *
 * A start (generate.c) writes down what it finds, a dry run (dry_run.c) only counts it: both
 * read the same leads by the same statement and ask the engine the same question.
 */
#ifndef AGORALIA_GENERATION_H
#define AGORALIA_GENERATION_H

#include "common/campaign/campaign.h"
#include "common/store/db.h"

enum { GENERATION_BATCH = 4000 };

/* The campaign as it stands, the laws, and the instant it is decided at. */
struct generation_basis {
    struct campaign campaign;
    struct country_rules rules;
    struct tstamp now;
    bool hypothetical;
};

/* now, or the campaign's start if that is ahead: nothing is called before. */
struct tstamp generation_earliest(const struct generation_basis *b);

bool generation_filters(struct op *op, const struct campaign *c,
                        struct campaign_lead_filters *out) MUSTCHECK;

/* The next leads of a lane (a campaign's id, or 0: of no campaign) after one of them. */
bool generation_leads(struct op *op, const struct campaign_lead_filters *f, int64_t lane,
                      int64_t after, int limit, struct rows *out) MUSTCHECK;

/* Its first half; db_receive() is the second. */
bool generation_ask_leads(struct op *op, const struct campaign_lead_filters *f, int64_t lane,
                          int64_t after, int limit, struct rows *out) MUSTCHECK;

/* metadata stands for the lead's own; NULL = as it is. */
bool generation_judge(struct op *op, const struct generation_basis *b, const struct rows *leads,
                      int i, const char *metadata, struct compliance_answer *out) MUSTCHECK;

/* When the call may be made; the null instant when never. */
struct tstamp generation_when(const struct generation_basis *b, const struct compliance_verdict *v);

#endif
