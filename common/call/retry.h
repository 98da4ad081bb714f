/*
 * retry.h - is somebody called again after this outcome, and when.
 *
 * Pure: the table of outcomes.def, what the campaign says otherwise, how often the
 * person was tried, and an instant go in; the next try comes out.  The law is not
 * asked here: a retry is a row like any other and is decided when it is claimed.
 */
#ifndef AGORALIA_RETRY_H
#define AGORALIA_RETRY_H

#include "common/base/tstamp.h"
#include "common/provider/outcome.h"

/* A campaign's own word on an outcome; by default the table's. */
struct retry_terms {
    bool again;
    int delay_minutes;
    enum retry_when when;
    int cap;
};

struct retry_history {
    int64_t same; /* earlier tries of this person that ended with this outcome, by any campaign */
    int64_t all;  /* tries of this person in all, this one included */
};

/* Calls in all to one person where a campaign does not say: RETRY_MAX_ATTEMPTS. */
enum { RETRY_MAX_ATTEMPTS = 6, RETRY_HISTORY_DAYS = 30 };

struct retry_terms retry_terms_of(const struct call_outcome *o);

/*
 * The instant of the next try; the null instant when there is none.  zone is the campaign's
 * (NULL = UTC): the parts of the day are its mornings, noons, afternoons and evenings.
 */
struct tstamp retry_at(const struct call_outcome *o, const struct retry_terms *terms,
                       const struct retry_history *h, int max_attempts, struct tstamp ended,
                       const char *zone);

#endif
