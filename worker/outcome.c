/* outcome.c - how an operation's error class becomes the fate of its message. */

#include "worker/outcome.h"

static enum outcome again(int64_t retries, int64_t max_retries)
{
    return max_retries < 0 || retries < max_retries ? OUT_RETRY : OUT_DEAD;
}

enum outcome outcome_of(enum err_class class, int64_t retries, int64_t max_retries)
{
    switch (class) {
    case EC_NONE:
    case EC_MISSING: /* the row is gone: there is nothing left to do */
    case EC_REFUSED: /* compliance said no and the refusal is recorded */ return OUT_ACK;
    case EC_THROTTLED:
    case EC_BUSY: /* Postgres is away: an outage must not turn jobs into dead letters */
        return OUT_SNOOZE;
    case EC_CONFLICT:
    case EC_UPSTREAM:
    case EC_TIMEOUT:
    case EC_FAULT: return again(retries, max_retries);
    case EC_INVALID:
    case EC_MALFORMED:
    case EC_ANONYMOUS:
    case EC_DENIED:
    case EC_UNPAID:
    case EC_NO_METHOD:
    case EC_TOO_LARGE:
    case EC_URI_TOO_LONG:
    case EC_HEADERS_TOO_LARGE:
    case EC_LENGTH_REQUIRED:
    case EC_MEDIA_TYPE: return OUT_DEAD;
    }
    return OUT_DEAD;
}

const char *outcome_name(enum outcome o)
{
    static const char *const names[] = {
        [OUT_ACK] = "ack", [OUT_RETRY] = "retry", [OUT_SNOOZE] = "snooze", [OUT_DEAD] = "dead"};

    return names[o];
}
