/*
 * platform_list.h - numbers that no tenant may call.
 *
 * The operator's: no tenant sees it, though its calls are refused by it.  An entry is
 * either before a call's intent, and stops it, or after it.  A removal leaves the
 * entry in platform_dnc_removed, with its reason.
 */
#ifndef AGORALIA_PLATFORM_LIST_H
#define AGORALIA_PLATFORM_LIST_H

#include "common/compliance/dnc.h"

struct platform_entry {
    const char *e164;
    enum dnc_source source; /* opt_out = the person wants nobody's calls */
    const char *reason;
    struct tstamp created_at;
};
extern const struct type platform_entry_type;

/* ALREADY_EXISTS when the number is there; VALIDATION_ERROR without a number or a reason. */
bool platform_list_add(struct op *op, struct platform_entry *e) MUSTCHECK;

/* DNC_ENTRY_NOT_FOUND. */
bool platform_list_remove(struct op *op, const char *e164, const char *reason) MUSTCHECK;

/* By number, after this one ("" = from the first); at most limit. */
bool platform_list_page(struct op *op, const char *after, int limit, struct platform_entry **out,
                        int *n) MUSTCHECK;

#endif
