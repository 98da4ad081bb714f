/*
 * twins.h - two tenants alike to the last number, in one database; in another only the first.
 *
 * A statement of the first tenant's answers the same and leaves the same behind in both, or it
 * depends on the second tenant's rows.  Here the wall is down: what is tried is the statement
 * alone. Row 1 of every table is the first tenant's, row 11 the second's.
 */
#ifndef AGORALIA_TEST_TWINS_H
#define AGORALIA_TEST_TWINS_H

#include "common/store/db.h"

enum { TWIN_A = 1, TWIN_B = 2 };

struct twins;

/* Made from the databases' template; to be closed. */
struct twins *twins_open(void);
void twins_close(struct twins *t);

/*
 * Does the second tenant's being there make a difference to this text of a query?  Tried with every
 * argument the first tenant's, every one the second's, and each by itself the other one's.  *ran:
 * in how many of the trials it was carried out without an error.
 */
bool twins_differ(struct twins *t, const struct query *q, const char *sql, int *ran);

/* What the last difference was. */
const char *twins_difference(const struct twins *t);

#endif
