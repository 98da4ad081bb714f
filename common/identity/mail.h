/*
 * mail.h - short letters, handed over by a thread of their own.
 *
 * To the relay MAIL_URL, or to the end of MAIL_FILE.  Who posts a letter waits for nobody, so that
 * an answer takes no longer when there is somebody to write to.  Letters hold secrets, so they are
 * kept in memory only: what the relay has not taken when the process ends, or after five tries, is
 * lost and logged; who waits for it asks again.
 */
#ifndef AGORALIA_MAIL_H
#define AGORALIA_MAIL_H

#include "common/base/op.h"

struct conf;

struct letter {
    const char *to; /* an address that email.h let pass */
    const char *subject;
    const char *text; /* lines end with \n */
};

/* NULL when neither MAIL_URL nor MAIL_FILE is set. */
struct mailer *mailer_open(const struct conf *conf);

/* Tries once more what still waits, then ends. */
void mailer_close(struct mailer *m);

/* SERVICE_UNAVAILABLE when no mail is set up here or too much waits. */
bool mail_possible(struct op *op) MUSTCHECK;
bool mail_post(struct op *op, const struct letter *l) MUSTCHECK;

#endif
