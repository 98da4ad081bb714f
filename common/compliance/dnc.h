/*
 * dnc.h - a tenant's do-not-call list.
 *
 * Adding takes the number's lock exclusively, claims take it shared: an entry is
 * either before a call's intent, and stops it, or after it.  An opt-out calls off
 * what waits for the number in the same transaction, from wherever it comes.
 * Nothing is deleted: what is removed stays as a row that says when, by which
 * request and why.
 */
#ifndef AGORALIA_DNC_H
#define AGORALIA_DNC_H

#include "common/base/fields.h"

enum dnc_source { DNC_MANUAL, DNC_REGISTRY, DNC_OPT_OUT };
extern const char *const dnc_source_names[];

struct dnc_entry {
    int64_t id;
    const char *e164;
    enum dnc_source source;
    const char *country_iso; /* from the number when not given */
    const char *registry;    /* whose list has it; NULL = none by name */
    struct tstamp listed_at; /* on that list at the latest then */
    struct tstamp created_at;
};
extern const struct type dnc_entry_type;

struct dnc_removal {
    const char *reason; /* NULL = not given */
};
extern const struct type dnc_removal_type;

struct dnc_query {
    const char *country_iso;
    int32_t limit;
    int32_t offset;
};
extern const struct type dnc_query_type;

/* ALREADY_EXISTS when the number stands there from the same source. */
bool dnc_add(struct op *op, struct dnc_entry *e) MUSTCHECK;
bool dnc_list(struct op *op, const struct dnc_query *q, struct dnc_entry **out, int *n,
              int64_t *total) MUSTCHECK;

/* DNC_ENTRY_NOT_FOUND; PERMISSION_DENIED for an opt-out, which only the person can take back. */
bool dnc_remove(struct op *op, int64_t id, const char *reason) MUSTCHECK;

#endif
