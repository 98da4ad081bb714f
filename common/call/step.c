/* step.c - one switch over the events, small rules beneath it. */

#include "common/call/step.h"

#include <stdlib.h>
#include <string.h>

const char *const row_state_names[] = {
    "scheduled", "queued", "processing", "done", "failed", "canceled", NULL,
};

const char *const attempt_state_names[] = {
    "none",          "intent", "unknown",  "accepted", "ringing",    "ongoing",       "ended",
    "not_connected", "error",  "rejected", "refuted",  "unresolved", "accepted_late", NULL,
};

static int index_of(const char *const *names, const char *name)
{
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    abort();
}

enum row_state row_state_named(const char *name)
{
    return (enum row_state)index_of(row_state_names, name);
}

enum attempt_state attempt_state_named(const char *name)
{
    return (enum attempt_state)index_of(attempt_state_names, name);
}

/* The three ends of a call are one rank: the first that is told stands. */
static int rank(enum attempt_state s)
{
    switch (s) {
    case ATTEMPT_NONE: return 0;
    case ATTEMPT_INTENT: return 1;
    case ATTEMPT_UNKNOWN: return 1;
    case ATTEMPT_ACCEPTED: return 2;
    case ATTEMPT_RINGING: return 3;
    case ATTEMPT_ONGOING: return 4;
    case ATTEMPT_ENDED:
    case ATTEMPT_NOT_CONNECTED:
    case ATTEMPT_ERROR: return 5;
    case ATTEMPT_REJECTED:
    case ATTEMPT_REFUTED:
    case ATTEMPT_UNRESOLVED: return 0;
    case ATTEMPT_ACCEPTED_LATE: return 6;
    }
    abort();
}

bool attempt_lives(enum attempt_state s)
{
    return rank(s) >= 1 && s != ATTEMPT_ACCEPTED_LATE;
}

static bool is_doubtful(enum attempt_state s)
{
    return s == ATTEMPT_INTENT || s == ATTEMPT_UNKNOWN;
}

static bool was_written_off(enum attempt_state s)
{
    return s == ATTEMPT_REJECTED || s == ATTEMPT_REFUTED || s == ATTEMPT_UNRESOLVED;
}

static bool is_open(enum row_state s)
{
    return s == ROW_SCHEDULED || s == ROW_QUEUED;
}

/* What was refused or absent once may have been placed by a later request. */
static bool may_write_off(const struct dial_state *s)
{
    return is_doubtful(s->attempt) && !s->repeated;
}

static void move_row(const struct dial_state *s, struct dial_step *to, bool allowed,
                     enum row_state row, unsigned effects)
{
    if (!allowed)
        return;
    to->row = row;
    to->moved = row != s->row;
    to->effects = effects;
}

/* The attempt came to nothing: its row goes on without it. */
static void write_off(const struct dial_state *s, const struct dial_event *e, struct dial_step *to,
                      bool allowed, enum attempt_state attempt)
{
    if (!allowed)
        return;
    to->attempt = attempt;
    to->moved = true;
    if (s->row == ROW_PROCESSING)
        to->row = e->again ? ROW_SCHEDULED : ROW_FAILED;
}

static void end_row(const struct dial_state *s, const struct dial_event *e, struct dial_step *to)
{
    to->effects |= EFFECT_OVER;
    if (s->row == ROW_PROCESSING || to->row == ROW_PROCESSING)
        to->row = e->row_after;
}

/*
 * We had concluded that it was not placed, and it was.  When nothing else was dialled the row
 * comes back to this attempt, which is what keeps the person from being called twice; otherwise
 * the damage is done and is made small: an alarm, and this call is hung up.
 */
static void believe_late(const struct dial_state *s, const struct dial_event *e,
                         struct dial_step *to, enum attempt_state told)
{
    to->moved = true;
    to->effects = EFFECT_ALARM;
    if (s->rival) {
        to->attempt = ATTEMPT_ACCEPTED_LATE;
        if (rank(told) < rank(ATTEMPT_ENDED))
            to->effects |= EFFECT_STOP;
        return;
    }
    to->attempt = told;
    to->row = ROW_PROCESSING;
    if (rank(told) == rank(ATTEMPT_ENDED))
        end_row(s, e, to);
}

