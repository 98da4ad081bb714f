/* seal.h - decisions into their tenants' chains, and a chain into a file. */
#ifndef AGORALIA_LEDGER_SEAL_H
#define AGORALIA_LEDGER_SEAL_H

#include "common/ledger/chain.h"

#include <stdio.h>

/*
 * Put the decisions that are complete behind their tenants' heads and sign these with the key
 * (NULL = unsigned).  One process at a time does it; for the others *sealed is 0.
 */
bool ledger_seal(struct op *op, const struct ledger_key *key, int *sealed) MUSTCHECK;

/* The ledger of op's tenant as ledger_file.h has it, up to its head.  False also when out fails. */
bool ledger_export(struct op *op, FILE *out) MUSTCHECK;

#endif
