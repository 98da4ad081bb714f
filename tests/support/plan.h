/* plan.h - how a statement of the product is carried out, as its sessions would. */
#ifndef AGORALIA_TEST_PLAN_H
#define AGORALIA_TEST_PLAN_H

#include "common/store/db.h"
#include "tests/support/testdb.h"

/* What PostgreSQL did, as EXPLAIN (ANALYZE) has it in JSON; in op's arena. */
const char *plan_of(struct testdb *db, struct op *op, const struct query *q,
                    const struct arg *args);

/* Was any of these tables read from end to end? */
bool plan_reads_all(const char *plan);

#endif
