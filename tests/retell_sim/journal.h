/*
 * journal.h - what happened: the last requests and deliveries, and counts of all.
 *
 * The rings forget the oldest; the counts do not.
 */
#ifndef AGORALIA_SIM_JOURNAL_H
#define AGORALIA_SIM_JOURNAL_H

#include "common/base/buf.h"
#include "tests/retell_sim/ops.h"
#include "tests/retell_sim/outcomes.h"
#include "tests/retell_sim/world.h"

#define SIM_JOURNAL_ENTRIES 20000u

struct sim_log_request {
    uint64_t seq; /* from 1 */
    int64_t at_ms;
    enum sim_op op;
    int status; /* 0 = no answer: reset or hang */
    const char *fault;
    char method[8], path[96], retry_count[4], org_name[32], call_id[34];
};

struct sim_log_delivery {
    uint64_t seq;
    int64_t at_ms;
    uint32_t call;              /* ordinal */
    int event, attempt, status; /* status 0: no answer */
    int took_ms;
    const char *outcome; /* "delivered", "failed", "lost" */
    const char *fault;   /* NULL, or what was done to it on purpose */
    char signature[96];
};

struct sim_journal {
    struct sim_log_request *requests;
    struct sim_log_delivery *deliveries;
    uint64_t nrequests, ndeliveries;
    uint64_t by_op[SIM_OPS + 1], by_status[600];
    uint64_t placed, ended[SIM_OUTCOMES];
    uint64_t delivered, failed, lost, gave_up, events[SIM_EVENTS + 1];
    unsigned live, max_live; /* over all workspaces */
};

struct sim;

void sim_journal_open(struct sim_journal *j);
void sim_journal_reset(struct sim_journal *j);
void sim_journal_free(struct sim_journal *j);

/* A slot to fill; it is already counted. */
struct sim_log_request *sim_journal_request(struct sim_journal *j, enum sim_op op, int status);
struct sim_log_delivery *sim_journal_delivery(struct sim_journal *j);

void sim_journal_live(struct sim_journal *j, int change);

/* The replies of GET /sim/log (entries after `after`, at most `limit` of each) and /sim/stats. */
void sim_journal_log(const struct sim *s, uint64_t after, uint64_t limit, struct buf *out);
void sim_journal_stats(const struct sim *s, uint64_t starts, struct buf *out);

#endif
