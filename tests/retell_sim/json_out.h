/*
 * json_out.h - writing JSON: members put after one another, commas by themselves.
 *
 * sim_open(b, '{'); sim_put_text(b, "call_id", id); sim_close(b, '}');
 */
#ifndef AGORALIA_SIM_JSON_OUT_H
#define AGORALIA_SIM_JSON_OUT_H

#include "common/base/buf.h"

void sim_key(struct buf *b, const char *key); /* NULL: an array element */
void sim_open(struct buf *b, const char *key, char bracket);
void sim_close(struct buf *b, char bracket);

void sim_put_text(struct buf *b, const char *key, const char *text);
void sim_put_str(struct buf *b, const char *key, struct str text);
void sim_put_i64(struct buf *b, const char *key, int64_t v);
void sim_put_number(struct buf *b, const char *key, double v); /* at most four decimals */
void sim_put_bool(struct buf *b, const char *key, bool v);
void sim_put_json(struct buf *b, const char *key, const char *json);    /* NULL: nothing at all */
void sim_put_if_text(struct buf *b, const char *key, const char *text); /* NULL or "": nothing */

#endif
