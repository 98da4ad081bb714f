/*
 * reconcile.h - find out what became of attempts that nobody answered for.
 *
 * unknown: ask the provider for calls that carry the attempt's id; found is
 * accepted; absent from three complete listings after the window W is refuted
 * and may be tried again.  Silent live calls: ask for their state.
 * Source: reliability, section 2.5.
 */
#ifndef AGORALIA_RECONCILE_H
#define AGORALIA_RECONCILE_H

#include "common/base/op.h"

/* Look at what is due; *looked is how many attempts were. */
bool reconcile_due(struct op *op, int *looked) MUSTCHECK;

#endif
