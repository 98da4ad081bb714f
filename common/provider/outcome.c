/* outcome.c - the outcome table and the two rows that need more than the reason. */

#include "common/provider/outcome.h"

#include "common/base/compiler.h"

#include <string.h>

/* A call shorter than this was cut off by somebody who did not want to talk. */
enum { EARLY_HANGUP_MS = 8000 };

struct row {
    const char *word;
    struct call_outcome means;
};

static const struct row reasons[] = {
#define OUTCOME(reason, status, outcome, retry, suspect) \
    {#reason, {#status, #outcome, RETRY_##retry, SUSPECT_##suspect}},
#include "common/provider/outcomes.def"
#undef OUTCOME
};

static const struct row statuses[] = {
    {"registered", {"queued", NULL, RETRY_OPEN, SUSPECT_NONE}},
    {"ongoing", {"in_progress", NULL, RETRY_OPEN, SUSPECT_NONE}},
    {"ended", {"completed", "other", RETRY_NEVER, SUSPECT_NONE}},
    {"not_connected", {"failed", "other", RETRY_REDIAL, SUSPECT_NONE}},
    {"error", {"failed", "other", RETRY_TECHNICAL, SUSPECT_NONE}},
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
        o.outcome = "early_hangup";
        o.retry = RETRY_REDIAL;
    }
    /* The person was reached, so it counts against them however it ended. */
    if (strcmp(o.outcome, "provider_fault") == 0 && f->connected)
        o.retry = RETRY_REDIAL;
    return o;
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
