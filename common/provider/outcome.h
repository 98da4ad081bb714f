/*
 * outcome.h - what an ended call means: our status, one word, and what to do next.
 *
 * Pure.  outcomes.def is the table; a reason it does not know is judged by the
 * provider's call status, so a newer provider never stops a campaign.
 */
#ifndef AGORALIA_PROVIDER_OUTCOME_H
#define AGORALIA_PROVIDER_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

enum retry_class {
    RETRY_OPEN,      /* the call is not over */
    RETRY_REDIAL,    /* again on the campaign's cadence; uses up an attempt */
    RETRY_TECHNICAL, /* back off and again; the lead was not reached, no attempt is used up */
    RETRY_NEVER,     /* done with this lead for now */
    RETRY_BLOCK,     /* the number or the lead is dead: block it */
    RETRY_PAUSE,     /* pause the suspect and alert; the lead waits */
};

/* What this outcome, or a run of it, speaks against. */
enum suspect {
    SUSPECT_NONE,
    SUSPECT_FROM_NUMBER,
    SUSPECT_TRUNK,
    SUSPECT_WORKSPACE,
    SUSPECT_AGENT,
};

/* When a person who was not reached is tried again. */
enum retry_when {
    RETRY_ANY_TIME,
    RETRY_OTHER_PART, /* in another part of the day than the try that failed */
    RETRY_NEXT_DAY,
};

/* What the provider told about the call; NULL and 0 = untold. */
struct call_facts {
    const char *status; /* the provider's words */
    const char *disconnection_reason;
    bool connected; /* it had a start */
    int64_t duration_ms;
    bool successful; /* as the analysis says */
};

struct call_outcome {
    const char
        *status; /* queued, in_progress, completed, failed, canceled; NULL = cannot be told */
    const char *outcome; /* answered, voicemail, busy, ...; NULL while the call is not over */
    enum retry_class retry;
    enum suspect suspect;
    int delay_minutes;
    enum retry_when when;
    int cap; /* tries that may follow this outcome */
};

/* May a call that ended with this word be repeated?  False for a word nobody says. */
bool outcome_may_be_retried(const char *outcome);

struct call_outcome call_outcome_of(const struct call_facts *f);

#endif
