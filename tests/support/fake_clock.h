/*
 * fake_clock.h - a database that believes it is another time.
 *
 * clock_timestamp() and now() of the product's statements are shadowed by functions of the
 * test's own, found first because the database's search path says so: the product has no
 * switch for it.  Defaults of columns keep the real time.
 */
#ifndef AGORALIA_TEST_FAKE_CLOCK_H
#define AGORALIA_TEST_FAKE_CLOCK_H

#include "tests/support/testdb.h"

/* From now on it is this instant there, and stays so.  Sessions of the pool are opened anew. */
void fake_clock_install(struct testdb *db, const char *instant);

/* Another instant, also for sessions that are open. */
void fake_clock_set(struct testdb *db, const char *instant);

#endif
