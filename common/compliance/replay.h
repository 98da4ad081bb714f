/*
 * replay.h - decisions made again from what is on record.
 *
 * For one check, or all of a tenant's; and for a stranger with an exported file (ledger_file.h) and
 * nothing else.
 */
#ifndef AGORALIA_COMPLIANCE_REPLAY_H
#define AGORALIA_COMPLIANCE_REPLAY_H

#include "common/compliance/record.h"

#include <stdio.h>

enum replay_result {
    REPLAY_IDENTICAL,
    REPLAY_DIFFERS,    /* texts.stored and texts.again say how */
    REPLAY_ERASED,     /* the person was forgotten: the record stands in the chain, no more */
    REPLAY_UNRECORDED, /* made before records were kept */
    REPLAY_BROKEN,     /* what is wrong with it is the complaint */
    REPLAY_RESULTS
};
extern const char *const replay_result_names[];

struct replay {
    int64_t id; /* of the check; in a file the entry's number */
    enum replay_result result;
    struct decision_replay texts;
    const char *complaint;
};

/* In op's arena.  RESOURCE_NOT_FOUND when the tenant has no such check. */
bool replay_check(struct op *op, int64_t check_id, struct replay *out) MUSTCHECK;

/* Told of each that is neither identical nor erased. */
typedef void replay_teller(const struct replay *r);

/* In constant memory; counts has a place for each result. */
bool replay_all(struct op *op, int64_t counts[REPLAY_RESULTS], replay_teller *tell) MUSTCHECK;

/* Reads the file twice: laws, then entries.  Whether it is genuine is ledger_check's. */
bool replay_file(struct op *op, FILE *in, int64_t counts[REPLAY_RESULTS],
                 replay_teller *tell) MUSTCHECK;

#endif
