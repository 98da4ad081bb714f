/*
 * opt_out.h - who does not want to be called again is not, by the next statement.
 *
 * Writing the entry calls off whatever waits for the number in any of the tenant's campaigns, in
 * the same transaction, and has requests that are on their way hung up: the database does
 * (sql/migrations/0027_opt_outs.sql), whoever writes it.
 *
 * A row that a start or a request is inserting at that very moment is not there yet to be called
 * off.  It is refused when it is claimed, under the number's lock, and ends canceled with the same
 * code and a decision of its own: nothing else dials a row.
 */
#ifndef AGORALIA_OPT_OUT_H
#define AGORALIA_OPT_OUT_H

#include "common/call/attempt.h"

/* On the tenant's list; on everybody's too when the person wants no calls from anybody. */
bool opt_out_write(struct op *op, const char *e164, bool from_anybody) MUSTCHECK;

/*
 * What an event tells of the conversation: the analysis's user_requested_dnc, its dnc_scope
 * ("platform": from anybody), or one of the campaign's phrases in the person's words.  In the
 * event's transaction; op's tenant is the attempt's.
 */
bool opt_out_hear(struct op *op, const struct attempt *a, const struct provider_call *pc) MUSTCHECK;

/*
 * Was the call answered and nobody spoke?  Unset while that cannot be told: the call is not over,
 * its transcript unknown.  A machine that answered heard no silence, and who hung up within two
 * seconds did not wait for a word.
 */
struct opt_bool call_was_silent(struct op *op, const struct provider_call *pc, const char *outcome);

#endif
