/* seal.h - decisions, and events of the audit log, into their tenants' chains; a chain into a file.
 */
#ifndef AGORALIA_LEDGER_SEAL_H
#define AGORALIA_LEDGER_SEAL_H

#include "common/ledger/chain.h"

#include <stdio.h>

/* What is sealed: the tables differ, the way is the same. */
struct ledger;
extern const struct ledger ledger_of_decisions, ledger_of_changes;

/*
 * Put the records that are complete behind their tenants' heads and sign these with the key
 * (NULL = unsigned).  One process at a time does it; for the others *sealed is 0.
 */
bool ledger_seal(struct op *op, const struct ledger *l, const struct ledger_key *key,
                 int *sealed) MUSTCHECK;

/* The ledger of op's tenant as ledger_file.h has it, up to its head.  False also when out fails. */
bool ledger_export(struct op *op, const struct ledger *l, FILE *out) MUSTCHECK;

#endif
