/*
 * dial_rig.h - a process with diallers, and a provider client that speaks through them.
 */
#ifndef AGORALIA_TESTS_DIAL_RIG_H
#define AGORALIA_TESTS_DIAL_RIG_H

#include "common/base/conf.h"
#include "worker/dialler.h"

#define DIAL_RIG_KEY "key_only_diallers_know"
#define DIAL_RIG_AGENT "agent_1"
#define DIAL_RIG_NUMBER "+14157774444"

enum { DIAL_RIG_TIMEOUT_MS = 1500 };

struct dial_rig {
    struct conf conf;
    struct nursery nursery;
    struct provider *retell;
};

/* The worker's binary, of the variant under test. */
const char *dial_rig_worker(void);

/* n diallers for the provider at the URL.  ca_file: who vouches for it; NULL = the system. */
void dial_rig_start(struct dial_rig *r, const char *url, const char *ca_file, int n);
void dial_rig_stop(struct dial_rig *r);

/* One dial that may leave within so many milliseconds; its texts are gone. */
struct dial_answer dial_rig_dial(const struct dial_rig *r, int send_ms);

#endif
