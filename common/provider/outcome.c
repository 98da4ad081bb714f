/* outcome.c - the outcome table and the two rows that need more than the reason. */

#include "common/provider/outcome.h"

#include "common/base/compiler.h"

#include <string.h>

/* A call shorter than this was cut off by somebody who did not want to talk. */
enum { EARLY_HANGUP_MS = 8000, DAY_MINUTES = 1440, REACHED_FAULT_MINUTES = 60 };

/* The word of no reason: an answered call that was cut off at once. */
static const char early_hangup[] = "early_hangup";

struct row {
    const char *word;
    struct call_outcome means;
};

static const struct row reasons[] = {
#define OUTCOME(reason, status, outcome, retry, suspect, delay, when, cap) \
    {#reason, {#status, #outcome, RETRY_##retry, SUSPECT_##suspect, delay, RETRY_##when, cap}},
#include "common/provider/outcomes.def"
#undef OUTCOME
};

static const struct row statuses[] = {
    {"registered", {"queued", NULL, RETRY_OPEN, SUSPECT_NONE, 0, RETRY_ANY_TIME, 0}},
    {"ongoing", {"in_progress", NULL, RETRY_OPEN, SUSPECT_NONE, 0, RETRY_ANY_TIME, 0}},
    {"ended", {"completed", "other", RETRY_NEVER, SUSPECT_NONE, 0, RETRY_ANY_TIME, 0}},
    {"not_connected", {"failed", "other", RETRY_REDIAL, SUSPECT_NONE, 240, RETRY_OTHER_PART, 1}},
    {"error", {"failed", "other", RETRY_TECHNICAL, SUSPECT_NONE, 10, RETRY_ANY_TIME, 1}},
};

static const struct call_outcome *look_up(const struct row *rows, size_t n, const char *word)
{
    for (size_t i = 0; word && i < n; i++)
        if (strcmp(rows[i].word, word) == 0)
            return &rows[i].means;
    return NULL;
}

static struct call_outcome refine(struct call_outcome o, const struct call_facts *f)
{
    if (strcmp(f->disconnection_reason, "user_hangup") == 0 && f->duration_ms > 0
        && f->duration_ms < EARLY_HANGUP_MS && !f->successful) {
        o.outcome = early_hangup;
        o.retry = RETRY_REDIAL;
        o.delay_minutes = DAY_MINUTES;
        o.when = RETRY_NEXT_DAY;
        o.cap = 1;
    }
    /* The person was reached, so it counts against them however it ended. */
    if (strcmp(o.outcome, "provider_fault") == 0 && f->connected) {
        o.retry = RETRY_REDIAL;
        o.delay_minutes = REACHED_FAULT_MINUTES;
    }
    return o;
}

bool outcome_may_be_retried(const char *outcome)
{
    if (strcmp(outcome, early_hangup) == 0)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (strcmp(reasons[i].means.outcome, outcome) == 0)
            return reasons[i].means.retry == RETRY_REDIAL
                   || reasons[i].means.retry == RETRY_TECHNICAL;
    return false;
}

struct call_outcome call_outcome_of(const struct call_facts *f)
{
    /* The reason first: a payload may carry a call_status older than its event. */
    const struct call_outcome *o = look_up(reasons, ARRAY_LEN(reasons), f->disconnection_reason);

    if (o)
        return refine(*o, f);
    o = look_up(statuses, ARRAY_LEN(statuses), f->status);
    return o ? *o : (struct call_outcome){0};
}
