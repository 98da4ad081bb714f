/* json_scan.h - the grammar walk behind json.h.  Private to common/base. */
#ifndef AGORALIA_JSON_SCAN_H
#define AGORALIA_JSON_SCAN_H

#include "common/base/str.h"

/*
 * Walk one JSON document.  on_number, when given, sees every number's text in
 * document order.  NULL when well-formed; otherwise the complaint, *at its offset.
 */
const char *json_scan(struct str text, size_t *at, void (*on_number)(void *ctx, struct str literal),
                      void *ctx);

#endif
