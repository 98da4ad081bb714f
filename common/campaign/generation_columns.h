/*
 * generation_columns.h - a batch of decided leads as the columns that execution_schedule takes.
 * Private to common/campaign.
 */
#ifndef AGORALIA_GENERATION_COLUMNS_H
#define AGORALIA_GENERATION_COLUMNS_H

#include "common/campaign/generation.h"

struct generation_columns;

/* Empty; they live as long as op. */
struct generation_columns *generation_columns_new(struct op *op);
void generation_columns_clear(struct generation_columns *c);

/* Lead i as it was decided; a check beside it when it will never be called. */
void generation_columns_add(struct op *op, struct generation_columns *c,
                            const struct generation_basis *b, const struct rows *leads, int i,
                            const struct compliance_answer *a);

/* The columns, then what is the same for all of the batch; valid until the next clear. */
const struct arg *generation_columns_args(struct op *op, struct generation_columns *c,
                                          const struct arg *common);

#endif
