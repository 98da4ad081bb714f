/*
 * execution.h - a campaign on its way: start, pause, resume, stop, and the
 * turning of its leads into scheduled calls.
 */
#ifndef AGORALIA_EXECUTION_H
#define AGORALIA_EXECUTION_H

#include "common/campaign/campaign.h"

struct campaign_execution {
    int64_t id;
    int64_t campaign_id;
    const char *status; /* queued, running, completed, failed */
    int64_t total_leads;
    int64_t calls_scheduled;
    int64_t calls_completed;
    int64_t calls_failed;
    struct tstamp started_at;
    struct tstamp completed_at;
    const char *error_message;
};
extern const struct type campaign_execution_type;

/*
 * Check that the campaign can run (agent and number set, agent known to the
 * provider, number active), then in one transaction: open an execution, mark
 * the campaign running (scheduled, when its start_date is ahead) and write the
 * start_campaign_execution message.  Fails with INVALID_STATE, VALIDATION_ERROR
 * or PROVIDER_ERROR, leaving no trace.
 */
bool campaign_start(struct op *op, int64_t id, struct campaign_execution *out) MUSTCHECK;

struct campaign_stop {
    bool end_live_calls; /* the reconciler hangs up what is being said */
};
extern const struct type campaign_stop_type;

/*
 * After each of these returned, no new call of the campaign starts (pause, stop) or it may
 * (resume).  The first two wait for requests that are on their way: see dialling.h.
 */
bool campaign_pause(struct op *op, int64_t id, struct campaign *out) MUSTCHECK;
bool campaign_resume(struct op *op, int64_t id, struct campaign *out) MUSTCHECK;
bool campaign_stop(struct op *op, int64_t id, const struct campaign_stop *how,
                   struct campaign *out) MUSTCHECK;

bool campaign_executions(struct op *op, int64_t id, struct campaign_execution **out,
                         int *n) MUSTCHECK;

/*
 * Turn the leads of the campaign's open execution into scheduled calls, batch by
 * batch, each batch one transaction that also moves the execution's cursor:
 * running it again goes on where it stopped.  Refused leads become canceled rows
 * with their compliance check; leads that must wait get their next allowed
 * instant.  after_batch hears of every commit.
 */
bool execution_generate(struct op *op, int64_t campaign_id, void (*after_batch)(void)) MUSTCHECK;

/* Close what is finished, wake what is due; one round of the dispatcher's housekeeping. */
bool executions_settle(struct op *op) MUSTCHECK;

#endif
