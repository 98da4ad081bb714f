/*
 * compliance.h - may this person be called, at this number, at this time?
 *
 * Questions are answered by the pure engine (engine.h); here its facts are
 * gathered from the database and its verdicts become records and replies.
 */
#ifndef AGORALIA_COMPLIANCE_H
#define AGORALIA_COMPLIANCE_H

#include "common/compliance/disclosure_text.h"
#include "common/compliance/engine.h"
#include "common/compliance/evidence.h"
#include "common/compliance/rules.h"
#include "common/lead/lead.h"

/* The campaign's part of the question; all zero for a call outside any. */
struct compliance_campaign {
    int64_t id;
    struct campaign_columns columns;
};

struct compliance_question {
    const char *to_number;   /* E.164 */
    const char *from_number; /* NULL = not chosen yet */
    struct tstamp at;
    int guard_seconds;
    bool advisory;
    bool hypothetical; /* nobody acts on the answer: it is not counted among the decisions */
    struct compliance_campaign campaign;
    const struct lead *lead; /* NULL = nobody known */
    const char *country_iso; /* where the person lives, when there is no lead to say so */
};

struct compliance_answer {
    struct compliance_verdict verdict;
    const struct compliance_facts *facts; /* that it rests on; in the operation's arena */
    const char *country_iso;              /* whose rules: of the number; "??" when unknown */
    int64_t platform_rule_id, tenant_rule_id;
    const char *words[DV_COUNT]; /* what is known of a disclosure's variables */
};

/* Whose rules must be read for a question: a Postgres array literal. */
const char *compliance_countries(struct op *op, const char *to_number, const char *lead_country);

/* Decide from rules and evidence already read: no query. */
struct compliance_answer compliance_answer(struct op *op, const struct compliance_question *q,
                                           const struct country_rules *rules,
                                           const struct evidence *evidence);

/* Read what is needed, then decide.  Never fails because of a refusal. */
bool compliance_ask(struct op *op, const struct compliance_question *q,
                    struct compliance_answer *out) MUSTCHECK;

/* What a check is recorded about. */
struct compliance_subject {
    const char *to_number;
    int64_t campaign_id, lead_id, scheduled_call_id; /* 0 = none */
    struct tstamp scheduled_time;
};

/* Store the decision; *id is its number.  Inside the caller's transaction if there is one. */
bool compliance_record(struct op *op, const struct compliance_subject *s,
                       const struct compliance_answer *a, int64_t *id) MUSTCHECK;

/* The arguments of SQL_COMPLIANCE_CHECK_INSERT, for a caller that sends it with other statements.
 */
const struct arg *compliance_record_args(struct op *op, const struct compliance_subject *s,
                                         const struct compliance_answer *a);

/* "warnings" as a JSON array. */
void compliance_warnings_json(struct buf *b, uint64_t warnings);

/* "required_actions": what must be spoken, rendered, as a JSON array. */
void compliance_actions_json(struct buf *b, const struct compliance_answer *a);

#endif
