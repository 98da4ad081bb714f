/*
 * opt_out_phrases.h - what people say who do not want to be called again, in the campaign's words.
 *
 *   metadata: {"opt_out_phrases": {"it": ["non chiamatemi più", ...], "en": ["stop calling me"]}}
 *
 * Whole words, in this order; case, accents and punctuation do not count.  The phrases of all
 * languages count, whichever language the call began in.
 */
#ifndef AGORALIA_OPT_OUT_PHRASES_H
#define AGORALIA_OPT_OUT_PHRASES_H

#include "common/base/fields.h"

/* Complaints about metadata.opt_out_phrases as details of op's failure, each under its path. */
void opt_out_phrases_check(struct op *op, struct json_text metadata);

/*
 * Does the person say one of the phrases (the object above; null = none)?  The transcript is an
 * array of {role, content}; what the agent says does not count, who may offer the words.  *phrase
 * is the one found, or NULL.  What was never validated and is not as it should be is passed over.
 */
bool opt_out_phrases_find(struct op *op, struct json_text phrases, struct json_text transcript,
                          const char **phrase) MUSTCHECK;

#endif
