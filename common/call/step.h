/*
 * step.h - the dial engine's state machine: what an event makes of a row and its attempt.
 *
 * Pure and total: an event that means nothing in a state changes nothing.  Claims,
 * senders, webhooks and the reconciler ask here before they write, and write by
 * compare-and-set on the states they asked about.  What moves many rows at once
 * (due, swept, put back) is a statement each, and whoever ends rows that wait does it
 * by end_waiting() in the database; tests hold them to this.
 *
 * What holds whatever comes in whatever order:
 *  - a row is dialled only from queued, and has then one attempt that lives;
 *  - an attempt only moves forward; evidence that the call was placed outranks
 *    every belief that it was not;
 *  - an unanswered attempt gives its row back only when it was proven absent;
 *  - once its request was sent again, no refusal or absence from before counts: a
 *    refusal of one of several requests is no news of the others, so whoever
 *    repeats one tells of an acceptance only.
 */
#ifndef AGORALIA_STEP_H
#define AGORALIA_STEP_H

#include "common/base/compiler.h"

#include <stdbool.h>

/* scheduled_calls.status */
enum row_state {
    ROW_SCHEDULED,
    ROW_QUEUED,
    ROW_PROCESSING,
    ROW_DONE,
    ROW_FAILED,
    ROW_CANCELED,
};
extern const char *const row_state_names[]; /* NULL-terminated */

/* call_attempts.state; NONE is a row that was never tried. */
enum attempt_state {
    ATTEMPT_NONE,
    ATTEMPT_INTENT,   /* committed; the request may leave until its deadline */
    ATTEMPT_UNKNOWN,  /* it may have left, and nobody said what became of it */
    ATTEMPT_ACCEPTED, /* the provider has the call */
    ATTEMPT_RINGING,
    ATTEMPT_ONGOING,
    ATTEMPT_ENDED,
    ATTEMPT_NOT_CONNECTED,
    ATTEMPT_ERROR,
    ATTEMPT_REJECTED,      /* the provider said no */
    ATTEMPT_REFUTED,       /* never sent, or absent after the window */
    ATTEMPT_UNRESOLVED,    /* given up; whatever comes still corrects the record */
    ATTEMPT_ACCEPTED_LATE, /* it was placed after all, and the row had gone on without it */
};
extern const char *const attempt_state_names[]; /* NULL-terminated */

enum dial_event_kind {
    /* of the row */
    EVENT_DUE,      /* the dispatcher gives it its turn */
    EVENT_SWEPT,    /* queued for too long: its message is lost */
    EVENT_CLAIMED,  /* every gate passed */
    EVENT_PUT_BACK, /* a gate said: later */
    EVENT_EXPIRED,  /* its time is over */
    EVENT_CANCELED, /* a gate said: never; or its campaign stopped */
    /* of the attempt, as its sender and the reconciler know it */
    EVENT_ACCEPTED,
    EVENT_REJECTED,
    EVENT_NEVER_SENT,
    EVENT_UNANSWERED, /* no answer, or none that can be read; or its worker is gone */
    EVENT_ABSENT,     /* in no complete listing, and the window is over */
    EVENT_UNRESOLVABLE,
    EVENT_REPEATED, /* every gate passed once more: the same request again, under the same key */
    /* of the call, as the provider tells it */
    EVENT_REGISTERED,
    EVENT_RINGING,
    EVENT_ONGOING,
    EVENT_ENDED,
    EVENT_NOT_CONNECTED,
    EVENT_ERROR,
};

struct dial_event {
    enum dial_event_kind kind;
    bool again;               /* rejected, never sent, absent: the row may be tried once more */
    enum row_state row_after; /* ended, not connected, error: done, failed or canceled */
};

struct dial_state {
    enum row_state row;
    enum attempt_state attempt; /* the event's own, or the row's last for events of the row */
    bool rival;                 /* another attempt of this row, or of its phone, lives */
    bool repeated;              /* the attempt was sent again since what the event rests on */
};

enum {
    EFFECT_MESSAGE = 1u << 0, /* a worker must hear of the row */
    EFFECT_DIAL = 1u << 1,    /* the request may be sent, once */
    EFFECT_OVER = 1u << 2,    /* the call is over: retries, opt-outs and breakers follow */
    EFFECT_ALARM = 1u << 3,   /* it was placed although we had concluded that it was not */
    EFFECT_STOP = 1u << 4,    /* hang up: the person is being called by another attempt */
    EFFECT_REPEAT = 1u << 5,  /* the attempt's request may be sent once more */
};

struct dial_step {
    bool moved; /* something differs, or is sent again */
    enum row_state row;
    enum attempt_state attempt;
    unsigned effects;
};

struct dial_step dial_step(const struct dial_state *s, const struct dial_event *e) MUSTCHECK;

/* May the attempt have been placed, or still be: the states of which a row has one at most. */
bool attempt_lives(enum attempt_state s);

/* The names as Postgres spells them; an unknown one is a fault of the program and aborts. */
enum row_state row_state_named(const char *name);
enum attempt_state attempt_state_named(const char *name);

#endif
