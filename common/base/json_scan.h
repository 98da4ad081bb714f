/*
 * json_scan.h - the grammar walk: one pass, no recursion, nothing allocated.
 *
 * For readers of JSON, not for users of it: json.h (strict) and the queue's
 * messages (Python's spelling) are two grammars of the same walk.
 */
#ifndef AGORALIA_JSON_SCAN_H
#define AGORALIA_JSON_SCAN_H

#include "common/base/str.h"

enum { JSON_SCAN_MAX_DEPTH = 900 };

struct json_grammar {
    int max_depth; /* at most JSON_SCAN_MAX_DEPTH */
    bool python;   /* NaN and the infinities, any \u escape, numbers of any length */
    void (*on_number)(void *ctx, struct str literal); /* in document order; may be NULL */
    void *ctx;
};

/* Walk one document.  NULL when well-formed; otherwise the complaint, *at its offset. */
const char *json_scan(struct str text, const struct json_grammar *g, size_t *at);

#endif
