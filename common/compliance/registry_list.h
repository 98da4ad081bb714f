/*
 * registry_list.h - how fresh a registry's list is, as the tenant has imported it.
 *
 * Whole files and the changes after them, up to the first that did not come whole.
 */
#ifndef AGORALIA_REGISTRY_LIST_H
#define AGORALIA_REGISTRY_LIST_H

#include "common/base/op.h"
#include "common/base/tstamp.h"

struct registry_list {
    struct tstamp listed_as_of; /* all of the list is here as it was then; null = it never was */
    struct tstamp missing_from; /* the first file that did not come whole; null = none is missing */
};

/* What op's tenant has of this registry; both null when it imported nothing. */
bool registry_list_get(struct op *op, const char *registry, struct registry_list *out) MUSTCHECK;

#endif