/* The provider has the call and says how far it is. */
static void believe(const struct dial_state *s, const struct dial_event *e, struct dial_step *to,
                    enum attempt_state told)
{
    if (s->attempt == ATTEMPT_NONE)
        return;
    if (was_written_off(s->attempt)) {
        believe_late(s, e, to, told);
        return;
    }
    if (rank(told) <= rank(s->attempt))
        return;
    to->attempt = told;
    to->moved = true;
    if (rank(told) == rank(ATTEMPT_ENDED))
        end_row(s, e, to);
}

static void claim(const struct dial_state *s, struct dial_step *to)
{
    if (s->row != ROW_QUEUED || s->rival || attempt_lives(s->attempt))
        return;
    *to = (struct dial_step){true, ROW_PROCESSING, ATTEMPT_INTENT, EFFECT_DIAL};
}

static void repeat(const struct dial_state *s, struct dial_step *to)
{
    if (s->row != ROW_PROCESSING || s->attempt != ATTEMPT_UNKNOWN || s->rival || s->repeated)
        return;
    to->moved = true;
    to->effects = EFFECT_REPEAT;
}

struct dial_step dial_step(const struct dial_state *s, const struct dial_event *e)
{
    struct dial_step to = {.row = s->row, .attempt = s->attempt};

    switch (e->kind) {
    case EVENT_DUE: move_row(s, &to, s->row == ROW_SCHEDULED, ROW_QUEUED, EFFECT_MESSAGE); break;
    case EVENT_SWEPT: move_row(s, &to, s->row == ROW_QUEUED, ROW_SCHEDULED, 0); break;
    case EVENT_CLAIMED: claim(s, &to); break;
    case EVENT_PUT_BACK: move_row(s, &to, s->row == ROW_QUEUED, ROW_SCHEDULED, 0); break;
    case EVENT_EXPIRED: move_row(s, &to, is_open(s->row), ROW_FAILED, 0); break;
    case EVENT_CANCELED: move_row(s, &to, is_open(s->row), ROW_CANCELED, 0); break;
    case EVENT_ACCEPTED: believe(s, e, &to, ATTEMPT_ACCEPTED); break;
    case EVENT_REJECTED: write_off(s, e, &to, may_write_off(s), ATTEMPT_REJECTED); break;
    case EVENT_NEVER_SENT: write_off(s, e, &to, may_write_off(s), ATTEMPT_REFUTED); break;
    case EVENT_UNANSWERED:
        if (s->attempt == ATTEMPT_INTENT) {
            to.attempt = ATTEMPT_UNKNOWN;
            to.moved = true;
        }
        break;
    case EVENT_ABSENT:
        write_off(s, e, &to, s->attempt == ATTEMPT_UNKNOWN && may_write_off(s), ATTEMPT_REFUTED);
        break;
    case EVENT_UNRESOLVABLE:
        write_off(s, e, &to, s->attempt == ATTEMPT_UNKNOWN && may_write_off(s), ATTEMPT_UNRESOLVED);
        break;
    case EVENT_REPEATED: repeat(s, &to); break;
    case EVENT_REGISTERED: believe(s, e, &to, ATTEMPT_ACCEPTED); break;
    case EVENT_RINGING: believe(s, e, &to, ATTEMPT_RINGING); break;
    case EVENT_ONGOING: believe(s, e, &to, ATTEMPT_ONGOING); break;
    case EVENT_ENDED: believe(s, e, &to, ATTEMPT_ENDED); break;
    case EVENT_NOT_CONNECTED: believe(s, e, &to, ATTEMPT_NOT_CONNECTED); break;
    case EVENT_ERROR: believe(s, e, &to, ATTEMPT_ERROR); break;
    }
    return to;
}
