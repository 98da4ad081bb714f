/*
 * disclosure_text.h - templates of what a call must say, checked and rendered.
 *
 * "{{company_name}}" stands for a value; the names are variables.def's.
 */
#ifndef AGORALIA_COMPLIANCE_DISCLOSURE_TEXT_H
#define AGORALIA_COMPLIANCE_DISCLOSURE_TEXT_H

#include "common/base/buf.h"

enum disclosure_variable {
#define VARIABLE(name) DV_##name,
#include "common/compliance/variables.def"
#undef VARIABLE
    DV_COUNT
};

/* NULL when a template can be rendered, else what is wrong with it. */
const char *disclosure_complaint(const char *text);

/* Does it say for whom the call is made, and that no human makes it?  False for NULL. */
bool disclosure_names_company_and_ai(const char *text);

/* The platform's own words in a language ("pt-BR" finds "pt"), else in English. */
const char *disclosure_default_text(const char *language);

/*
 * The template with its variables replaced.  One whose value is NULL stays as it was
 * written, and its bit is set in the result.
 */
unsigned disclosure_render(struct buf *b, const char *text, const char *const values[DV_COUNT]);

const char *disclosure_variable_name(enum disclosure_variable v);

#endif
